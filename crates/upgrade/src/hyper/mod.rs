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
//! | returns the response of [`Rejected`] or [`Incoming::reject`] | the response has `Connection: close` | the stream ends | `rejected`, once |
//! | drops [`Upgrading`] | after a 101 the connection is closed; for other responses see the last row | the stream ends | `rejected` |
//! | drops [`Incoming`], or answers a request that [`is_not_upgrade`](Rejected::is_not_upgrade) as plain HTTP | see the last row | as for every request | no |
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
//! | larger than a limit | 431 or 414, by [`Limits`](proto::Limits) | 431 or 414, by the limits of hyper's builder | RFC 6585 §5, RFC 9110 §15.5.15 |
//! | no whole head in time | 408 | closed, without 408 | RFC 9110 §15.5.9 |
//! | `Expect: 100-continue` | 100, then 101 | 101 alone | RFC 9110 §7.8 asks for the 100; a handshake has no content to wait for |
//! | a refusal's end | closed in stages, within the deadline | closed by hyper | RFC 9112 §9.6 |
//! | HTTP/2: fields of a connection, `:protocol` with another method than CONNECT, pseudo-header fields that are missing or malformed | | the stream is reset | RFC 9113 §8.1.1 |

use std::fmt;
use std::net::SocketAddr;

use bytes::Bytes;
use websocket_upgrade_proto as proto;

use proto::field::FieldError;
use proto::server::{Request, RequestError};

use crate::observe::handshake_info::{HandshakeInfo, peer_address};
use crate::options::push_line;
use crate::server::accept::Accepted;
use crate::server::options::ServerOptions;
use crate::server::rejected::Rejected;
use crate::server::rejection::Rejection;
use crate::server::respond::{check, decide, reject};
#[cfg(feature = "tower")]
use crate::upgraded::Upgraded;
use ::hyper::ext::Protocol;
use ::hyper::upgrade::OnUpgrade;

#[cfg(feature = "tower")]
mod open;
#[cfg(feature = "tower")]
mod request;
mod stream;
mod upgrading;
mod watched;

#[cfg(feature = "tower")]
pub(crate) use open::Open;
#[cfg(feature = "tower")]
pub use request::HandshakeRequest;
pub use stream::Stream;
pub(crate) use upgrading::Pending;
pub use upgrading::Upgrading;
pub(crate) use watched::{Accepts, Watched};
#[cfg(feature = "tower")]
pub(crate) use watched::{asks_for_connection, close};

/// Decides on a request that hyper has read. Returns the response to send, and a future of the connection.
///
/// # Errors
///
/// [`Rejected`], with the reason and the response to send. If [`Rejected::is_not_upgrade`] holds, the request does not
/// ask for WebSocket and is unchanged: answer it as plain HTTP.
pub fn handle_upgrade_request<B>(
    request: &mut http::Request<B>,
    options: &ServerOptions,
) -> Result<(http::Response<Bytes>, Upgrading), Rejected> {
    let info = HandshakeInfo::of_request(request, options.peer_address());
    let accepted = decide(judge(request), request.version(), options, b"", info)?;
    let on_upgrade = take_upgrade(request.extensions_mut());
    establish(accepted, on_upgrade, request.version(), info)
}

/// Validates a request that hyper has read, so that the application can look at it before it decides.
///
/// # Errors
///
/// As [`handle_upgrade_request`], except for errors that depend on the options.
pub fn receive<B>(request: &mut http::Request<B>) -> Result<Incoming<'_, B>, Rejected> {
    let info = HandshakeInfo::of_request(request, None);
    match judge(request) {
        Ok(_) => Ok(Incoming { request, lines: Vec::new(), info }),
        Err(error) => Err(Rejected::request(error, request.version(), info)),
    }
}

/// The request as the core sees it, with `:protocol` as hyper reports it (RFC 8441 §4).
pub(crate) fn judge<B>(request: &http::Request<B>) -> Result<Request<'_>, RequestError> {
    let protocol = request.extensions().get::<Protocol>().map(Protocol::as_str);
    Request::from_http_with_protocol(request, protocol)
}

/// A valid request that waits for a decision. If this is dropped, the request is unchanged, can be answered as plain
/// HTTP, and is not counted: see [where the answer is the application's](self#where-the-answer-is-the-applications).
#[must_use = "the client waits for an answer"]
pub struct Incoming<'r, B> {
    request: &'r mut http::Request<B>,
    lines: Vec<u8>,
    info: HandshakeInfo,
}

