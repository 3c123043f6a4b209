//! The server's side of the opening handshake (RFC 6455 §4.2; over HTTP/2 and 3, RFC 8441 §5 and RFC 9220 §3).
//!
//! Read a request with [`read`], or validate one that another parser has read with [`Request::from_fields`]. Then
//! decide, and encode the answer. This module does no IO. Every error has a [`Rejection`], so every request can be
//! answered.
//!
//! ```
//! use websocket_upgrade_proto::{Limits, head::Scan, server};
//!
//! let bytes = b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
//!     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
//! let mut answer = [0; 1024];
//! let len = match server::read(bytes, &mut Scan::default(), &Limits::new()) {
//!     Ok(None) => 0, // more bytes are needed
//!     Ok(Some(request)) => match request.accept(&server::Options::new()) {
//!         Ok(accepted) => accepted.encode_h1(&mut answer)?,
//!         Err(error) => error.rejection().encode_h1(&mut answer)?,
//!     },
//!     Err(error) => error.rejection().encode_h1(&mut answer)?,
//! };
//! assert!(answer[..len].starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
//! # Ok::<(), websocket_upgrade_proto::EncodeError>(())
//! ```

mod accepted;
mod bootstrap;
mod connect;
mod entrance;
mod error;
mod framing;
#[cfg(feature = "http")]
mod http;
mod judge;
mod options;
#[cfg(feature = "http")]
mod owned;
mod reason;
mod rejection;
mod request;
mod target;

pub use accepted::{Accepted, Deviation};
pub use bootstrap::Bootstrap;
pub use entrance::{Entrance, read};
pub use error::RequestError;
pub use options::Options;
#[cfg(feature = "http")]
pub use owned::OwnedRequest;
pub use reason::RequestReason;
pub use rejection::{InvalidStatus, Rejection};
pub use request::Request;
pub use target::Target;
