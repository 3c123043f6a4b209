//! The gate in front of a service of tower's.

use std::fmt;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use pin_project_lite::pin_project;

use super::admitted::{FirstHead, Release};
use crate::hyper::judge;
use crate::observe::handshake_info::HandshakeInfo;
use crate::server::gate::{Gate, Permit};
use crate::server::refusal::{Refusal, turned_away};
use ::tower_layer::Layer;
use ::tower_service::Service;

impl Gate {
    /// A layer that counts handshakes from the request to the response, including the time in which the application
    /// decides.
    ///
    /// Only valid handshakes are counted. All other requests go to the service unchanged. A handshake that may not
    /// begin is answered with 503, `Retry-After` and the reason, over HTTP/1.1 and HTTP/2. The response has
    /// [`TurnedAway`](super::TurnedAway) in its extensions.
    ///
    /// The peer's address is a [`SocketAddr`](std::net::SocketAddr) in the request's extensions or, with the feature
    /// `axum`, axum's `ConnectInfo` with one. Without it only the total limit applies.
    #[must_use]
    pub fn layer(&self) -> GateLayer {
        GateLayer { gate: self.clone() }
    }
}

/// Counts the handshakes among requests: see [`Gate::layer`].
#[derive(Clone, Debug)]
pub struct GateLayer {
    gate: Gate,
}

impl<S> Layer<S> for GateLayer {
    type Service = GateService<S>;

    fn layer(&self, inner: S) -> GateService<S> {
        GateService { inner, gate: self.gate.clone() }
    }
}

/// A service whose handshakes are counted.
#[derive(Clone, Debug)]
pub struct GateService<S> {
    inner: S,
    gate: Gate,
}

impl<S, B, R> Service<Request<B>> for GateService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = GateFuture<S::Future, R>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> GateFuture<S::Future, R> {
        let first = request.extensions().get::<FirstHead>().and_then(|head| head.pass_to(&self.gate));
        if judge(&request).is_err() {
            return GateFuture::on(self.inner.call(request), None);
        }
        let version = request.version();
        let info = HandshakeInfo::of_request(&request, None);
        match first.map_or_else(|| self.gate.enter(info.peer()), Ok) {
            Ok(permit) => GateFuture::on(self.inner.call(request), Some(Held::Permit { _permit: permit })),
            Err(why) => {
                let to_http = |refusal: Refusal<'_>| refusal.to_http(version).map(R::from);
                let mut response = turned_away(why, self.gate.retry_after(), &info, to_http);
                response.extensions_mut().insert(why);
                GateFuture::answer(response)
            }
        }
    }
}

impl<S> Layer<S> for FirstHead {
    type Service = FirstHeadService<S>;

    fn layer(&self, inner: S) -> FirstHeadService<S> {
        FirstHeadService { inner, head: self.clone() }
    }
}

/// The service of one connection. Its first call reports that the first head is there: see [`FirstHead`].
///
/// Without a [`GateLayer`] inside it, the first request is counted until its response.
#[derive(Clone, Debug)]
pub struct FirstHeadService<S> {
    inner: S,
    head: FirstHead,
}

impl<S, B, R> Service<Request<B>> for FirstHeadService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = GateFuture<S::Future, R>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> GateFuture<S::Future, R> {
        if !self.head.arrives() {
            return GateFuture::on(self.inner.call(request), None);
        }
        request.extensions_mut().insert(self.head.clone());
        let held = Held::First { _head: Release(self.head.clone()) };
        GateFuture::on(self.inner.call(request), Some(held))
    }
}

pin_project! {
    /// The future of a response. A handshake is counted until it is ready.
    pub struct GateFuture<F, R> {
        #[pin]
        state: State<F, R>,
    }
}

pin_project! {
    #[project = Projected]
    enum State<F, R> {
        On { #[pin] response: F, held: Option<Held> },
        TurnedAway { response: Ready<Response<R>> },
    }
}

/// Keeps a handshake counted, until it is dropped.
enum Held {
    Permit { _permit: Permit },
    First { _head: Release },
}

impl<F, R> GateFuture<F, R> {
    fn on(response: F, held: Option<Held>) -> Self {
        Self { state: State::On { response, held } }
    }

    fn answer(response: Response<R>) -> Self {
        Self { state: State::TurnedAway { response: ready(response) } }
    }
}

impl<F: Future<Output = Result<Response<R>, E>>, R, E> Future for GateFuture<F, R> {
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            Projected::On { response, held } => {
                let polled = response.poll(context);
                if polled.is_ready() {
                    *held = None;
                }
                polled
            }
            Projected::TurnedAway { response } => Pin::new(response).poll(context).map(Ok),
        }
    }
}

impl<F, R> fmt::Debug for GateFuture<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::On { held: Some(_), .. } => "counted",
            State::On { held: None, .. } => "on",
            State::TurnedAway { .. } => "turned away",
        };
        f.debug_tuple("GateFuture").field(&format_args!("{state}")).finish()
    }
}