impl<B> Incoming<'_, B> {
    /// The request as hyper has read it.
    pub fn head(&self) -> &http::Request<B> {
        self.request
    }

    /// The core's view of the request: origin, authority, offered subprotocols and extensions.
    ///
    /// # Errors
    ///
    /// Not expected: the request was valid when it was received.
    pub fn request(&self) -> Result<Request<'_>, RequestError> {
        judge(self.request)
    }

    /// The address of the other side, if the server has put it into the request's extensions as a [`SocketAddr`] or,
    /// with the feature `axum`, as axum's `ConnectInfo`.
    pub fn peer(&self) -> Option<SocketAddr> {
        peer_address(self.request.extensions())
    }

    /// Adds a field line, such as `Set-Cookie`, to the answer, whether it accepts or rejects.
    ///
    /// # Errors
    ///
    /// If the name is not a token or is one that the handshake sets itself, or if the value has a control character.
    pub fn header(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<&mut Self, FieldError> {
        push_line(&mut self.lines, name, value.as_ref())?;
        Ok(self)
    }

    /// Checks everything for which [`accept`](Self::accept) with the same options would refuse the request: its
    /// authority (RFC 9110 §7.4), its origin (RFC 6455 §10.2), and its lists of subprotocols and extensions. Call it
    /// before you look up credentials, so that a page of a foreign origin can't cause that.
    ///
    /// If it passes, the request still waits for a decision.
    ///
    /// # Errors
    ///
    /// [`Rejected`], with the reason and the response to send, as from [`accept`](Self::accept).
    pub fn check(self, options: &ServerOptions) -> Result<Self, Rejected> {
        let info = self.info.at(options.peer_address());
        match check(judge(self.request), self.request.version(), options, info) {
            Ok(()) => Ok(self),
            Err(rejected) => Err(rejected.with_lines(self.lines)),
        }
    }

    /// Accepts the request if the options allow it. Returns the response to send, and a future of the connection.
    ///
    /// # Errors
    ///
    /// [`Rejected`], with the reason and the response to send.
    pub fn accept(self, options: &ServerOptions) -> Result<(http::Response<Bytes>, Upgrading), Rejected> {
        let Self { request, lines, info } = self;
        let info = info.at(options.peer_address());
        let version = request.version();
        let accepted = decide(judge(request), version, options, &lines, info).and_then(|accepted| {
            let on_upgrade = take_upgrade(request.extensions_mut());
            establish(accepted, on_upgrade, version, info)
        });
        accepted.map_err(|rejected| rejected.with_lines(lines))
    }

    /// Rejects the request with the application's own answer. Returns the response to send.
    pub fn reject(self, rejection: &Rejection) -> http::Response<Bytes> {
        reject(rejection, &self.lines, self.request.version(), &self.info)
    }
}

impl<B> fmt::Debug for Incoming<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("request", &self.request()).finish_non_exhaustive()
    }
}

/// The response and the future connection of an accepted request, if hyper has left an upgrade with the request.
#[inline]
pub(crate) fn establish(
    accepted: Accepted<http::Response<()>>,
    pending: Option<Pending>,
    version: http::Version,
    info: HandshakeInfo,
) -> Result<(http::Response<Bytes>, Upgrading), Rejected> {
    match pending {
        Some(pending) => {
            let Accepted { answer, settings, acceptance } = accepted;
            let mut response = answer.map(|()| Bytes::new());
            response.extensions_mut().insert(Accepts);
            Ok((response, Upgrading::new(pending, settings, acceptance)))
        }
        None => Err(Rejected::not_upgradable(version, info)),
    }
}

/// Calls the callback with the connection, in a task of its own.
#[cfg(feature = "tower")]
pub(crate) fn spawn<C, F>(upgrading: Upgrading, callback: C)
where
    C: FnOnce(Upgraded<Stream>) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    ::tokio::spawn(async move {
        // A lost connection has had its event already.
        if let Ok(upgraded) = upgrading.await {
            callback(upgraded).await;
        }
    });
}

/// What hyper leaves with a request that can be upgraded.
pub(crate) fn take_upgrade(extensions: &mut http::Extensions) -> Option<Pending> {
    let on_upgrade = extensions.remove::<OnUpgrade>()?;
    Some(Pending { on_upgrade, watched: extensions.get::<Watched>().cloned() })
}
