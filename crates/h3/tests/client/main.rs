//! The client over HTTP/3 in memory, against servers that are written by hand and our own.

mod again;
mod ends;
mod fallback;
mod gone;
#[path = "../kit/mod.rs"]
mod kit;
mod many;
mod refused;
#[path = "../../../upgrade/tests/suite/report.rs"]
mod report;
mod request;
mod responses;
mod server;
mod tcp;
