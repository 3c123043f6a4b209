//! What stands around a service of hyper's, to be copied: it accepts, spawns, and gives up on a client that is silent,
//! stalls, takes nothing or asks for nothing, over HTTP/1.1, HTTP/2 and TLS. A [`Router`](axum::Router) of axum's is
//! such a service: `axum::serve` has no deadlines.
//!
//! It needs the feature `tower` of this library, those of hyper-util called `server-auto`, `server-graceful`,
//! `service` and `tokio`, and of tower `util`.

use std::convert::Infallible;
use std::error::Error;
use std::future::pending;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulConnection;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::either::Either;
use tower::{Layer, Service, ServiceExt};
use websocket_upgrade::gate::{Gate, GateOptions};
use websocket_upgrade::tower::RefusalLayer;

/// How long a client may be silent: 10 seconds.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// A connection whose writes fail after the client has read nothing for this time.
pub(crate) type Socket = Pin<Box<TimeoutStream<TcpStream>>>;

/// The next connection.
pub(crate) async fn accept(listener: &TcpListener, deadline: Duration) -> (Socket, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                // Without it, a small write waits for the other side's acknowledgement of the one before: 40 ms.
                if let Err(error) = socket.set_nodelay(true) {
                    eprintln!("{peer}: TCP_NODELAY: {error}");
                }
                let mut socket = TimeoutStream::new(socket);
                socket.set_write_timeout(Some(deadline));
                return (Box::pin(socket), peer);
            }
            // All file descriptors are in use, for example. Soon one is free again.
            Err(error) => {
                eprintln!("could not accept: {error}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// HTTP/1.1 and HTTP/2 after the first head of a connection. Up to this head, the deadline is the gate's.
pub(crate) fn http(deadline: Duration) -> Builder<TokioExecutor> {
    let mut http = Builder::new(TokioExecutor::new());
    // From the end of an answer to the end of the next head.
    http.http1().timer(TokioTimer::new()).header_read_timeout(deadline);
    // A PING each time that nothing has come for so long, and as much time again for its answer.
    let http2 = &mut http.http2();
    http2.timer(TokioTimer::new()).keep_alive_interval(deadline).keep_alive_timeout(deadline);
    // Without it, clients don't ask for WebSocket over HTTP/2 (RFC 8441 §3).
    http2.enable_connect_protocol();
    http
}

/// Drives a connection. Once it has been asked for nothing for so long, or at the end of the server, it takes no
/// request any more; those that it has taken, and each WebSocket over HTTP/2, go on to their own ends.
pub(crate) async fn drive<C: GracefulConnection>(
    connection: C,
    asked: &Notify,
    deadline: Duration,
    end: impl Future<Output = ()>,
) -> Result<(), C::Error> {
    let mut connection = pin!(connection);
    let quiet = async {
        // Up to the first request, the gate has the deadline.
        asked.notified().await;
        while timeout(deadline, asked.notified()).await.is_ok() {}
    };
    select! {
        ended = &mut connection => return ended,
        () = quiet => {}
        () = end => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}

/// Says why a connection has ended.
pub(crate) fn log(peer: SocketAddr, error: &dyn Error) {
    eprintln!("{peer}: {error:#}");
}

/// Serves every connection with a copy of the service. The peer's address is in the extensions of its requests.
pub(crate) async fn serve<S, B>(
    listener: &TcpListener,
    tls: Option<TlsAcceptor>,
    deadline: Duration,
    service: S,
) -> Infallible
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let gate = Gate::new(GateOptions::new().deadline(deadline));
    loop {
        let (socket, peer) = accept(listener, deadline).await;
        let (gate, tls, service) = (gate.clone(), tls.clone(), service.clone());
        tokio::spawn(async move {
            let connection = async {
                let io = gate.admit(socket, peer.ip()).map_err(|one_too_many| one_too_many.why())?;
                let asked = Arc::new(Notify::new());
                let asks = Arc::clone(&asked);
                let service = service.map_request(move |mut request: Request<Incoming>| {
                    asks.notify_one();
                    request.extensions_mut().insert(peer);
                    request
                });
                // Nothing that is sent behind a refused upgrade is read as a request.
                let service = RefusalLayer::new().layer(service);
                let service = TowerToHyperService::new(io.first_head().layer(service));
                let io = match tls {
                    Some(tls) => Either::Left(tls.accept(io).await?),
                    None => Either::Right(io),
                };
                let http = http(deadline);
                let connection = http.serve_connection_with_upgrades(TokioIo::new(io), service);
                drive(connection, &asked, deadline, pending()).await
            };
            if let Err(error) = connection.await {
                log(peer, &*error);
            }
        });
    }
}
