//! The layer that closes the connection of a request for WebSocket that is answered with something else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use pin_project_lite::pin_project;

use crate::hyper::{Watched, asks_for_connection, close};
use ::hyper::ext::Protocol;
use ::tower_layer::Layer;
use ::tower_service::Service;

/// A layer that closes the connection of a refused upgrade, whatever response refuses it.
///
/// It adds `Connection: close` to every response other than 101 to an HTTP/1.1 request that asks for WebSocket,
/// valid or not. A client, or a proxy that takes the connection for upgraded, may send frames after the request, and
/// these must not be read as another request. The library's own rejections already have the field. The layer adds it
/// to other responses of handlers: a 403, a 500, a redirect. Use it as the outermost layer.
///
/// An [`Upgrading`](crate::hyper::Upgrading) inside this layer fails if another response was sent than its own, over
/// HTTP/1.1 and HTTP/2. Handlers for its connection are not called then.
///
/// ```
/// use axum::{Router, http::StatusCode, response::{IntoResponse, Response}, routing::any};
/// use websocket_upgrade::{axum::Upgrade, tower::RefusalLayer};
///
/// async fn chat(upgrade: Upgrade) -> Response {
///     if upgrade.query() == Some("guest") {
///         return StatusCode::FORBIDDEN.into_response(); // closes the connection
///     }
///     upgrade.on_upgrade(async |_| {})
/// }
///
/// let app: Router = Router::new().route("/chat", any(chat)).layer(RefusalLayer::new());
/// # drop(app);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct RefusalLayer(());

impl RefusalLayer {
    /// A new layer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<S> Layer<S> for RefusalLayer {
    type Service = RefusalService<S>;

    fn layer(&self, inner: S) -> RefusalService<S> {
        RefusalService { inner }
    }
}

/// The service of a [`RefusalLayer`].
#[derive(Clone, Debug)]
pub struct RefusalService<S> {
    inner: S,
}

impl<S, B, R> Service<Request<B>> for RefusalService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = RefusalFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> RefusalFuture<S::Future> {
        let closes = asks_for_connection(&request);
        let extensions = request.extensions_mut();
        let watched = (closes || extensions.get::<Protocol>().is_some())
            // All layers share one value, so the outermost one decides.
            .then(|| extensions.get_or_insert_default::<Watched>().clone());
        RefusalFuture { response: self.inner.call(request), watched, closes }
    }
}

pin_project! {
    /// The response of a [`RefusalService`].
    pub struct RefusalFuture<F> {
        #[pin]
        response: F,
        watched: Option<Watched>,
        closes: bool,
    }
}

impl<F: Future<Output = Result<Response<R>, E>>, R, E> Future for RefusalFuture<F> {
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.response.poll(context).map_ok(|mut response| {
            if let Some(watched) = this.watched {
                watched.look(&response);
            }
            if *this.closes {
                close(&mut response);
            }
            response
        })
    }
}

impl<F> fmt::Debug for RefusalFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefusalFuture").field("closes", &self.closes).finish_non_exhaustive()
    }
}
