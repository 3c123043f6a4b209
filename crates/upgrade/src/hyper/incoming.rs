//! A valid request that waits for a decision, as hyper has read it.

use std::fmt;
use std::net::SocketAddr;

use bytes::Bytes;
use websocket_upgrade_proto as proto;

use proto::field::FieldError;
use proto::server::{Request, RequestError};

use super::establish::{establish, take_upgrade};
use super::judge::judge;
use super::upgrading::Upgrading;
use crate::observe::handshake_info::{HandshakeInfo, peer_address};
use crate::options::push_line;
use crate::server::accessors::request_accessors;
use crate::server::options::ServerOptions;
use crate::server::rejected::Rejected;
use crate::server::rejection::Rejection;
use crate::server::respond::{decide, examine, reject};

/// A valid request that waits for a decision. If this is dropped, the request is unchanged, can be answered as plain
/// HTTP, and is not counted: see [where the answer is the
/// application's](crate::hyper#where-the-answer-is-the-applications).
#[must_use = "the client waits for an answer"]
pub struct Incoming<'r, B> {
    request: &'r mut http::Request<B>,
    lines: Vec<u8>,
    info: HandshakeInfo,
}

impl<'r, B> Incoming<'r, B> {
    /// The request must be valid.
    pub(super) fn new(request: &'r mut http::Request<B>, info: HandshakeInfo) -> Self {
        Self { request, lines: Vec::new(), info }
    }
    /// The request as hyper has read it.
    pub fn head(&self) -> &http::Request<B> {
        self.request
    }

    /// The core's view of the request.
    ///
    /// # Errors
    ///
    /// Not expected: the request was valid when it was received.
    pub fn request(&self) -> Result<Request<'_>, RequestError> {
        judge(self.request)
    }

    request_accessors! {
        self,
        view: self.request().ok(),
        path: self.request.uri().path(),
        query: self.request.uri().query(),
        version: self.request.version(),
        /// The address of the other side, if the server has put it into the request's extensions as a [`SocketAddr`]
        /// or, with the feature `axum`, as axum's `ConnectInfo`.
        peer: SocketAddr = peer_address(self.request.extensions()),
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
        match examine(judge(self.request).as_ref(), self.request.version(), options, info) {
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
        let accepted = decide(judge(request).as_ref(), version, options, &lines, info).and_then(|accepted| {
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
