//! The client over HTTP/2 (RFC 8441): any number of WebSocket streams on one connection.
//!
//! [`Session`] is that connection. For a single stream there is [`ClientOptions::http2`](crate::ClientOptions::http2).
//!
//! The server's settings say whether it offers extended CONNECT. They are known when the server has answered a PING,
//! so no timer is needed. `Sec-WebSocket-Accept` is neither required nor checked (RFC 8441 §5). If the response that
//! accepts has a `Content-Length`, the HTTP/2 library enforces it: it resets the stream if the length is not met.

pub(crate) mod connection;
pub(crate) mod failure;
pub(crate) mod liveness;
pub(crate) mod opening;
mod piece;
mod slots;
pub(crate) mod stream;
mod turns;

pub use crate::connect::session::Session;
