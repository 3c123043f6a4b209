//! The client over HTTP/2 in memory, against servers of the `h2` crate and our own entrance.

mod cancelled;
mod elsewhere;
mod ends;
mod entrance;
mod fallback;
mod flooding;
mod flow;
mod gone;
mod led;
mod many;
mod refused;
#[path = "../suite/report.rs"]
mod report;
mod request;
mod required;
mod responses;
mod server;
mod shared;
