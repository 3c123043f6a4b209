//! The client over HTTP/3 in memory, against servers that are written by hand.

mod again;
mod ends;
#[path = "../kit/mod.rs"]
mod kit;
#[path = "../../../upgrade/tests/suite/report.rs"]
mod report;
mod request;
mod responses;
mod server;
