//! The extractor for axum 0.8: HTTP/1.1 upgrades and HTTP/2 extended CONNECT.
//!
//! Add the route with `any`: the request is a GET over HTTP/1.1 and a CONNECT over HTTP/2. An invalid request is
//! answered with [`Rejected`], which says why. `Option<Upgrade>` accepts plain HTTP as well. The extractor keeps only
//! what the handshake needs. Use axum's own extractors for the rest of the request.
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
//! | the handler returns the response of [`on_upgrade`](Upgrade::on_upgrade) or [`accept`](Upgrade::accept) | 101, then the callback is called | 200, then the callback is called | `accepted` once it is sent; `broken` if the connection breaks before |
//! | the same, or [`check`](Upgrade::check), but the options refuse the request | the rejection, with `Connection: close` | the rejection, and the stream ends | `rejected`, once |
//! | the handler returns the response of [`reject`](Upgrade::reject), or the extractor rejects the request | the rejection, with `Connection: close` | the rejection, and the stream ends | `rejected`, once |
//! | the handler drops the extractor and returns another response: a 403, a 500, a redirect | that response; [`RefusalLayer`](crate::tower::RefusalLayer) adds `Connection: close` | that response, and the stream ends | `rejected` |
//! | the handler calls `on_upgrade` or `accept`, but returns another response | as in the row above; with [`RefusalLayer`](crate::tower::RefusalLayer) the callback is not called | the same | `rejected` |
//! | the handler panics | the connection ends; if a layer turns the panic into a response, as in the rows above | the stream ends | `rejected` |
//!
//! An extractor does not see the response of its handler, so only a layer can close the connection. Without the layer,
//! a request that is dropped is logged as a warning.
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
//! Every response that rejects, from the extractor or from [`Upgrade::on_upgrade`], has [`Rejected`] in its
//! extensions, so one layer sees them all:
//!
//! ```
//! use axum::{Router, middleware::map_response, response::Response, routing::any};
//! use websocket_upgrade::{Rejected, axum::Upgrade};
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

use http::Version;
use http::request::Parts;
use websocket_upgrade_proto as proto;

use proto::server::{OwnedRequest, Request};

use crate::hyper::{Open, Pending, Stream, Upgrading, establish, protocol, spawn, take_upgrade};
use crate::observe::handshake_info::{HandshakeInfo, peer_address};
use crate::server::accessors::request_accessors;
use crate::server::options::ServerOptions;
use crate::server::rejected::Rejected;
use crate::server::rejection::Rejection;
use crate::server::respond::{decide, examine, reject};
use crate::upgraded::Upgraded;
use ::axum::body::Body;
use ::axum::extract::{FromRequestParts, OptionalFromRequestParts};
use ::axum::response::{IntoResponse, Response};

/// A valid upgrade request, as an extractor. Accept it with [`Upgrade::on_upgrade`], or reject it with
/// [`Upgrade::reject`]. If you return any other response, use [`RefusalLayer`](crate::tower::RefusalLayer), which
/// closes the connection.
#[must_use = "the client waits for an answer"]
pub struct Upgrade {
    /// Boxed because an extractor is moved many times: out of its future, into the handler, and from method to method.
    waiting: Box<Waiting>,
    /// Nothing is made for the defaults.
    options: Option<Arc<ServerOptions>>,
}

/// The request that waits for a decision.
struct Waiting {
    request: OwnedRequest,
    version: Version,
    peer: Option<SocketAddr>,
    open: Open,
    /// What hyper has left for it.
    pending: Option<Pending>,
}

impl Upgrade {
    /// Sets the options that the request is accepted with. The default is [`ServerOptions::new`].
    pub fn options(mut self, options: impl Into<Arc<ServerOptions>>) -> Self {
        self.options = Some(options.into());
        self
    }

    request_accessors! {
        self,
        view: Some(self.waiting.request.as_request()),
        path: self.waiting.request.as_request().target().path(),
        query: self.waiting.request.as_request().target().query(),
        version: self.waiting.version,
        /// The address of the other side, if the server has put it into the request's extensions as axum's
        /// `ConnectInfo` or as a [`SocketAddr`].
        peer: SocketAddr = self.waiting.peer,
    }

