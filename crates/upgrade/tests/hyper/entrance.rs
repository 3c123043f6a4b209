//! The same service behind every entrance. A valid request is accepted if the options allow it; others are rejected.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::IntoResponse;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::Service;
use tokio::sync::mpsc;
use tower::{Layer, ServiceExt, service_fn};
use websocket_upgrade::axum::Upgrade;
use websocket_upgrade::hyper::{Stream, Upgrading, handle_upgrade_request, receive};
use websocket_upgrade::tower::{Decision, UpgradeLayer};
use websocket_upgrade::{Rejected, ServerOptions, Upgraded};

/// The entrance of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// `hyper::handle_upgrade_request`.
    Hyper,
    /// `hyper::receive`, and then `accept`.
    HyperReceive,
    /// The layer of `tower`.
    Tower,
    /// The layer of `tower` with a decision.
    TowerDecide,
    /// The extractor of `axum`.
    Axum,
}

impl Entrance {
    pub(crate) const ALL: [Self; 5] =
        [Self::Hyper, Self::HyperReceive, Self::Tower, Self::TowerDecide, Self::Axum];
}

impl fmt::Display for Entrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The connections of accepted requests, in order.
pub(crate) type Established = mpsc::UnboundedReceiver<Upgraded<Stream>>;

/// A service with one entrance, for hyper.
#[derive(Clone)]
pub(crate) struct Served {
    entrance: Entrance,
    options: Arc<ServerOptions>,
    established: mpsc::UnboundedSender<Upgraded<Stream>>,
    /// The statuses of the typed errors.
    rejected: Arc<Mutex<Vec<u16>>>,
}

impl Served {
    pub(crate) fn new(entrance: Entrance, options: ServerOptions) -> (Self, Established) {
        let (established, receiver) = mpsc::unbounded_channel();
        let served = Self { entrance, options: Arc::new(options), established, rejected: Arc::default() };
        (served, receiver)
    }

    /// Returns the statuses of the typed errors, if the entrance returns such errors.
    pub(crate) fn rejected(&self) -> Vec<u16> {
        self.rejected.lock().expect("no test panics with it").clone()
    }

    fn note(&self, rejected: &Rejected) {
        let status = rejected.error().map_or(500, |error| error.reason().status());
        self.rejected.lock().expect("no test panics with it").push(status);
    }

    fn answer(self, accepted: Result<(Response<Bytes>, Upgrading), Rejected>) -> Response<Body> {
        match accepted {
            Ok((response, upgrading)) => {
                let established = self.established;
                tokio::spawn(async move {
                    if let Ok(upgraded) = upgrading.await {
                        let _nobody_waits = established.send(upgraded);
                    }
                });
                response.map(Body::from)
            }
            Err(rejected) => {
                self.note(&rejected);
                rejected.into_http().map(Body::from)
            }
        }
    }

    async fn respond(self, mut request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let options = Arc::clone(&self.options);
        match self.entrance {
            Entrance::Hyper => {
                let accepted = handle_upgrade_request(&mut request, &options);
                Ok(self.answer(accepted))
            }
            Entrance::HyperReceive => {
                let accepted = receive(&mut request).and_then(|incoming| incoming.accept(&options));
                Ok(self.answer(accepted))
            }
            Entrance::Tower | Entrance::TowerDecide => {
                let established = self.established.clone();
                let layer = UpgradeLayer::new(move |upgraded, _| {
                    let _nobody_waits = established.send(upgraded);
                    async {}
                });
                let layer = match self.entrance {
                    Entrance::Tower => layer.options(options),
                    _ => layer.decide(move |_| {
                        let options = Arc::clone(&options);
                        async { Decision::AcceptWith(options) }
                    }),
                };
                // A request that is not an upgrade is answered all the same.
                let http = service_fn(move |mut request| {
                    let refused = handle_upgrade_request(&mut request, &ServerOptions::new());
                    let served = self.clone();
                    async move { Ok(served.answer(refused)) }
                });
                layer.layer(http).oneshot(request).await
            }
            Entrance::Axum => {
                let (mut parts, _body) = request.into_parts();
                let upgrade = match Upgrade::from_request_parts(&mut parts, &()).await {
                    Ok(upgrade) => upgrade,
                    Err(rejected) => {
                        self.note(&rejected);
                        return Ok(rejected.into_response());
                    }
                };
                let established = self.established;
                Ok(upgrade.options(options).on_upgrade(async move |upgraded| {
                    let _nobody_waits = established.send(upgraded);
                }))
            }
        }
    }
}

impl Service<Request<Incoming>> for Served {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        Box::pin(self.clone().respond(request))
    }
}
