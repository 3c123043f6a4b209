//! The driver for tokio: the two functions, and those around them.
//!
//! Every function keeps one absolute deadline (the options'), allocates nothing before the first byte arrives, and can
//! be dropped at every point: nothing is left behind but a stream that is closed.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use ::tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use ::tokio::time::{Instant, timeout_at};
use bytes::Bytes;
use websocket_upgrade_proto as proto;

use proto::client::Request;
use proto::head::Scan;
use proto::server::RequestError;
use proto::uri::Uri;

use crate::answer::Answer;
use crate::error::{ConnectError, HandleError};
use crate::event;
use crate::exchange::{Exchange, append};
use crate::head::{RequestHead, ResponseHead};
use crate::options::{ClientOptions, ServerOptions};
use crate::upgraded::{Socket, Upgraded};

mod connect;
mod incoming;
mod replay;
#[cfg(feature = "rustls")]
pub(crate) mod tls;

pub use connect::{ClientStream, create_upgrade_request};
pub use incoming::{Incoming, receive};

/// Client: does the opening handshake on a stream that is connected already (RFC 6455 §4.1).
///
/// The URL says what to ask for; a `wss` URL means that the stream is one over TLS.
///
/// # Errors
///
/// [`ConnectError`]: the server's refusal, with status, fields and body, apart from a response that breaks the protocol,
/// and from the stream's own failures.
///
/// # Cancel safety
///
/// Not cancel safe: dropping the future drops the stream, so that the connection is closed.
pub async fn upgrade_on<S>(
    io: S,
    url: &str,
    options: &ClientOptions,
) -> Result<Upgraded<S, ResponseHead>, ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let deadline = deadline_in(options.time());
    let upgrade = async {
        let uri = Uri::parse(url).map_err(ConnectError::Uri)?;
        let extensions = options.extensions();
        let request = Request::new(&uri, &options.core(&extensions)).map_err(ConnectError::Options)?;
        exchange(io, request, deadline).await
    };
    Box::pin(upgrade).await.inspect_err(event::failed)
}

/// Sends the request and reads responses until one is final.
async fn exchange<S>(
    mut io: S,
    request: Request<'_>,
    deadline: Instant,
) -> Result<Upgraded<S, ResponseHead>, ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut exchange = Exchange::new(request);
    // A server may refuse before it has read everything: its answer says more than the error in sending.
    let sent = timeout_at(deadline, send(&mut io, &exchange.request())).await;
    let mut unsent = sent.map_err(|_| exchange.deadline())?.err();
    let established = loop {
        let read = timeout_at(deadline, read(&mut io, |bytes| (bytes.len(), exchange.receive(bytes)))).await;
        match read {
            Err(_) => return Err(exchange.deadline()),
            Ok(Err(error)) => return Err(exchange.broken(unsent.take().unwrap_or(error))),
            Ok(Ok((0, _))) => return Err(exchange.closed(unsent)),
            Ok(Ok((_, Some(established)))) => break established?,
            Ok(Ok((_, None))) => {}
        }
    };
    let crate::exchange::Established { settings, head, interim, read_buf } = established;
    Ok(Upgraded { io, read_buf, settings, head, interim })
}

/// Server: answers a request that an HTTP server has parsed, on the socket it came from (RFC 6455 §4.2).
///
/// The answer, 101 or rejection, is sent here, before this returns. Bytes that the HTTP server has read behind the head
/// belong into the [`Socket`]: they come out of [`Upgraded`] again, in front of the socket's own.
///
/// # Errors
///
/// [`HandleError`]: the request was rejected, and the client told so; or the socket failed.
///
/// # Cancel safety
///
/// Not cancel safe: dropping the future drops the socket, so that the connection is closed.
pub async fn handle_upgrade_request<B, S>(
    request: &http::Request<B>,
    socket: Socket<S>,
    options: &ServerOptions,
) -> Result<Upgraded<S>, HandleError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let deadline = deadline_in(options.time());
    let Socket { mut io, read_buf } = socket;
    let Answer { bytes, outcome, .. } = Answer::to_http(request, options);
    let settings = settle(&mut io, &bytes, outcome, deadline).await?;
    Ok(Upgraded { io, read_buf, settings, head: (), interim: Vec::new() })
}

/// Server: reads a request from a socket and answers it (RFC 6455 §4.2).
///
/// # Errors
///
/// [`HandleError`]: the request was rejected, and the client told so; or the socket failed. A client that is silent or
/// slow gets 408 at the deadline.
///
/// # Cancel safety
///
/// Not cancel safe: dropping the future drops the socket, so that the connection is closed.
pub async fn accept<S>(io: S, options: &ServerOptions) -> Result<Upgraded<S, RequestHead>, HandleError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // What it needs while it waits is given back with the hand-off.
    Box::pin(accept_boxed(io, options)).await
}

async fn accept_boxed<S>(mut io: S, options: &ServerOptions) -> Result<Upgraded<S, RequestHead>, HandleError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let deadline = deadline_in(options.time());
    let (mut received, mut scan) = (Vec::new(), Scan::default());
    let judge = |received: &[u8]| Answer::to_bytes(received, &mut scan, options);
    let answer = read_head(&mut io, &mut received, deadline, judge).await?;
    let settings = settle(&mut io, &answer.bytes, answer.outcome, deadline).await?;
    let (head, rest) = received.split_at(answer.head_len.min(received.len()));
    let (head, read_buf) = (RequestHead::new(head), Bytes::copy_from_slice(rest));
    Ok(Upgraded { io, read_buf, settings, head, interim: Vec::new() })
}

