//! The client over HTTP/2 (RFC 8441): any number of WebSocket streams on one connection.
//!
//! [`Session`] is that connection. For a single stream there is [`ClientOptions::http2`](crate::ClientOptions::http2).
//!
//! Whether the server offers extended CONNECT is known from its settings, once a PING is answered: no timer decides
//! it. `Sec-WebSocket-Accept` is neither required nor looked at (RFC 8441 §5). A server that sends `Content-Length`
//! with the response that accepts gets its stream reset when what follows is something else: the HTTP/2 library holds
//! it to that.

pub(crate) mod connection;
pub(crate) mod failure;
mod liveness;
pub(crate) mod opening;
mod piece;
mod slots;
pub(crate) mod stream;
mod turns;

pub use crate::connect::session::Session;
