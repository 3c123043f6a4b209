//! The server over HTTP/3 in memory, against a client that sends any bytes.

mod basics;
#[path = "../kit/mod.rs"]
mod kit;
