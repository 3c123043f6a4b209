//! The client over HTTP/2 (RFC 8441): many WebSockets on one connection, each a stream of its own.
//!
//! [`Session`] is that connection. For one WebSocket alone there is [`ClientOptions::http2`](crate::ClientOptions::http2).

mod connection;
mod failure;
mod opening;
mod piece;
mod reach;
mod session;
mod slots;
mod stream;

pub(crate) use reach::ask;
pub use session::Session;
pub(crate) use stream::Stream;
