//! A valid request, owned: what a decision is taken on.

use std::fmt;
use std::net::SocketAddr;

use bytes::Bytes;
use websocket_upgrade_proto as proto;

use proto::server::Request;

use super::judge;
use super::{Pending, Rejected, Upgrading};
use crate::observe::caller::{Caller, peer_address};
use crate::server::options::ServerOptions;
use crate::server::rejection::Rejection;

/// The request of an opening handshake, validated by the core.
#[derive(Clone)]
pub struct HandshakeRequest {
    head: http::Request<()>,
    peer: Option<SocketAddr>,
    caller: Caller,
}

impl HandshakeRequest {
    /// Of a request that has been found to be valid.
    pub(crate) fn new(head: http::Request<()>, caller: Caller) -> Self {
        let peer = peer_address(head.extensions());
        Self { head, peer, caller }
    }

    /// Accepts it if the options allow it.
    pub(crate) fn accept(
        &self,
        options: &ServerOptions,
        pending: Option<Pending>,
    ) -> Result<(http::Response<Bytes>, Upgrading), Rejected> {
        let caller = self.caller.at(options.peer_address());
        let accepted = super::accept(judge(&self.head), self.version(), options, b"", caller)?;
        super::establish(accepted, pending, self.version(), caller)
    }

    /// The response that rejects it with an answer of the application's own.
    pub(crate) fn reject(&self, rejection: &Rejection) -> http::Response<Bytes> {
        super::reject(rejection, b"", self.version(), &self.caller)
    }

    /// The request as the HTTP server has read it, without its body.
    pub fn as_http(&self) -> &http::Request<()> {
        &self.head
    }

    /// The request as the core sees it. `None` is not to be expected: it was valid when this was made.
    pub fn view(&self) -> Option<Request<'_>> {
        judge(&self.head).ok()
    }

    /// The path.
    pub fn path(&self) -> &str {
        self.head.uri().path()
    }

    /// The query, without the question mark.
    pub fn query(&self) -> Option<&str> {
        self.head.uri().query()
    }

    /// The fields.
    pub fn headers(&self) -> &http::HeaderMap {
        self.head.headers()
    }

    /// `Origin`, as it was sent (RFC 6455 §4.2.1 item 7). Whether it is allowed is not decided yet.
    pub fn origin(&self) -> Option<&[u8]> {
        self.view()?.origin()
    }

    /// Whom the request was sent to: `Host` or `:authority`.
    pub fn authority(&self) -> &str {
        self.view().map_or("", |request| request.authority())
    }

    /// The subprotocols that the client offers, in its order (RFC 6455 §4.2.1 item 8).
    pub fn subprotocols(&self) -> impl Iterator<Item = &str> {
        self.view().into_iter().flat_map(|request| request.subprotocols())
    }

    /// The extensions that the client offers, in its order (RFC 6455 §4.2.1 item 9).
    pub fn extensions(&self) -> impl Iterator<Item = proto::extension::Member<'_>> {
        self.view().into_iter().flat_map(|request| request.extensions())
    }

    /// The HTTP version of the request.
    pub fn version(&self) -> http::Version {
        self.head.version()
    }

    /// The address of the other side, where the server has put it into the request's extensions as a [`SocketAddr`] or,
    /// with the feature `axum`, as axum's `ConnectInfo`.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Who asks.
    pub(crate) fn caller(&self) -> Caller {
        self.caller
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
