//! The layer that calls a handler for upgrade requests.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use http::request::Parts;

use super::rules::{Decision, Rules};
use super::service::UpgradeService;
use crate::hyper::{HandshakeRequest, Stream};
use crate::server::options::ServerOptions;
use crate::upgraded::Upgraded;
use ::tower_layer::Layer;

/// Calls the handler `H` for upgrade requests. `H` is `Fn(Upgraded<Stream>, HandshakeRequest) -> impl Future`.
pub struct UpgradeLayer<H> {
    handler: Arc<H>,
    rules: Arc<Rules>,
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
    /// answered. Every other request for WebSocket is rejected at once, so `decide` is not called for a foreign
    /// origin: it can look up credentials without being asked to by any page on the web. Options of
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
