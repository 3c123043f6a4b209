//! The same service behind every entrance. A valid request is accepted if the options allow it; others are rejected.

use std::convert::Infallible;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
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
    /// `hyper::receive`, `check`, the application's question, and then `accept`.
    HyperCheck,
    /// The layer of `tower`.
    Tower,
    /// The layer of `tower` with a decision, which is the application's question.
    TowerDecide,
    /// The extractor of `axum`.
    Axum,
    /// The extractor of `axum`, `check`, and then the application's question.
    AxumCheck,
}

impl Entrance {
    pub(crate) const ALL: [Self; 7] = [
        Self::Hyper,
        Self::HyperReceive,
        Self::HyperCheck,
        Self::Tower,
        Self::TowerDecide,
        Self::Axum,
        Self::AxumCheck,
    ];

    /// The entrances that ask the application about a request that the options allow.
    pub(crate) const ASKING: [Self; 3] = [Self::HyperCheck, Self::TowerDecide, Self::AxumCheck];
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
    /// How often the application was asked.
    asked: Arc<AtomicUsize>,
}

impl Served {
    pub(crate) fn new(entrance: Entrance, options: ServerOptions) -> (Self, Established) {
        let (established, receiver) = mpsc::unbounded_channel();
        let (options, rejected, asked) = (Arc::new(options), Arc::default(), Arc::default());
        (Self { entrance, options, established, rejected, asked }, receiver)
    }

    /// Returns how often the application was asked about a request.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }

    /// The application's question: it takes a while, and the answer is yes.
    async fn ask(&self) {
        self.asked.fetch_add(1, SeqCst);
        tokio::task::yield_now().await;
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
            Entrance::HyperCheck => {
                let incoming = match receive(&mut request).and_then(|incoming| incoming.check(&options)) {
                    Ok(incoming) => incoming,
                    Err(rejected) => return Ok(self.answer(Err(rejected))),
                };
                self.ask().await;
                let accepted = incoming.accept(&options);
                Ok(self.answer(accepted))
            }
            Entrance::Tower | Entrance::TowerDecide => {
                let established = self.established.clone();
                let layer = UpgradeLayer::new(move |upgraded, _| {
                    let _nobody_waits = established.send(upgraded);
                    async {}
                });
                let mut layer = layer.options(Arc::clone(&options));
                if self.entrance == Entrance::TowerDecide {
                    let asked = self.clone();
                    layer = layer.decide(move |_| {
                        let (asked, options) = (asked.clone(), Arc::clone(&options));
                        async move {
                            asked.ask().await;
                            Decision::AcceptWith(options)
                        }
                    });
                }
                // A request that is not an upgrade is answered all the same.
                let http = service_fn(move |mut request| {
                    let refused = handle_upgrade_request(&mut request, &ServerOptions::new());
                    let served = self.clone();
                    async move { Ok(served.answer(refused)) }
                });
                layer.layer(http).oneshot(request).await
            }
            Entrance::Axum | Entrance::AxumCheck => {
                let (mut parts, _body) = request.into_parts();
                let upgrade = match Upgrade::from_request_parts(&mut parts, &()).await {
                    Ok(upgrade) => upgrade,
                    Err(rejected) => {
                        self.note(&rejected);
                        return Ok(rejected.into_response());
                    }
                };
                let mut upgrade = upgrade.options(options);
                if self.entrance == Entrance::AxumCheck {
                    upgrade = match upgrade.check() {
                        Ok(upgrade) => upgrade,
                        Err(rejected) => return Ok(rejected.into_response()),
                    };
                    self.ask().await;
                }
                let established = self.established;
                Ok(upgrade.on_upgrade(async move |upgraded| {
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