    /// Checks everything for which [`accept`](Self::accept) would refuse the request, with the options that were set
    /// before: its authority (RFC 9110 §7.4), its origin (RFC 6455 §10.2), and its lists of subprotocols and
    /// extensions. Call it before you look up credentials, so that a page of a foreign origin can't cause that.
    ///
    /// If it passes, the request still waits for a decision.
    ///
    /// ```
    /// use axum::response::{IntoResponse, Response};
    /// use http::HeaderMap;
    /// use websocket_upgrade::{Rejected, Rejection, axum::Upgrade};
    ///
    /// async fn chat(headers: HeaderMap, upgrade: Upgrade) -> Result<Response, Rejected> {
    ///     let upgrade = upgrade.check()?; // origin first
    ///     if !headers.contains_key("cookie") {
    ///         return Ok(upgrade.reject(&Rejection::forbidden()));
    ///     }
    ///     Ok(upgrade.on_upgrade(async |_| {}))
    /// }
    /// # drop(axum::routing::any::<_, _, ()>(chat));
    /// ```
    ///
    /// # Errors
    ///
    /// [`Rejected`], as from [`accept`](Self::accept). It is the response of a handler that returns it.
    pub fn check(mut self) -> Result<Self, Rejected> {
        let (version, info) = (self.version(), self.waiting.open.info());
        let checked = self.with_options(|options| {
            examine(Ok(&self.waiting.request.as_request()), version, options, info.at(options.peer_address()))
        });
        match checked {
            Ok(()) => Ok(self),
            Err(rejected) => {
                self.waiting.open.decide();
                Err(rejected)
            }
        }
    }

    /// Accepts the request if the options allow it, otherwise rejects it. Returns the response to send.
    ///
    /// If the request is accepted, `callback` is called with the connection in its own task, once the response has
    /// been sent. The response of a rejection says why, and has [`Rejected`] in its extensions.
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

    /// Accepts the request if the options allow it. Returns the response to send and a future of the connection, for
    /// callers that spawn tasks themselves or handle the error.
    ///
    /// # Errors
    ///
    /// [`Rejected`]: the options don't allow the request, or the connection can't be upgraded.
    #[inline]
    pub fn accept(mut self) -> Result<(Response, Upgrading), Rejected> {
        let version = self.version();
        let info = self.waiting.open.info();
        let accepted = self.with_options(|options| {
            let info = info.at(options.peer_address());
            decide(Ok(&self.waiting.request.as_request()), version, options, b"", info)
        });
        self.waiting.open.decide();
        establish(accepted?, self.waiting.pending.take(), version, info)
    }

    /// Rejects the request with the application's own answer. Returns the response to send, which closes the
    /// connection.
    pub fn reject(mut self, rejection: &Rejection) -> Response {
        let version = self.version();
        reject(rejection, b"", version, &self.waiting.open.decide()).map(Body::from)
    }

    #[inline]
    fn with_options<T>(&self, call: impl FnOnce(&ServerOptions) -> T) -> T {
        match &self.options {
            Some(options) => call(options),
            None => call(&ServerOptions::new()),
        }
    }

    /// Makes an extractor of a request's head, which other extractors may need too.
    fn take(parts: &mut Parts) -> Result<Self, Rejected> {
        let Parts { method, uri, version, headers, extensions, .. } = &*parts;
        let peer = peer_address(extensions);
        let info = HandshakeInfo::of_version(*version, peer.map(|peer| peer.ip()));
        let protocol = protocol(*version, extensions);
        let request = match &Request::from_http_parts(method, uri, *version, protocol, headers) {
            Ok(request) => OwnedRequest::new(request, &[]),
            Err(error) => return Err(Rejected::request(*error, *version, info)),
        };
        let pending = take_upgrade(&mut parts.extensions);
        let version = parts.version;
        let open = Open::new(info, pending.as_ref().is_none_or(|pending| pending.closes(version)));
        Ok(Self { waiting: Box::new(Waiting { request, version, peer, open, pending }), options: None })
    }
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Rejected;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejected> {
        Self::take(parts)
    }
}

/// `None` is a request that does not ask for WebSocket.
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
            .field("peer", &self.peer())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
