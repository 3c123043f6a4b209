//! What every driver must show, as tables of cases: the calls to the driver are in `crate::driver`, which each has in
//! its own words.

pub(crate) mod answer;
mod client;
mod incoming;
pub(crate) mod model;
pub(crate) mod report;
mod server;
mod vectors;
