//! The extractor for axum 0.8: HTTP/1.1 upgrades and HTTP/2 extended CONNECT.
//!
//! A route takes it with `any`: the request is a GET over HTTP/1.1 and a CONNECT over HTTP/2. What is no valid request
//! is answered by [`Rejected`], which says why; `Option<Upgrade>` lets plain HTTP through. The extractor keeps what
//! decides the handshake and no more; extractors of axum's beside it have the rest of the request.
//!
//! ```
//! use std::sync::Arc;
//! use axum::{Router, extract::State, http::HeaderMap, response::Response, routing::any};
//! use websocket_upgrade::{ServerOptions, axum::Upgrade};
//!
//! async fn chat(State(options): State<Arc<ServerOptions>>, headers: HeaderMap, upgrade: Upgrade) -> Response {
//!     println!("{} for {:?}", upgrade.path(), headers.get("User-Agent"));
//!     upgrade.options(options).on_upgrade(|upgraded| async move {
//!         println!("{:?}", upgraded.settings);
//!         let stream = upgraded.into_stream(); // AsyncRead + AsyncWrite
//!         # drop(stream);
//!     })
//! }
//!
//! let options = ServerOptions::new().subprotocol("chat")?.header("X-Served-By", "axum")?;
//! let app: Router = Router::new().route("/chat", any(chat)).with_state(Arc::new(options));
//! # drop(app);
//! # Ok::<(), websocket_upgrade::OptionsError>(())
//! ```
//!
//! # What becomes of a request
//!
//! | a valid request | over HTTP/1.1 | over HTTP/2 | counted |
//! |---|---|---|---|
//! | [`on_upgrade`](Upgrade::on_upgrade) or [`accept`](Upgrade::accept), and their response is returned | 101; the callback is called once it is sent | 200; the callback is called | `accepted` once it is sent; `broken` if the connection breaks before |
//! | the same, and the options refuse it | the rejection, with `Connection: close` | the rejection, and the stream ends | `rejected`, once |
//! | [`reject`](Upgrade::reject), or what the extractor rejects | the rejection, with `Connection: close` | the rejection, and the stream ends | `rejected`, once |
//! | dropped, and the handler returns another response: a 403, a 500, a redirect | that response, with `Connection: close` by [`RefusalLayer`](crate::tower::RefusalLayer) | that response, and the stream ends | `rejected` |
//! | `on_upgrade` or `accept`, and another response is returned than theirs | as the line before; the callback is not called, by [`RefusalLayer`](crate::tower::RefusalLayer) | the same | `rejected` |
//! | the handler panics | the connection ends, unless a layer makes a response of it: then as above | the stream ends | `rejected` |
//!
//! An extractor does not see what its handler returns, so it takes a layer to close the connection; without it, the
//! event of a request that is dropped is a warning.
//!
//! ```
//! use axum::{Router, routing::any};
//! use websocket_upgrade::{axum::Upgrade, tower::RefusalLayer};
//!
//! let chat = any(async |upgrade: Upgrade| upgrade.on_upgrade(async |_| {}));
//! let app: Router = Router::new().route("/chat", chat).layer(RefusalLayer::new());
//! # drop(app);
//! ```
//!
//! # What is rejected
//!
//! Every response that rejects, be it the extractor's or that of [`Upgrade::on_upgrade`], has its [`Rejected`] in its
//! extensions, so that one layer sees them all:
//!
//! ```
//! use axum::{Router, middleware::map_response, response::Response, routing::any};
//! use websocket_upgrade::{axum::Upgrade, hyper::Rejected};
//!
//! async fn log(response: Response) -> Response {
//!     if let Some(error) = response.extensions().get::<Rejected>().and_then(Rejected::error) {
//!         eprintln!("{error}"); // Origin: not allowed for a request to "example.com", got "https://a.example"
//!     }
//!     response
//! }
//!
//! let chat = any(async |upgrade: Upgrade| upgrade.on_upgrade(async |_| {}));
//! let app: Router = Router::new().route("/chat", chat).layer(map_response(log));
//! # drop(app);
//! ```

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use http::request::Parts;
use websocket_upgrade_proto as proto;

use proto::server::Request;

use crate::hyper::accessors::request_accessors;
use crate::hyper::{
    Open, Pending, Rejected, Stream, Upgrading, accept, establish, reject, spawn, take_upgrade,
};
use crate::observe::handshake_info::{HandshakeInfo, peer_address};
use crate::server::options::ServerOptions;
use crate::server::rejection::Rejection;
use crate::upgraded::Upgraded;
use ::axum::body::Body;
use ::axum::extract::{FromRequestParts, OptionalFromRequestParts};
use ::axum::response::{IntoResponse, Response};
use ::hyper::ext::Protocol;

