//! The connections: accepted one after the other, served at the same time, and given up when a client is silent,
//! stalls, takes nothing or asks for nothing.

use std::convert::Infallible;
use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use websocket_upgrade::gate::FirstHead;

use super::faulty;
use super::request::Requests;
use super::server::{Server, Versions};
use super::wire::{Alterations, Wire};

type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// How many streams a client can have on one connection of HTTP/2: enough for clients that measure.
const STREAMS: u32 = 1000;

/// The pause after a connection that could not be accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections until the server ends.
pub(crate) async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, server: Arc<Server>) {
    loop {
        let accepted = select! {
            accepted = listener.accept() => accepted,
            () = server.ending() => return,
        };
        match accepted {
            Ok((socket, peer)) => {
                let (server, tls) = (Arc::clone(&server), tls.clone());
                tokio::spawn(connection(socket, peer, tls, server));
            }
            // All file descriptors are in use, for example. One is free again soon.
            Err(error) => {
                server.log.says(format_args!("could not accept: {error}"));
                sleep(PAUSE).await;
            }
        }
    }
}

async fn connection(socket: TcpStream, peer: SocketAddr, tls: Option<TlsAcceptor>, server: Arc<Server>) {
    // Without it, a small write waits for the acknowledgement of the one before. A connection that is gone shows it
    // when it is used.
    let _ = socket.set_nodelay(true);
    let mut socket = TimeoutStream::new(socket);
    // A client that takes nothing for so long is given up.
    socket.set_write_timeout(Some(server.timeout));
    if let Some(fault) = server.fault {
        return faulty::connection(Box::pin(socket), peer, tls, fault, server).await;
    }
    let (log, secure) = (server.log, tls.is_some());
    let admitted = match server.gate.admit(Box::pin(socket), peer.ip()) {
        Ok(admitted) => admitted,
        Err(one_too_many) => {
            log.broken(peer, one_too_many.why());
            // With one too many, TLS is not even begun.
            if !secure {
                one_too_many.answer().await;
            }
            return;
        }
    };
    let first_head = admitted.first_head();
    let alterations = Alterations::new(server.drip);
    let done = match tls {
        Some(tls) => match tls.accept(admitted).await {
            Ok(io) => drive(io, peer, &first_head, &alterations, server).await,
            Err(error) => Err(no_tls(error)),
        },
        None => drive(admitted, peer, &first_head, &alterations, server).await,
    };
    match done {
        Ok(()) => {}
        Err(_) if !secure && alterations.begins_with_tls() => {
            log.broken(
                peer,
                "this client speaks TLS, and the server does not: --tls, or ws:// instead of wss://",
            );
        }
        // A client that goes without a word has nothing to be told, as browsers do that connect beforehand.
        Err(error) if is_end(&*error) => {}
        Err(error) => log.broken(peer, causes(&*error)),
    }
}

/// Whether the client has ended the connection.
fn is_end(error: &(dyn Error + 'static)) -> bool {
    let of_io = error.downcast_ref::<io::Error>().map(io::Error::kind);
    let gone = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
    of_io.is_some_and(|kind| gone.contains(&kind)) || error.source().is_some_and(is_end)
}

/// Serves the requests of a connection.
async fn drive<S>(
    io: S,
    peer: SocketAddr,
    first_head: &FirstHead,
    alterations: &Alterations,
    server: Arc<Server>,
) -> Result
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let asked = Notify::new();
    let requests = Requests { server: Arc::clone(&server), peer, alterations: alterations.clone() };
    let service = service_fn(|request| {
        first_head.complete();
        asked.notify_one();
        let answer = requests.clone().answer(request);
        async { Ok::<_, Infallible>(answer.await) }
    });
    let io = TokioIo::new(Wire::new(io, alterations.clone()));
    match server.versions {
        Versions::Both => {
            let connection = http(&server).serve_connection_with_upgrades(io, service).into_owned();
            watch(connection, auto::UpgradeableConnection::graceful_shutdown, &asked, &server).await
        }
        Versions::Http11 => {
            let connection = http1(&server).serve_connection(io, service).with_upgrades();
            watch(connection, http1::UpgradeableConnection::graceful_shutdown, &asked, &server).await
        }
        Versions::Http2 => {
            let connection = http(&server).http2_only().serve_connection(io, service).into_owned();
            watch(connection, auto::Connection::graceful_shutdown, &asked, &server).await
        }
    }
}

/// Drives a connection. Once it has been asked for nothing for so long, or at the end of the server, it is told to take
/// no request any more; those that it has taken, and each WebSocket over HTTP/2, go on to their own ends.
async fn watch<C, E>(connection: C, end: impl FnOnce(Pin<&mut C>), asked: &Notify, server: &Server) -> Result
where
    C: Future<Output = Result<(), E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut connection = pin!(connection);
    let quiet = async {
        // Up to the first request, the gate has the deadline.
        asked.notified().await;
        while timeout(server.timeout, asked.notified()).await.is_ok() {}
    };
    select! {
        ended = &mut connection => return ended.map_err(Into::into),
        () = quiet => {}
        () = server.ending() => {}
    }
    end(connection.as_mut());
    connection.await.map_err(Into::into)
}

/// HTTP/1.1 and HTTP/2 after the first head of a connection. Up to this head, the deadline is the gate's.
fn http(server: &Server) -> auto::Builder<TokioExecutor> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    // From the end of an answer to the end of the next head.
    http.http1().timer(TokioTimer::new()).header_read_timeout(server.timeout);
    // A PING each time that nothing has come for so long, and as much time again for its answer.
    let http2 = &mut http.http2();
    http2.timer(TokioTimer::new()).keep_alive_interval(server.timeout).keep_alive_timeout(server.timeout);
    // Without it, clients don't ask for WebSocket over HTTP/2 (RFC 8441 §3).
    http2.enable_connect_protocol().max_concurrent_streams(STREAMS);
    http
}

/// HTTP/1.1 alone.
fn http1(server: &Server) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(server.timeout);
    http
}

/// Why there is no TLS, with what to do if the client has spoken something else.
fn no_tls(error: io::Error) -> Box<dyn Error + Send + Sync> {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType)) => {
            "this client does not speak TLS, and the server does: wss:// or https://".into()
        }
        Some(rustls::Error::AlertReceived(alert)) => {
            format!("the client has ended TLS ({alert:?}): does it trust the certificate?").into()
        }
        _ => error.into(),
    }
}

/// An error with its causes.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
