//! Every case of `vectors/*.json` against the core. All failures of a file are reported together.

mod added;
mod answer;
#[path = "../common/mod.rs"]
mod common;
mod connect_responses;
mod connects;
mod lists;
mod names;
mod owned;
mod report;
mod requests;
mod responses;
mod texts;
mod twin;
