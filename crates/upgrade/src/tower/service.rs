//! The service that the layer makes.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};

use super::future::UpgradeFuture;
use super::rules::{Decision, Rules, Way};
use crate::hyper::{HandshakeRequest, Open, Pending, Stream, asks_for_connection, close, spawn};
use crate::server::options::ServerOptions;
use crate::upgraded::Upgraded;
use ::tower_service::Service;

/// The service of an [`UpgradeLayer`](super::UpgradeLayer).
///
/// It must be called on a tokio runtime, where it spawns the handler.
pub struct UpgradeService<S, H> {
    pub(super) inner: S,
    pub(super) handler: Arc<H>,
    pub(super) rules: Arc<Rules>,
}

impl<S, H, F, B, R> Service<Request<B>> for UpgradeService<S, H>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    H: Fn(Upgraded<Stream>, HandshakeRequest) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
    B: Send + 'static,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = UpgradeFuture<S::Future, R, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (head, body) = request.into_parts();
        let handler = Arc::clone(&self.handler);
        match self.rules.way(head) {
            Way::On(head, closes) => {
                UpgradeFuture::on(self.inner.call(Request::from_parts(head, body)), closes)
            }
            Way::Rejected(rejected) => UpgradeFuture::answer(rejected.into_http()),
            Way::Valid(request, pending) => {
                let Some(decide) = &self.rules.decide else {
                    return UpgradeFuture::answer(accept(request, pending, &self.rules.options, handler));
                };
                // The application is not asked about a request that it could not accept.
                if let Err(rejected) = request.check(&self.rules.options) {
                    return UpgradeFuture::answer(rejected.into_http());
                }
                let mut open = Open::new(request.info(), true);
                let decision = decide(request.clone());
                let rules = Arc::clone(&self.rules);
                // The service that is ready is moved into the future. Its clone stays, and is polled for readiness
                // again.
                let inner = self.inner.clone();
                let mut inner = std::mem::replace(&mut self.inner, inner);
                UpgradeFuture::decide(async move {
                    let decision = decision.await;
                    open.decide();
                    let response = match decision {
                        Decision::Accept => accept(request, pending, &rules.options, handler),
                        Decision::AcceptWith(options) => accept(request, pending, &options, handler),
                        Decision::Reject(rejection) => request.reject(&rejection),
                        Decision::FallThrough => {
                            let mut head = request.into_http();
                            if let Some(pending) = pending {
                                pending.give_back(head.extensions_mut());
                            }
                            let closes = asks_for_connection(&head);
                            let mut response = inner.call(head.map(|()| body)).await?;
                            if closes {
                                close(&mut response);
                            }
                            return Ok(response);
                        }
                    };
                    Ok(response.map(R::from))
                })
            }
        }
    }
}

/// The response to a valid request; if it is accepted, the handler is called once it has been sent.
fn accept<H, F>(
    request: HandshakeRequest,
    pending: Option<Pending>,
    options: &ServerOptions,
    handler: Arc<H>,
) -> Response<Bytes>
where
    H: Fn(Upgraded<Stream>, HandshakeRequest) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    match request.accept(options, pending) {
        Ok((response, upgrading)) => {
            spawn(upgrading, move |upgraded| handler(upgraded, request));
            response
        }
        Err(rejected) => rejected.into_http(),
    }
}

impl<S: Clone, H> Clone for UpgradeService<S, H> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), handler: Arc::clone(&self.handler), rules: Arc::clone(&self.rules) }
    }
}

impl<S: fmt::Debug, H> fmt::Debug for UpgradeService<S, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpgradeService")
            .field("inner", &self.inner)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}
