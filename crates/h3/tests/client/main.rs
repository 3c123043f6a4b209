//! The client over HTTP/3 in memory, against servers that are written by hand and our own.

mod again;
#[path = "../../../upgrade/tests/certified/authority.rs"]
#[allow(dead_code)]
mod authority;
mod cancelled;
mod ends;
mod fallback;
mod flow;
mod gone;
#[path = "../kit/mod.rs"]
mod kit;
mod leaks;
mod led;
mod many;
mod ours;
mod refused;
#[path = "../../../upgrade/tests/suite/report.rs"]
mod report;
mod request;
mod responses;
mod secured;
mod server;
mod shared;
mod tcp;
