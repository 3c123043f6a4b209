//! Servers of this project on each of its drivers. Each listens on a port of this machine until its runtime ends.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::Response;
use axum::routing::any;
use http_body_util::Full;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio_rustls::TlsAcceptor;
use tokio_util::compat::{FuturesAsyncReadCompatExt, TokioAsyncReadCompatExt};
use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade::{Rejection, ServerOptions, axum::Upgrade};

use crate::echo::echo;

/// What all of them support.
pub(crate) fn options(secure: bool) -> Arc<ServerOptions> {
    let options = ServerOptions::new().secure(secure);
    let options = options.subprotocol("chat").and_then(|options| options.subprotocol("superchat"));
    Arc::new(
        options.and_then(|options| options.permessage_deflate(PermessageDeflate::new(Codec::FULL))).unwrap(),
    )
}

pub(crate) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

pub(crate) async fn next(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

async fn serve<S>(stream: S, options: &ServerOptions)
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    if let Ok(upgraded) = websocket_upgrade::accept(stream, options).await {
        let (stream, settings, _) = upgraded.into_parts();
        let (stream, early) = stream.into_parts();
        echo(stream, &early, settings.permessage_deflate()).await;
    }
}

/// `accept` on tokio.
pub(crate) async fn on_tokio() -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        loop {
            let stream = next(&listener).await;
            tokio::spawn(async move { serve(stream, &options(false)).await });
        }
    });
    address
}

/// A server that accepts only requests with credentials and a subprotocol.
pub(crate) async fn choosy() -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        loop {
            let stream = next(&listener).await;
            tokio::spawn(async move {
                let options = Arc::unwrap_or_clone(options(false)).require_subprotocol();
                let Ok(incoming) = websocket_upgrade::receive(stream, &options).await else { return };
                if incoming.head().field("authorization").is_none() {
                    let _ = incoming.reject(Rejection::unauthorized("Bearer")).await;
                } else if let Ok(upgraded) = incoming.accept(&options).await {
                    let (stream, settings, _) = upgraded.into_parts();
                    let (stream, early) = stream.into_parts();
                    echo(stream, &early, settings.permessage_deflate()).await;
                }
            });
        }
    });
    address
}

/// `accept` on tokio, over TLS.
pub(crate) async fn on_tokio_over_tls(tls: TlsAcceptor) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        loop {
            let (stream, tls) = (next(&listener).await, tls.clone());
            tokio::spawn(async move {
                if let Ok(stream) = tls.accept(stream).await {
                    serve(stream, &options(true)).await;
                }
            });
        }
    });
    address
}

/// `accept` on futures-io.
pub(crate) async fn on_futures() -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        loop {
            let stream = next(&listener).await.compat();
            tokio::spawn(async move {
                let accepted =
                    websocket_upgrade::futures::accept(stream, &options(false), tokio::time::sleep).await;
                if let Ok(upgraded) = accepted {
                    let (stream, settings, _) = upgraded.into_parts();
                    let (stream, early) = stream.into_parts();
                    echo(stream.compat(), &early, settings.permessage_deflate()).await;
                }
            });
        }
    });
    address
}

/// `accept` on threads. The echo is on tokio: it is not what is tested.
pub(crate) async fn on_threads() -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        loop {
            let stream = next(&listener).await.into_std().unwrap();
            stream.set_nonblocking(false).unwrap();
            let runtime = Handle::current();
            thread::spawn(move || {
                if let Ok(upgraded) = websocket_upgrade::blocking::accept(stream, &options(false)) {
                    let (stream, settings, _) = upgraded.into_parts();
                    let (stream, early) = stream.into_parts();
                    runtime.spawn(async move {
                        stream.set_nonblocking(true).unwrap();
                        let stream = TcpStream::from_std(stream).unwrap();
                        echo(stream, &early, settings.permessage_deflate()).await;
                    });
                }
            });
        }
    });
    address
}

/// Answers a request that hyper has read.
pub(crate) fn by_hyper(request: &mut Request<Incoming>, options: &ServerOptions) -> Response<Full<Bytes>> {
    let response = match websocket_upgrade::hyper::handle_upgrade_request(request, options) {
        Ok((response, upgrading)) => {
            tokio::spawn(async move {
                if let Ok(upgraded) = upgrading.await {
                    let (stream, settings, ()) = upgraded.into_parts();
                    let (stream, early) = stream.into_parts();
                    echo(stream, &early, settings.permessage_deflate()).await;
                }
            });
            response
        }
        Err(rejected) => rejected.into_http(),
    };
    response.map(Full::new)
}

/// hyper reads the requests.
pub(crate) async fn on_hyper() -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let service =
            service_fn(async |mut request| Ok::<_, Infallible>(by_hyper(&mut request, &options(false))));
        loop {
            let stream = TokioIo::new(next(&listener).await);
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new());
            tokio::spawn(server.serve_connection(stream, service).with_upgrades());
        }
    });
    address
}

/// The extractor for axum.
pub(crate) async fn on_axum() -> SocketAddr {
    async fn route(State(options): State<Arc<ServerOptions>>, upgrade: Upgrade) -> axum::response::Response {
        upgrade.options(options).on_upgrade(async |upgraded| {
            let (stream, settings, ()) = upgraded.into_parts();
            let (stream, early) = stream.into_parts();
            echo(stream, &early, settings.permessage_deflate()).await;
        })
    }
    let (listener, address) = listen().await;
    let app = Router::new().fallback(any(route)).with_state(options(false));
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}
