//! The calls of tokio's driver for the suite: over streams in memory, in time that passes only when all tasks wait.

use std::sync::atomic::Ordering;
use std::time::Duration;

use ::tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use ::tokio::runtime::Builder;
use ::tokio::sync::oneshot;
use ::tokio::task::yield_now;
use ::tokio::time::{Instant, sleep};
use bytes::Bytes;
use websocket_upgrade::{
    ClientOptions, HandleError, ReplayStream, RequestHead, ResponseHead, ServerOptions, Socket, Upgraded,
};

use crate::suite::model::{
    Client, Connected, Decided, Decision, End, Established, Served, Server, Then, seen,
};
use crate::watched::{Faults, Watched};

type Io = Watched<DuplexStream>;

pub(crate) fn accept(client: &Client<'_>, options: &ServerOptions) -> Served {
    serve(client, async |io| {
        let (stream, settings, head) = websocket_upgrade::accept(io, options).await?.into_parts();
        Ok(established(stream, settings, head.as_bytes()).await)
    })
}

pub(crate) fn handle_upgrade_request(
    request: &http::Request<()>,
    read_buf: &[u8],
    options: &ServerOptions,
) -> Served {
    serve(&Client::new(b""), async |io| {
        let socket = Socket::with_read_buf(io, Bytes::copy_from_slice(read_buf));
        let upgraded = websocket_upgrade::handle_upgrade_request(request, socket, options).await?;
        let (stream, settings, ()) = upgraded.into_parts();
        Ok(established(stream, settings, b"").await)
    })
}

/// Receives a request, adds `headers` to any answer, and decides a second later.
pub(crate) fn receive(
    client: &Client<'_>,
    options: &ServerOptions,
    headers: &[(&str, &str)],
    mut decision: Decision,
) -> Served<Decided> {
    serve(client, async |io| {
        let mut incoming = websocket_upgrade::receive(io, options).await?;
        sleep(Duration::from_secs(1)).await;
        for (name, value) in headers {
            incoming.header(name, value).expect("a legal header");
        }
        let is_upgrade = incoming.is_upgrade();
        let request = incoming.request().map(|request| request.target().path().to_owned());
        let request = request.map_err(|error| error.to_string());
        let (head, seen) = (incoming.head().as_bytes().to_vec(), seen!(incoming));
        while let Decision::Check(then) = decision {
            incoming = match incoming.check(options).await {
                Ok(incoming) => incoming,
                Err(error) => {
                    return Ok(Decided { is_upgrade, request, head, seen, end: End::Unasked(error) });
                }
            };
            decision = *then;
        }
        let end = match decision {
            Decision::Accept => match incoming.accept(options).await {
                Ok(upgraded) => {
                    let (stream, settings, head) = upgraded.into_parts();
                    End::Accepted(established(stream, settings, head.as_bytes()).await)
                }
                Err(error) => End::Rejected(Some(error)),
            },
            Decision::Check(_) => unreachable!("checked above"),
            Decision::Drop => {
                drop(incoming);
                End::Rejected(None)
            }
            Decision::IntoHttp => {
                let (head, socket) = incoming.into_http();
                End::Returned(returned(Some(&head), socket).await)
            }
            Decision::IntoUnread => End::Returned(returned(None, incoming.into_unread()).await),
            Decision::Reject(rejection) => End::Rejected(incoming.reject(rejection).await.err()),
        };
        Ok(Decided { is_upgrade, request, head, seen, end })
    })
}

