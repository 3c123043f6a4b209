//! The calls of the driver for futures-io, for the suite.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use ::smol::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use bytes::Bytes;
use websocket_upgrade::{
    ClientOptions, ConnectError, HandleError, ReplayStream, RequestHead, ResponseHead, ServerOptions,
    Settings, Socket, Upgraded, futures,
};

use crate::simulated::{Clock, Simulated};
use crate::suite::model::{Client, Connected, Decided, Decision, End, Established, Served, Server, seen};
use crate::time::{run, sleep};

type Io<'a> = Simulated<'a>;

pub(crate) fn accept(client: &Client<'_>, options: &ServerOptions) -> Served {
    serve(client, async |clock, io| {
        let (stream, settings, head) = futures::accept(io, options, sleep(&clock)).await?.into_parts();
        Ok(established(stream, settings, head.as_bytes()).await)
    })
}

pub(crate) fn handle_upgrade_request(
    request: &http::Request<()>,
    read_buf: &[u8],
    options: &ServerOptions,
) -> Served {
    serve(&Client::new(b""), async |clock, io| {
        let socket = Socket::with_read_buf(io, Bytes::copy_from_slice(read_buf));
        let upgraded = futures::handle_upgrade_request(request, socket, options, sleep(&clock)).await?;
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
    serve(client, async |clock, io| {
        let mut incoming = futures::receive(io, options, sleep(&clock)).await?;
        sleep(&clock)(Duration::from_secs(1)).await;
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
    let clock = Clock::default();
    let io = Simulated::server(&clock, *server);
    let outcome = run(&clock, futures::upgrade_on(io.clone(), url, options, sleep(&clock)));
    let elapsed = clock.now();
    let (request, writes) = io.written();
    io.release();
    Connected { outcome: run(&clock, finish(outcome)), request, writes, elapsed }
}

/// Runs a server's side against a client.
fn serve<T>(
    client: &Client<'_>,
    handle: impl AsyncFnOnce(Clock, Io<'_>) -> Result<T, HandleError>,
) -> Served<T> {
    let clock = Clock::default();
    let io = Simulated::client(&clock, *client);
    let outcome = run(&clock, handle(clock.clone(), io.clone()));
    let (answer, writes) = io.written();
    Served { outcome, answer, writes, elapsed: clock.now() }
}

/// Reads everything from an established connection.
async fn established(mut stream: ReplayStream<Io<'_>>, settings: Settings, head: &[u8]) -> Established {
    let read_buf = stream.read_buf().to_vec();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("a stream in memory");
    Established { settings, head: head.to_vec(), interim: Vec::new(), read_buf, stream: bytes }
}

async fn finish(
    outcome: Result<Upgraded<Io<'_>, ResponseHead>, ConnectError>,
) -> Result<Established, ConnectError> {
    let upgraded = outcome?;
    let interim = upgraded.interim.iter().map(ResponseHead::status).collect();
    let (stream, settings, head) = upgraded.into_parts();
    Ok(Established { interim, ..established(stream, settings, head.as_bytes()).await })
}

/// Returns what an HTTP server gets: the head, if it was split off, and the data of the socket. Then it only answers.
async fn returned(head: Option<&RequestHead>, socket: Socket<Io<'_>>) -> Vec<u8> {
    let mut stream = socket.into_stream();
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.expect("a stream in memory");
    let mut bytes = head.map_or(Vec::new(), |head| head.as_bytes().to_vec());
    stream.read_to_end(&mut bytes).await.expect("a stream in memory");
    bytes
}

impl AsyncRead for Simulated<'_> {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, space: &mut [u8]) -> Poll<io::Result<usize>> {
        match self.read_now(space) {
            Ok(read) => Poll::Ready(read),
            Err(next) => {
                if let Some(next) = next {
                    self.clock.wait_until(next);
                }
                Poll::Pending
            }
        }
    }
}

impl AsyncWrite for Simulated<'_> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.write_now(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.end_now();
        Poll::Ready(Ok(()))
    }
}
