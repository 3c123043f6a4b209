//! The client's side of the opening handshake (RFC 6455 §4.1).
//!
//! ```
//! use websocket_upgrade_proto::client::{Event, Handshake, Options, Request};
//! use websocket_upgrade_proto::uri::Uri;
//!
//! let uri = Uri::parse("ws://example.com/chat")?;
//! let request = Request::new(&uri, &Options::new())?;
//! let nonce = *b"the sample nonce"; // 16 random bytes, new ones every time
//! let mut handshake = Handshake::new(request, &nonce);
//! let mut head = [0; 512];
//! let len = handshake.encode_h1(&mut head)?;
//! assert!(head[..len].starts_with(b"GET /chat HTTP/1.1\r\nHost: example.com\r\n"));
//!
//! let mut received = *b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
//!     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
//! match handshake.receive(&mut received)? {
//!     Event::Accepted { settings, .. } => assert_eq!(settings.subprotocol(), None),
//!     _ => unreachable!("this is a 101"),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod body;
mod connect;
mod handshake;
#[cfg(feature = "http")]
mod http;
mod judge;
mod options;
mod reason;
mod request;

pub use body::{Body, BodyState, Truncation};
pub use connect::{ExtendedConnect, Verdict};
pub use handshake::{Event, Handshake, Progress};
pub use options::{Options, OptionsError, OptionsProblem};
pub use reason::{ResponseError, ResponseReason};
pub use request::Request;