/// Reads until there is enough to judge. A client that does not get that far is answered here.
async fn read_head<S, T>(
    io: &mut S,
    received: &mut Vec<u8>,
    deadline: Instant,
    mut judge: impl FnMut(&[u8]) -> Option<T>,
) -> Result<T, HandleError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let reading = async {
        loop {
            let arrived = read(io, |bytes| {
                append(received, bytes);
                bytes.len()
            });
            match arrived.await? {
                0 => return Ok(None),
                _ => {
                    if let Some(judged) = judge(received) {
                        return Ok(Some(judged));
                    }
                }
            }
        }
    };
    match timeout_at(deadline, reading).await {
        Ok(Ok(Some(judged))) => Ok(judged),
        Ok(Ok(None)) if received.trim_ascii().is_empty() => Err(HandleError::Closed),
        Ok(Ok(None)) => {
            let Answer { bytes, outcome, .. } = Answer::refuse(RequestError::closed(), false);
            settle(io, &bytes, outcome, deadline).await?;
            Err(HandleError::Closed)
        }
        Ok(Err(error)) => {
            event::broken(&error);
            Err(HandleError::Io(error))
        }
        Err(_) => {
            let error = RequestError::deadline();
            last_words(io, &Answer::refuse(error, false).bytes);
            Err(HandleError::Rejected(error))
        }
    }
}

/// Sends an answer; a rejection's connection is closed in stages (RFC 9112 §9.6), or a reset could erase the answer
/// before the client has read it.
async fn settle<S, T>(
    io: &mut S,
    bytes: &[u8],
    outcome: Result<T, RequestError>,
    deadline: Instant,
) -> Result<T, HandleError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match outcome {
        Ok(settled) => match timeout_at(deadline, send(io, bytes)).await {
            Ok(sent) => sent.map(|()| settled).map_err(HandleError::Io),
            Err(_) => Err(HandleError::Io(io::ErrorKind::TimedOut.into())),
        },
        Err(error) => {
            // Whether the client has stayed to hear it changes nothing in why it was refused.
            let _ = refuse(io, bytes, deadline).await;
            Err(HandleError::Rejected(error))
        }
    }
}

/// Sends a refusal, ends the sending side, and discards what still comes until the client closes.
///
/// It fails if the answer can't be sent. How the client leaves once it has been told is its own affair.
async fn refuse<S>(io: &mut S, bytes: &[u8], deadline: Instant) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// Bytes that a refused client may still send.
    const DISCARDED: usize = 16 * 1024 * 1024;
    let sent = timeout_at(deadline, send(io, bytes)).await;
    sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
    let leave = async {
        io.shutdown().await?;
        let mut left = DISCARDED;
        loop {
            match read(io, <[u8]>::len).await? {
                0 => return Ok(()),
                len if len >= left => return Ok(()),
                len => left -= len,
            }
        }
    };
    let _: Result<io::Result<()>, _> = timeout_at(deadline, leave).await;
    Ok(())
}

/// One attempt at an answer for which there is no time left: nothing of it waits.
fn last_words<S>(io: &mut S, bytes: &[u8])
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// Reads of what has come already, so that closing does not reset the connection.
    const READS: usize = 16;
    let mut context = Context::from_waker(Waker::noop());
    let mut io = Pin::new(io);
    let mut left = bytes;
    while !left.is_empty() {
        match io.as_mut().poll_write(&mut context, left) {
            Poll::Ready(Ok(len @ 1..)) => left = left.get(len..).unwrap_or_default(),
            _ => return,
        }
    }
    let _ = io.as_mut().poll_flush(&mut context);
    let _ = io.as_mut().poll_shutdown(&mut context);
    for _ in 0..READS {
        if !matches!(poll_read(io.as_mut(), &mut context, <[u8]>::len), Poll::Ready(Ok(1..))) {
            return;
        }
    }
}

/// The end of the time that options give.
fn deadline_in(time: Duration) -> Instant {
    /// What a clock can tell wherever there is one. A time beyond it means that there is to be no deadline.
    const YEARS: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    let now = Instant::now();
    now.checked_add(time).unwrap_or(now + YEARS)
}

async fn send<S: AsyncWrite + Unpin>(io: &mut S, bytes: &[u8]) -> io::Result<()> {
    io.write_all(bytes).await?;
    io.flush().await
}

/// Reads once and gives the bytes to `take`; none are the end.
async fn read<S, T>(io: &mut S, mut take: impl FnMut(&[u8]) -> T) -> io::Result<T>
where
    S: AsyncRead + Unpin,
{
    poll_fn(|context| poll_read(Pin::new(&mut *io), context, &mut take)).await
}

/// The space to read into is on the stack while bytes arrive: a connection that waits has none.
fn poll_read<S: AsyncRead, T>(
    io: Pin<&mut S>,
    context: &mut Context<'_>,
    mut take: impl FnMut(&[u8]) -> T,
) -> Poll<io::Result<T>> {
    let mut space = [MaybeUninit::uninit(); 4096];
    let mut buffer = ReadBuf::uninit(&mut space);
    ready!(io.poll_read(context, &mut buffer))?;
    Poll::Ready(Ok(take(buffer.filled())))
}
