//! Entrances on hyper: a constant 101, the library's, and others'. Each hands the connection over in a task.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::extract::Request as AxumRequest;
use axum::routing::any;
use futures_util::future::ready;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_tungstenite::HyperWebsocketStream;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use websocket_upgrade::axum::Upgrade;
use websocket_upgrade::hyper::{Stream, handle_upgrade_request};
use websocket_upgrade::{ServerOptions, Upgraded};

use crate::ours::with_deflate;
use crate::peers::axum_on;
use crate::runtime;
use crate::wire::{self, Wire};

/// hyper alone with a constant 101.
pub(crate) fn constant(request: &'static [u8], _: &mut [u8]) -> usize {
    accepted(constant_on(Wire::from_client(request), drop_it))
}

/// axum alone, with the same constant from a handler.
pub(crate) fn constant_in_axum(request: &'static [u8], _: &mut [u8]) -> usize {
    thread_local! {
        static ROUTER: Router = constant_router(drop_it);
    }
    accepted(axum_on(Wire::from_client(request), ROUTER.with(Router::clone)))
}

/// The library on hyper, with default options.
pub(crate) fn ours(request: &'static [u8], _: &mut [u8]) -> usize {
    static OPTIONS: LazyLock<ServerOptions> = LazyLock::new(ServerOptions::new);
    accepted(ours_on(Wire::from_client(request), &OPTIONS, drop_it))
}

/// The library on hyper with permessage-deflate, which the others here don't negotiate.
pub(crate) fn ours_with_deflate(request: &'static [u8], _: &mut [u8]) -> usize {
    static OPTIONS: LazyLock<ServerOptions> = LazyLock::new(with_deflate);
    accepted(ours_on(Wire::from_client(request), &OPTIONS, drop_it))
}

/// The library's extractor in axum.
pub(crate) fn ours_in_axum(request: &'static [u8], _: &mut [u8]) -> usize {
    thread_local! {
        static ROUTER: Router = ours_router(drop_it);
    }
    accepted(axum_on(Wire::from_client(request), ROUTER.with(Router::clone)))
}

/// hyper-tungstenite, on hyper.
pub(crate) fn hyper_tungstenite(request: &'static [u8], _: &mut [u8]) -> usize {
    accepted(hyper_tungstenite_on(Wire::from_client(request), drop_it))
}

/// Returns the length of the 101 that a connection sent before it was handed over, or 0 for any other answer.
fn accepted(serving: impl Future<Output = hyper::Result<()>>) -> usize {
    match runtime::run(serving) {
        Some(Ok(())) => wire::accepted(),
        _ => 0,
    }
}

fn drop_it<C>(connection: C) -> impl Future<Output = ()> {
    drop(connection);
    ready(())
}

/// A connection that hyper has upgraded, without the library.
type HyperStream = TokioIo<hyper::upgrade::Upgraded>;

/// Serves a connection by hyper with a constant 101, and gives the upgraded stream to `then`. The response has a type
/// that can have content, as a service's must.
pub(crate) fn constant_on<S, T>(
    io: S,
    then: impl FnOnce(HyperStream) -> T + Copy + Send + 'static,
) -> impl Future<Output = hyper::Result<()>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: Future<Output = ()> + Send,
{
    let service = service_fn(move |mut request: Request<Incoming>| {
        hand_over(&mut request, then);
        ready(hyper::Result::Ok(constant_101(Full::<Bytes>::default())))
    });
    http1::Builder::new().serve_connection(TokioIo::new(io), service).with_upgrades()
}

/// As [`constant_on`], as a handler in axum.
pub(crate) fn constant_router<T>(then: impl FnOnce(HyperStream) -> T + Copy + Send + Sync + 'static) -> Router
where
    T: Future<Output = ()> + Send + 'static,
{
    let upgrade = move |mut request: AxumRequest| {
        hand_over(&mut request, then);
        ready(constant_101(Body::empty()))
    };
    Router::new().route("/chat", any(upgrade))
}

/// Gives the upgraded stream of a request to `then`, in a task.
fn hand_over<B, T>(request: &mut Request<B>, then: impl FnOnce(HyperStream) -> T + Send + 'static)
where
    T: Future<Output = ()> + Send,
{
    let upgrading = hyper::upgrade::on(request);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrading.await {
            then(HyperStream::new(upgraded)).await;
        }
    });
}

fn constant_101<B>(body: B) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let fields = response.headers_mut();
    fields.insert(UPGRADE, HeaderValue::from_static("websocket"));
    fields.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    fields.insert(SEC_WEBSOCKET_ACCEPT, HeaderValue::from_static("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    response
}

/// Serves a connection by hyper, upgrades it by the library, and gives it to `then`.
pub(crate) fn ours_on<S, T>(
    io: S,
    options: &'static ServerOptions,
    then: impl FnOnce(Upgraded<Stream>) -> T + Copy + Send + 'static,
) -> impl Future<Output = hyper::Result<()>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: Future<Output = ()> + Send,
{
    let service = service_fn(move |mut request: Request<Incoming>| {
        let response = match handle_upgrade_request(&mut request, options) {
            Ok((response, upgrading)) => {
                tokio::spawn(async move {
                    if let Ok(upgraded) = upgrading.await {
                        then(upgraded).await;
                    }
                });
                response
            }
            Err(rejected) => rejected.into_http(),
        };
        ready(hyper::Result::Ok(response.map(Full::new)))
    });
    http1::Builder::new().serve_connection(TokioIo::new(io), service).with_upgrades()
}

/// Serves a connection by hyper, upgrades it by hyper-tungstenite, and gives it to `then`.
pub(crate) fn hyper_tungstenite_on<S, T>(
    io: S,
    then: impl FnOnce(HyperWebsocketStream) -> T + Copy + Send + 'static,
) -> impl Future<Output = hyper::Result<()>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: Future<Output = ()> + Send,
{
    let service = service_fn(move |mut request: Request<Incoming>| {
        let upgraded = hyper_tungstenite::upgrade(&mut request, None).map(|(response, upgrading)| {
            tokio::spawn(async move {
                if let Ok(socket) = upgrading.await {
                    then(socket).await;
                }
            });
            response
        });
        ready(upgraded)
    });
    http1::Builder::new().serve_connection(TokioIo::new(io), service).with_upgrades()
}

/// Gives every connection to `then`, in the task of the extractor.
pub(crate) fn ours_router<T>(
    then: impl FnOnce(Upgraded<Stream>) -> T + Copy + Send + Sync + 'static,
) -> Router
where
    T: Future<Output = ()> + Send + 'static,
{
    // They are made once, as in a service. A router copies what its handlers own for every request.
    static OPTIONS: LazyLock<Arc<ServerOptions>> = LazyLock::new(Arc::default);
    let upgrade = move |upgrade: Upgrade| ready(upgrade.options(Arc::clone(&OPTIONS)).on_upgrade(then));
    Router::new().route("/chat", any(upgrade))
}
