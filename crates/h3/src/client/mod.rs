//! The client: from a URL to a WebSocket over HTTP/3 or, where that is not possible, over HTTP/2 or HTTP/1.1.

mod client_stream;
mod connection;
mod endpoint;
mod fallback;
mod handshake_failure;
mod link;
mod opening;
mod reach;
mod session;
mod tls;
mod upgrade;

pub use client_stream::ClientStream;
pub use endpoint::Endpoint;
pub use session::Session;
pub use upgrade::{create_upgrade_request, create_upgrade_request_on};
