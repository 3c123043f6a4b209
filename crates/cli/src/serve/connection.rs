//! The connections: accepted one after the other, served at the same time, and given up when a client is silent,
//! stalls, takes nothing or asks for nothing.

use std::convert::Infallible;
use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use websocket_upgrade::Socket;
use websocket_upgrade::gate::Permit;

use super::request::Requests;
use super::server::{Server, Versions};
use super::wire::{Alterations, Wire};
use super::{faulty, first};

type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// The preface of HTTP/2 (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The first byte of a TLS record with a handshake message (RFC 8446 §5.1).
const TLS: u8 = 0x16;

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
    let (log, secure, socket) = (server.log, tls.is_some(), Box::pin(socket));
    let counted = match server.gate.enter(peer.ip()) {
        Ok(counted) => counted,
        Err(why) => {
            log.broken(peer, why);
            // With one too many, TLS is not even begun.
            if !secure {
                // It gets 503, also if there is room again: dropped, it is answered so.
                drop(server.gate.receive(socket, peer.ip(), &server.options).await);
            }
            return;
        }
    };
    let done = match tls {
        None => speak(socket, peer, secure, counted, server).await,
        Some(tls) => match timeout(server.timeout, tls.accept(socket)).await {
            Ok(Ok(io)) => speak(io, peer, secure, counted, server).await,
            Ok(Err(error)) => Err(no_tls(error)),
            Err(_) => Err("no TLS in time".into()),
        },
    };
    match done {
        Ok(()) => {}
        // A client that goes without a word has nothing to be told, as browsers do that connect beforehand.
        Err(error) if is_end(&*error) => {}
        Err(error) => log.broken(peer, causes(&*error)),
    }
}

/// Serves a connection: over HTTP/2 if it begins with its preface, and over HTTP/1.1 otherwise.
async fn speak<S>(mut io: S, peer: SocketAddr, secure: bool, counted: Permit, server: Arc<Server>) -> Result
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut start = BytesMut::new();
    let (http2, time) = match server.versions {
        Versions::Both => match timeout(server.timeout, has_preface(&mut io, &mut start)).await {
            Ok(has_preface) => (has_preface?, server.timeout),
            // It gets 408.
            Err(_) => (false, Duration::ZERO),
        },
        Versions::Http11 => (false, server.timeout),
        Versions::Http2 => (true, server.timeout),
    };
    drop(counted);
    if !secure && start.first() == Some(&TLS) {
        return Err(
            "this client speaks TLS, and the server does not: --tls, or ws:// instead of wss://".into()
        );
    }
    let io = Socket::with_read_buf(io, start.freeze()).into_stream();
    let alterations = Alterations::new(server.drip);
    let requests = Requests { server: Arc::clone(&server), peer, alterations: alterations.clone() };
    if http2 {
        let Ok(admitted) = server.gate.admit(io, peer.ip()) else { return Ok(()) };
        let head = admitted.first_head();
        let io = TokioIo::new(Wire::new(admitted, alterations));
        let asked = Notify::new();
        let service = service_fn(|request| {
            head.complete();
            asked.notify_one();
            let answer = requests.clone().answer(request);
            async { Ok::<_, Infallible>(answer.await) }
        });
        let connection = http2_of(&server).serve_connection(io, service);
        return watch(connection, http2::Connection::graceful_shutdown, &asked, &server).await;
    }
    let Some(io) = first::answer(Wire::new(io, alterations), &requests, time).await? else { return Ok(()) };
    let asked = Notify::new();
    let service = service_fn(|request| {
        asked.notify_one();
        let answer = requests.clone().answer(request);
        async { Ok::<_, Infallible>(answer.await) }
    });
    let connection = http1_of(&server).serve_connection(TokioIo::new(io), service).with_upgrades();
    watch(connection, http1::UpgradeableConnection::graceful_shutdown, &asked, &server).await
}

/// Reads up to the end of the preface of HTTP/2, or to what is none.
async fn has_preface<S: AsyncRead + Unpin>(io: &mut S, read: &mut BytesMut) -> io::Result<bool> {
    while read.len() < PREFACE.len() && PREFACE.starts_with(read) {
        if io.read_buf(read).await? == 0 {
            break;
        }
    }
    Ok(read.starts_with(PREFACE))
}

/// Whether the client has ended the connection.
fn is_end(error: &(dyn Error + 'static)) -> bool {
    let of_io = error.downcast_ref::<io::Error>().map(io::Error::kind);
    let gone = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
    of_io.is_some_and(|kind| gone.contains(&kind)) || error.source().is_some_and(is_end)
}

/// Drives a connection. Once it has been asked for nothing for so long, or at the end of the server, it is told to
/// take no request any more; those that it has taken, and each WebSocket over HTTP/2, go on to their own ends.
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

/// HTTP/2 after the first head of a connection. Up to this head, the deadline is the gate's.
fn http2_of(server: &Server) -> http2::Builder<TokioExecutor> {
    let mut http = http2::Builder::new(TokioExecutor::new());
    // A PING each time that nothing has come for so long, and as much time again for its answer.
    http.timer(TokioTimer::new()).keep_alive_interval(server.timeout).keep_alive_timeout(server.timeout);
    // Without it, clients don't ask for WebSocket over HTTP/2 (RFC 8441 §3).
    http.enable_connect_protocol().max_concurrent_streams(STREAMS);
    http
}

/// HTTP/1.1 for all but a first request that is a handshake.
fn http1_of(server: &Server) -> http1::Builder {
    let mut http = http1::Builder::new();
    // From the end of an answer to the end of the next head.
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
