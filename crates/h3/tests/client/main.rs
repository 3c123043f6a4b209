//! The client over HTTP/3 in memory, against servers that are written by hand.

#[path = "../kit/network.rs"]
#[allow(dead_code)]
mod network;
#[path = "../kit/raw.rs"]
#[allow(dead_code)]
mod raw;
#[path = "../../../upgrade/tests/suite/report.rs"]
mod report;
mod request;
mod responses;
mod server;