mod handshake;

use handshake::Handshake;

/// A valid request to upgrade: accept it with [`Upgrade::on_upgrade`], reject it with [`Upgrade::reject`], or return
/// any other response, behind a [`RefusalLayer`](crate::tower::RefusalLayer) that closes its connection.
#[must_use = "the client waits for an answer"]
pub struct Upgrade {
    handshake: Handshake,
    peer: Option<SocketAddr>,
    open: Open,
    /// What hyper has left for it.
    pending: Option<Pending>,
    /// Nothing is made for the defaults.
    options: Option<Arc<ServerOptions>>,
}

impl Upgrade {
    /// What is supported and wanted; the defaults are those of [`ServerOptions::new`].
    pub fn options(mut self, options: impl Into<Arc<ServerOptions>>) -> Self {
        self.options = Some(options.into());
        self
    }

    request_accessors!(handshake);

    /// The request as the core sees it. `None` is not to be expected: it was valid when this was made.
    fn view(&self) -> Option<Request<'_>> {
        self.handshake.judge().ok()
    }

    /// The response to return. If the options allow the request it accepts, and `callback` is called with the
    /// connection once it has been sent, in a task of its own; otherwise it says why not, and has [`Rejected`] in its
    /// extensions.
    pub fn on_upgrade<C, F>(self, callback: C) -> Response
    where
        C: FnOnce(Upgraded<Stream>) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        match self.accept() {
            Ok((response, upgrading)) => {
                spawn(upgrading, callback);
                response
            }
            Err(rejected) => rejected.into_response(),
        }
    }

    /// The response to return, and the connection that comes of it: for those who spawn tasks themselves, or want to
    /// know why not where they ask.
    ///
    /// # Errors
    ///
    /// [`Rejected`]: the options don't allow the request, or the connection can't be upgraded.
    #[inline]
    pub fn accept(self) -> Result<(Response, Upgrading), Rejected> {
        let defaults;
        let options: &ServerOptions = if let Some(options) = &self.options {
            options
        } else {
            defaults = ServerOptions::new();
            &defaults
        };
        let version = self.version();
        let info = self.open.decide().at(options.peer_address());
        let accepted = accept(self.handshake.judge(), version, options, b"", info)?;
        let (response, upgrading) = establish(accepted, self.pending, version, info)?;
        // There is nothing in an answer that accepts.
        Ok((response.map(|_| Body::empty()), upgrading))
    }

    /// The response that rejects the request with an answer of the application's own, and closes its connection.
    pub fn reject(self, rejection: &Rejection) -> Response {
        let version = self.version();
        reject(rejection, b"", version, &self.open.decide()).map(Body::from)
    }

    /// Of a request's head, which other extractors may need as well.
    fn take(parts: &mut Parts) -> Result<Self, Rejected> {
        let Parts { method, uri, version, headers, extensions, .. } = &*parts;
        let peer = peer_address(extensions);
        let info = HandshakeInfo::of_version(*version, peer.map(|peer| peer.ip()));
        let protocol = extensions.get::<Protocol>().map(Protocol::as_str);
        if let Err(error) = Request::from_http_parts(method, uri, *version, protocol, headers) {
            return Err(Rejected::request(error, *version, info));
        }
        let handshake = Handshake::of_valid(parts);
        let pending = take_upgrade(&mut parts.extensions);
        let open = Open::new(info, pending.as_ref().is_none_or(|pending| pending.closes(parts.version)));
        Ok(Self { handshake, peer, open, pending, options: None })
    }
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Rejected;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejected> {
        Self::take(parts)
    }
}

/// `None` is a request that asks for something else than WebSocket.
impl<S: Sync> OptionalFromRequestParts<S> for Upgrade {
    type Rejection = Rejected;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Rejected> {
        match Self::take(parts) {
            Ok(upgrade) => Ok(Some(upgrade)),
            Err(rejected) if rejected.is_not_upgrade() => Ok(None),
            Err(rejected) => Err(rejected),
        }
    }
}

impl IntoResponse for Rejected {
    fn into_response(self) -> Response {
        self.into_http().map(Body::from)
    }
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade")
            .field("path", &self.path())
            .field("version", &self.version())
            .field("peer", &self.peer)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
