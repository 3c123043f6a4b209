//! The entrance for servers on hyper 1: HTTP/1.1 `Upgrade` (RFC 6455 §4.2) and HTTP/2 extended CONNECT (RFC 8441 §4,
//! §5) through the same call.
//!
//! hyper reads the request and sends the answer. The core decides. The time to read, the close after a refusal and the
//! limits of a head are settings of hyper's connection builders.
//!
//! Serve a connection of HTTP/1.1 `with_upgrades()`, and one of HTTP/2 with `enable_connect_protocol()`. hyper-util's
//! `server::conn::auto::Builder` has both. It waits for a silent client for ever unless you put a deadline around it:
//! `examples/frameworks/kit/serving.rs` in the repository shows how.
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use websocket_upgrade::{ServerOptions, hyper::handle_upgrade_request};
//!
//! fn service<B>(mut request: Request<B>, options: &ServerOptions) -> Response<Bytes> {
//!     match handle_upgrade_request(&mut request, options) {
//!         Ok((response, upgrading)) => {
//!             tokio::spawn(async move {
//!                 let Ok(upgraded) = upgrading.await else { return }; // the client has gone
//!                 let stream = upgraded.into_stream(); // AsyncRead + AsyncWrite
//!                 # drop(stream);
//!             });
//!             response
//!         }
//!         Err(rejected) if rejected.is_not_upgrade() => Response::new("plain HTTP goes on\n".into()),
//!         Err(rejected) => rejected.into_http(),
//!     }
//! }
//! # let answer = service(Request::new(()), &ServerOptions::new());
//! # assert_eq!((answer.status(), &answer.body()[..]), (http::StatusCode::OK, &b"plain HTTP goes on\n"[..]));
//! ```
//!
//! # Where the answer is the application's
//!
//! The application returns the response, so it can also return a different one:
//!
//! | the application | over HTTP/1.1 | over HTTP/2 | counted |
//! |---|---|---|---|
//! | returns the response that accepts | 101, and the connection is upgraded | 200, and the stream stays open | `accepted` once it is sent; `broken` if the connection breaks before |
//! | returns the response of [`Rejected`](crate::Rejected) or [`Incoming::reject`] | the response has `Connection: close` | the stream ends | `rejected`, once |
//! | drops [`Upgrading`] | after a 101 the connection is closed; for other responses see the last row | the stream ends | `rejected` |
//! | drops [`Incoming`], or answers a request that [`is_not_upgrade`](crate::Rejected::is_not_upgrade) as plain HTTP | see the last row | as for every request | no |
//! | returns another response, such as its own 403 | the response must have `Connection: close`; otherwise the next bytes are read as a request, and they may be frames from a proxy that takes the connection for upgraded | the stream ends | as in the rows above |
//!
//! `tower::RefusalLayer` (feature `tower`) adds a missing `Connection: close`. It also makes an [`Upgrading`] fail if
//! its response was not sent. Without the layer, drop the [`Upgrading`] if you return another response: otherwise it
//! may still yield a connection.
//!
//! # Where hyper answers first
//!
//! hyper refuses some invalid requests itself. The library refuses the others. This differs from the drivers that read
//! a request themselves:
//!
//! | request | the drivers | hyper 1.12 | rule |
//! |---|---|---|---|
//! | the head breaks the syntax | 400 with a text that says why | 400 without a text, or the connection is closed | RFC 9112 §2.2 leaves it to the recipient |
//! | a malformed or repeated `Content-Length`, an unknown `Transfer-Encoding` | 400 with a text; a list of zeros is a length of 0 | 400 without a text, for a list of zeros as well | RFC 9112 §6.3, RFC 9110 §8.6 |
//! | `Content-Length` beside `Transfer-Encoding` | 400 | taken as a body in `Transfer-Encoding` alone, and so 400 for an upgrade | RFC 9112 §6.1 allows both |
//! | HTTP/1.0 | 426 in HTTP/1.1 | 426 in HTTP/1.0 | RFC 9110 §2.5 |
//! | a later minor version, such as HTTP/1.2 | taken as HTTP/1.1 | refused | RFC 9110 §6.2 |
//! | larger than a limit | 431 or 414, by [`Limits`](crate::proto::Limits) | 431 or 414, by the limits of hyper's builder | RFC 6585 §5, RFC 9110 §15.5.15 |
//! | no whole head in time | 408 | closed, without 408 | RFC 9110 §15.5.9 |
//! | `Expect: 100-continue` | 100, then 101 | 101 alone | RFC 9110 §7.8 asks for the 100; a handshake has no content to wait for |
//! | a refusal's end | closed in stages, within the deadline | closed by hyper | RFC 9112 §9.6 |
//! | HTTP/2: fields of a connection, `:protocol` with another method than CONNECT, pseudo-header fields that are missing or malformed | | the stream is reset | RFC 9113 §8.1.1 |

mod establish;
mod incoming;
mod judge;
#[cfg(feature = "tower")]
mod open;
#[cfg(feature = "tower")]
mod request;
mod server;
mod stream;
#[cfg(feature = "tower")]
mod task;
mod upgrading;
mod watched;

#[cfg(feature = "axum")]
pub(crate) use establish::establish;
#[cfg(feature = "tower")]
pub(crate) use establish::take_upgrade;
pub use incoming::Incoming;
#[cfg(feature = "tower")]
pub(crate) use judge::judge;
#[cfg(feature = "axum")]
pub(crate) use judge::protocol;
#[cfg(feature = "tower")]
pub(crate) use open::Open;
#[cfg(feature = "tower")]
pub use request::HandshakeRequest;
pub use server::{handle_upgrade_request, receive};
pub use stream::Stream;
#[cfg(feature = "tower")]
pub(crate) use task::spawn;
#[cfg(feature = "tower")]
pub(crate) use upgrading::Pending;
pub use upgrading::Upgrading;
#[cfg(feature = "tower")]
pub(crate) use watched::{Watched, asks_for_connection, close};