pub(crate) fn upgrade_on(url: &str, options: &ClientOptions, server: &Server<'_>) -> Connected {
    run(async {
        let (client, mut peer) = duplex(64 * 1024);
        let faults = Faults { reset: server.then == Then::Reset, deaf: server.deaf };
        let client = Watched::new(client, faults);
        let writes = client.writes();
        let (done, waits) = oneshot::channel::<()>();
        let start = Instant::now();
        let connect = async {
            let outcome = websocket_upgrade::upgrade_on(client, url, options).await;
            let elapsed = start.elapsed();
            drop(done);
            (finish(outcome).await, elapsed)
        };
        let answer = async {
            let request = if server.deaf { Vec::new() } else { read_head(&mut peer).await };
            for piece in pieces(&server.response_to(&request), server.piece) {
                if peer.write_all(piece).await.is_err() {
                    break;
                }
                rest(server.pause).await;
            }
            if server.then == Then::Silence {
                let _ = waits.await;
            }
            drop(peer);
            request
        };
        let ((outcome, elapsed), request) = ::tokio::join!(connect, answer);
        Connected { outcome, request, writes: writes.load(Ordering::Relaxed), elapsed }
    })
}

/// Runs a future in a runtime whose time passes only when all tasks wait.
fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(future)
}

/// Runs a server's side against a client.
fn serve<T>(client: &Client<'_>, handle: impl AsyncFnOnce(Io) -> Result<T, HandleError>) -> Served<T> {
    run(async {
        let (peer, io) = duplex(4096);
        let io = Watched::new(io, Faults::default());
        let writes = io.writes();
        let start = Instant::now();
        let handle = async { (handle(io).await, start.elapsed()) };
        let ((outcome, elapsed), answer) = ::tokio::join!(handle, speak(peer, client));
        Served { outcome, answer, writes: writes.load(Ordering::Relaxed), elapsed }
    })
}

/// Plays the client: it sends its bytes, and then reads up to the end.
async fn speak(mut io: DuplexStream, client: &Client<'_>) -> Vec<u8> {
    for piece in pieces(client.bytes, client.piece) {
        if io.write_all(piece).await.is_err() {
            break;
        }
        rest(client.pause).await;
    }
    if client.closes {
        io.shutdown().await.expect("a stream in memory");
    }
    let (mut answer, mut ended) = (Vec::new(), client.closes);
    while let Ok(1..) = io.read_buf(&mut answer).await {
        if !ended && answer.windows(13).any(|window| window == b"HTTP/1.1 101 ") {
            ended = true;
            io.shutdown().await.expect("a stream in memory");
        }
    }
    answer
}

/// Reads everything from an established connection.
async fn established(
    stream: ReplayStream<Io>,
    settings: websocket_upgrade::Settings,
    head: &[u8],
) -> Established {
    let read_buf = stream.read_buf().to_vec();
    let stream = drained(stream).await;
    Established { settings, head: head.to_vec(), interim: Vec::new(), read_buf, stream }
}

async fn finish(
    outcome: Result<Upgraded<Io, ResponseHead>, websocket_upgrade::ConnectError>,
) -> Result<Established, websocket_upgrade::ConnectError> {
    let upgraded = outcome?;
    let interim = upgraded.interim.iter().map(ResponseHead::status).collect();
    let (stream, settings, head) = upgraded.into_parts();
    Ok(Established { interim, ..established(stream, settings, head.as_bytes()).await })
}

/// Returns what an HTTP server gets: the head, if it was split off, and the data of the socket. Then it only answers.
async fn returned(head: Option<&RequestHead>, socket: Socket<Io>) -> Vec<u8> {
    let mut stream = socket.into_stream();
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.expect("a stream in memory");
    let mut bytes = head.map_or(Vec::new(), |head| head.as_bytes().to_vec());
    stream.read_to_end(&mut bytes).await.expect("a stream in memory");
    bytes
}

async fn drained(mut stream: ReplayStream<Io>) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("a stream in memory");
    bytes
}

/// Reads a request's head, or what arrives before an early end.
pub(crate) async fn read_head(io: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match io.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    head
}

/// Lets the other side act, and time pass.
async fn rest(pause: Duration) {
    if pause.is_zero() { yield_now().await } else { sleep(pause).await }
}

fn pieces(bytes: &[u8], len: usize) -> std::slice::Chunks<'_, u8> {
    bytes.chunks(len.min(bytes.len().max(1)))
}
