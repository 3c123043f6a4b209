//! A valid request, owned, for a decision of the application.

use std::fmt;
use std::net::SocketAddr;

use bytes::Bytes;
use websocket_upgrade_proto as proto;

use proto::server::{Request, RequestError};

use super::establish::establish;
use super::judge::judge;
use super::upgrading::{Pending, Upgrading};
use crate::observe::handshake_info::{HandshakeInfo, peer_address};
use crate::server::accessors::request_accessors;
use crate::server::options::ServerOptions;
use crate::server::rejected::Rejected;
use crate::server::rejection::Rejection;
use crate::server::respond;

/// The request of an opening handshake, validated by the core.
#[derive(Clone)]
pub struct HandshakeRequest {
    head: http::Request<()>,
    peer: Option<SocketAddr>,
    info: HandshakeInfo,
}

impl HandshakeRequest {
    /// The request must be valid.
    pub(crate) fn new(head: http::Request<()>, info: HandshakeInfo) -> Self {
        let peer = peer_address(head.extensions());
        Self { head, peer, info }
    }

    /// Checks everything for which [`HandshakeRequest::accept`] refuses it.
    pub(crate) fn check(&self, options: &ServerOptions) -> Result<(), Rejected> {
        respond::examine(
            judge(&self.head).as_ref(),
            self.version(),
            options,
            self.info.at(options.peer_address()),
        )
    }

    /// Accepts it if the options allow it.
    pub(crate) fn accept(
        &self,
        options: &ServerOptions,
        pending: Option<Pending>,
    ) -> Result<(http::Response<Bytes>, Upgrading), Rejected> {
        let info = self.info.at(options.peer_address());
        let accepted = respond::decide(judge(&self.head).as_ref(), self.version(), options, b"", info)?;
        establish(accepted, pending, self.version(), info)
    }

    /// The response that rejects it with the application's own answer.
    pub(crate) fn reject(&self, rejection: &Rejection) -> http::Response<Bytes> {
        respond::reject(rejection, b"", self.version(), &self.info)
    }

    /// The request as the HTTP server has read it, without its body.
    pub fn head(&self) -> &http::Request<()> {
        &self.head
    }

    /// The core's view of the request.
    ///
    /// # Errors
    ///
    /// Not expected: the request was valid when this was made.
    pub fn request(&self) -> Result<Request<'_>, RequestError> {
        judge(&self.head)
    }

    request_accessors! {
        self,
        view: self.request().ok(),
        path: self.head.uri().path(),
        query: self.head.uri().query(),
        version: self.head.version(),
        /// The address of the other side, if the server has put it into the request's extensions as a [`SocketAddr`]
        /// or, with the feature `axum`, as axum's `ConnectInfo`.
        peer: SocketAddr = self.peer,
    }

    /// The fields.
    pub fn headers(&self) -> &http::HeaderMap {
        self.head.headers()
    }

    /// The peer, the version, and the start of the handshake.
    pub(crate) fn info(&self) -> HandshakeInfo {
        self.info
    }

    /// The request back, as it was.
    pub(crate) fn into_http(self) -> http::Request<()> {
        self.head
    }
}

impl fmt::Debug for HandshakeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandshakeRequest")
            .field("path", &self.path())
            .field("version", &self.version())
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}
