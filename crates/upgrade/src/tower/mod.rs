//! A layer for tower services on hyper 1. It calls a handler for upgrade requests, and passes every other request to
//! the service unchanged.
//!
//! The handler runs in its own task, spawned on tokio. Rejections are ordinary responses of the service, with
//! [`Rejected`](crate::Rejected) in their extensions, for layers around this one.
//!
//! ```
//! use std::convert::Infallible;
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use tower::{Layer, service_fn};
//! use websocket_upgrade::tower::{Decision, HandshakeRequest, UpgradeLayer};
//! use websocket_upgrade::{Rejection, ServerOptions};
//!
//! let layer = UpgradeLayer::new(|upgraded, request: HandshakeRequest| async move {
//!     println!("{}: {:?}", request.path(), upgraded.settings);
//!     let stream = upgraded.into_stream(); // AsyncRead + AsyncWrite
//!     # drop(stream);
//! })
//! .options(ServerOptions::new().subprotocol("chat")?)
//! .when(|head| head.uri.path().starts_with("/chat"))
//! .decide(|request| async move {
//!     match request.query() {
//!         Some("guest") => Decision::Accept,
//!         _ => Decision::Reject(Rejection::forbidden()),
//!     }
//! });
//! let http = service_fn(|_: Request<Full<Bytes>>| async {
//!     Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("plain HTTP\n")))
//! });
//! let service = layer.layer(http);
//! # drop(service);
//! # Ok::<(), websocket_upgrade::OptionsError>(())
//! ```
//!
//! # What becomes of a request
//!
//! | a request for WebSocket | over HTTP/1.1 | over HTTP/2 | counted |
//! |---|---|---|---|
//! | accepted | 101, then the handler is called | 200, then the handler is called | `accepted` once it is sent; `broken` if the connection breaks before |
//! | invalid, refused by the options, or [`Decision::Reject`] | the rejection, with `Connection: close` | the rejection, and the stream ends | `rejected`, once |
//! | [`Decision::FallThrough`], or excluded by [`when`](UpgradeLayer::when) | the service's response, with `Connection: close` unless it is a 101 | the service's response | by the service |
//! | the decision panics, or is dropped because the client is gone | no response | no response | `rejected` |
//! | a layer around this one returns another response | with [`RefusalLayer`] around that layer: `Connection: close`, and the handler is not called | with [`RefusalLayer`]: the handler is not called | `rejected` |
//!
//! A panic of the handler ends only its own task.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use http::request::Parts;

use crate::hyper::Stream;
use crate::server::options::ServerOptions;
use crate::server::rejection::Rejection;
use crate::upgraded::Upgraded;
use ::tower_layer::Layer;

mod future;
mod refusal;
mod service;

pub use crate::hyper::HandshakeRequest;
pub use future::UpgradeFuture;
pub use refusal::{RefusalFuture, RefusalLayer, RefusalService};
pub use service::UpgradeService;

/// What to do with a request that the layer's options allow.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Decision {
    /// Accept it with the layer's options.
    Accept,
    /// Accept it with these options, if they allow it too.
    AcceptWith(Arc<ServerOptions>),
    /// Reject it with the application's own answer.
    Reject(Rejection),
    /// Pass the request to the service, unchanged.
    FallThrough,
}

/// Calls the handler `H` for upgrade requests. `H` is `Fn(Upgraded<Stream>, HandshakeRequest) -> impl Future`.
pub struct UpgradeLayer<H> {
    handler: Arc<H>,
    rules: Arc<Rules>,
}

type When = dyn Fn(&Parts) -> bool + Send + Sync;
type Decide = dyn Fn(HandshakeRequest) -> Pin<Box<dyn Future<Output = Decision> + Send>> + Send + Sync;

/// What is the same for all handlers.
#[derive(Clone, Default)]
struct Rules {
    options: Arc<ServerOptions>,
    when: Option<Arc<When>>,
    decide: Option<Arc<Decide>>,
}

impl<H> UpgradeLayer<H> {
    /// A layer that accepts every upgrade request that the default options allow.
    ///
    /// The handler is called for every established connection. Its future is spawned on tokio.
    pub fn new<F>(handler: H) -> Self
    where
        H: Fn(Upgraded<Stream>, HandshakeRequest) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        Self { handler: Arc::new(handler), rules: Arc::default() }
    }

    /// Sets the options that requests are accepted with.
    #[must_use]
    pub fn options(mut self, options: impl Into<Arc<ServerOptions>>) -> Self {
        Arc::make_mut(&mut self.rules).options = options.into();
        self
    }

    /// Handles only requests for which `holds` returns true. Every other request goes to the service, even if it is an
    /// upgrade request, valid or not.
    #[must_use]
    pub fn when(mut self, holds: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.rules).when = Some(Arc::new(holds));
        self
    }

    /// Calls `decide` for every request that the [options](Self::options) of the layer allow, before anything is
    /// answered. Every other request for WebSocket is rejected at once, so `decide` is not called for a foreign origin:
    /// it can look up credentials without being asked to by any page on the web. Options of
    /// [`Decision::AcceptWith`] can refuse more than the layer's, and not less.
    ///
    /// The library sets no limit to the time that the decision takes.
    #[must_use]
    pub fn decide<F>(mut self, decide: impl Fn(HandshakeRequest) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Decision> + Send + 'static,
    {
        let decide = Arc::new(move |request| -> Pin<Box<dyn Future<Output = Decision> + Send>> {
            Box::pin(decide(request))
        });
        Arc::make_mut(&mut self.rules).decide = Some(decide);
        self
    }
}

impl<S, H> Layer<S> for UpgradeLayer<H> {
    type Service = UpgradeService<S, H>;

    fn layer(&self, inner: S) -> UpgradeService<S, H> {
        UpgradeService { inner, handler: Arc::clone(&self.handler), rules: Arc::clone(&self.rules) }
    }
}

impl<H> Clone for UpgradeLayer<H> {
    fn clone(&self) -> Self {
        Self { handler: Arc::clone(&self.handler), rules: Arc::clone(&self.rules) }
    }
}

impl<H> fmt::Debug for UpgradeLayer<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpgradeLayer").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules")
            .field("options", &self.options)
            .field("when", &self.when.is_some())
            .field("decide", &self.decide.is_some())
            .finish()
    }
}
