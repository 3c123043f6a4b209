//! Other libraries on the same bytes: their own entrances, on a stream in memory.

use axum::Router;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::routing::any;
use fastwebsockets::handshake::generate_key;
use futures_util::FutureExt;
use futures_util::future::ready;
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use soketto::handshake::client::ServerResponse;
use soketto::handshake::server::{Response, Server};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::runtime;
use crate::wire::{self, Wire};

const URL: &str = "ws://server.example.com/chat";
const HOST: &str = "server.example.com";
const TARGET: &str = "/chat";

pub(crate) fn soketto_server(request: &'static [u8], _: &mut [u8]) -> usize {
    let accept = async {
        let mut server = Server::new(Wire::from_client(request));
        let key = server.receive_request().await.ok()?.key();
        server.send_response(&Response::Accept { key, protocol: None }).await.ok()
    };
    // Nothing waits in memory.
    accept.now_or_never().flatten().map_or(0, |()| wire::accepted())
}

pub(crate) fn tokio_websockets_server(request: &'static [u8], _: &mut [u8]) -> usize {
    let mut wire = Wire::from_client(request);
    match tokio_websockets::ServerBuilder::new().accept(&mut wire).now_or_never() {
        Some(Ok(_)) => wire::accepted(),
        _ => 0,
    }
}

pub(crate) fn tungstenite_server(request: &'static [u8], _: &mut [u8]) -> usize {
    tungstenite::accept(Wire::from_client(request)).map_or(0, |_| wire::accepted())
}

pub(crate) fn fastwebsockets_server(request: &'static [u8], _: &mut [u8]) -> usize {
    let served = runtime::run(fastwebsockets_on(Wire::from_client(request), |_| ready(())));
    served.map_or(0, |_| wire::accepted())
}

pub(crate) fn axum_server(request: &'static [u8], _: &mut [u8]) -> usize {
    thread_local! {
        static ROUTER: Router = axum_router(|_| ready(()));
    }
    let router = ROUTER.with(Router::clone);
    let served = runtime::run(axum_on(Wire::from_client(request), router));
    served.map_or(0, |_| wire::accepted())
}

pub(crate) fn soketto_client(_: &'static [u8], _: &mut [u8]) -> usize {
    let mut client = soketto::handshake::Client::new(Wire::from_server(), HOST, TARGET);
    match client.handshake().now_or_never() {
        Some(Ok(ServerResponse::Accepted { .. })) => wire::sent(),
        _ => 0,
    }
}

pub(crate) fn tokio_websockets_client(_: &'static [u8], _: &mut [u8]) -> usize {
    let Ok(client) = tokio_websockets::ClientBuilder::new().uri(URL) else { return 0 };
    match client.connect_on(Wire::from_server()).now_or_never() {
        Some(Ok(_)) => wire::sent(),
        _ => 0,
    }
}

pub(crate) fn tungstenite_client(_: &'static [u8], _: &mut [u8]) -> usize {
    tungstenite::client(URL, Wire::from_server()).map_or(0, |_| wire::sent())
}

pub(crate) fn fastwebsockets_client(_: &'static [u8], _: &mut [u8]) -> usize {
    let request = http::Request::get(TARGET)
        .header("Host", HOST)
        .header("Upgrade", "websocket")
        .header("Connection", "upgrade")
        .header("Sec-WebSocket-Key", generate_key())
        .header("Sec-WebSocket-Version", "13")
        .body(Empty::<Bytes>::new());
    let Ok(request) = request else { return 0 };
    let connect = fastwebsockets::handshake::client(&Spawn, request, Wire::from_server());
    match runtime::run(connect) {
        Some(Ok(_)) => wire::sent(),
        _ => 0,
    }
}

/// The server that answers clients with a random key, measured alone. Its cost is part of theirs.
pub(crate) fn other_side(_: &'static [u8], _: &mut [u8]) -> usize {
    const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let mut wire = Wire::from_server();
    let mut space = [0; 1024];
    let written = std::io::Write::write(&mut wire, REQUEST);
    let read = std::io::Read::read(&mut wire, std::hint::black_box(&mut space));
    if written.is_ok() && read.is_ok() { wire::sent() } else { 0 }
}

/// Serves a connection by hyper, upgrades it by fastwebsockets, and gives it to `then` in a task.
pub(crate) fn fastwebsockets_on<S, T>(
    io: S,
    then: impl FnOnce(fastwebsockets::WebSocket<TokioIo<Upgraded>>) -> T + Copy + Send + 'static,
) -> impl Future<Output = hyper::Result<()>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: Future<Output = ()> + Send,
{
    let service = service_fn(move |mut request: http::Request<Incoming>| {
        let response = fastwebsockets::upgrade::upgrade(&mut request).map(|(response, upgrade)| {
            tokio::spawn(async move {
                if let Ok(socket) = upgrade.await {
                    then(socket).await;
                }
            });
            response
        });
        ready(response)
    });
    http1::Builder::new().serve_connection(TokioIo::new(io), service).with_upgrades()
}

/// Serves a connection as `axum::serve` does, but only over HTTP/1.
pub(crate) fn axum_on<S>(io: S, router: Router) -> impl Future<Output = hyper::Result<()>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = TowerToHyperService::new(router);
    http1::Builder::new().serve_connection(TokioIo::new(io), service).with_upgrades()
}

/// Gives every socket to `then`, in the task of axum.
pub(crate) fn axum_router<T>(then: impl FnOnce(WebSocket) -> T + Copy + Send + Sync + 'static) -> Router
where
    T: Future<Output = ()> + Send + 'static,
{
    let upgrade = move |upgrade: WebSocketUpgrade| ready(upgrade.on_upgrade(then));
    Router::new().route(TARGET, any(upgrade))
}

/// An executor that runs hyper's tasks on the runtime.
pub(crate) struct Spawn;

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Spawn {
    fn execute(&self, future: F) {
        tokio::spawn(future);
    }
}
