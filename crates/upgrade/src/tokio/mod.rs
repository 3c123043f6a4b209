//! The driver for tokio: the two functions, and those around them. The client from a URL to its connection needs the
//! feature `connect`. Without it there is [`upgrade_on`], for a stream that is connected already.
//!
//! Every function keeps the absolute deadline of its options, and allocates no buffer before the first byte arrives.
//! Its future can be dropped at any point: the stream is closed then, and nothing else is left.
//!
//! A whole server is in [the documentation of the crate](crate#a-server).

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::client::error::ConnectError;
use crate::client::options::ClientOptions;
use crate::drive::{self, Deadline, Runtime, Stream, Undecided, incoming};
use crate::head::{RequestHead, ResponseHead};
use crate::observe::event;
use crate::observe::handshake_info::HandshakeInfo;
use crate::server::error::HandleError;
use crate::server::options::ServerOptions;
use crate::upgraded::{Socket, Upgraded};
use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

mod replay;
mod sleep;

pub(crate) use sleep::{Sleep, sleep};

#[cfg(feature = "connect")]
pub use crate::connect::{ClientStream, create_upgrade_request};

incoming! {
    /// A request that waits for a decision: accept it, reject it, or take it back to answer it as plain HTTP.
    async Incoming<S: (AsyncRead + AsyncWrite + Unpin)>(Undecided<S, Tokio>)
}

/// Client: does the opening handshake on a stream that is connected already (RFC 6455 §4.1).
///
/// The URL determines the request. A `wss` URL means that the stream is already one over TLS.
///
/// # Errors
///
/// [`ConnectError`]. Its reason tells apart a refusal of the server, with status, fields and body, a response that
/// breaks the protocol, and a failure of the stream.
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
    // Boxed, so that the memory of the handshake is freed with the hand-off.
    let deadline = deadline(options.handshake_time());
    let pause = |_: &mut S| sleep(options.body_idle());
    let upgrade = Box::pin(drive::upgrade_on::<Tokio, S>(io, url, options, deadline, pause));
    upgrade.await.inspect_err(event::failed)
}

/// Server: answers a request that an HTTP server has parsed, on the socket that it came from (RFC 6455 §4.2).
///
/// The answer, 101 or a rejection, is sent before this returns. Put the bytes that the HTTP server has read behind the
/// head into the [`Socket`]. The stream of [`Upgraded`] yields them first.
///
/// # Errors
///
/// [`HandleError`]: the request was rejected, and the client has the answer; or the socket has failed.
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
    let deadline = deadline(options.time());
    Box::pin(drive::handle_upgrade_request::<Tokio, B, S>(request, socket, options, deadline)).await
}

/// Server: reads a request from a socket and answers it (RFC 6455 §4.2).
///
/// # Errors
///
/// [`HandleError`]: the request was rejected, and the client has the answer; or the socket has failed. A client that is
/// silent or slow gets 408 at the deadline.
///
/// # Cancel safety
///
/// Not cancel safe: dropping the future drops the socket, so that the connection is closed.
pub async fn accept<S>(io: S, options: &ServerOptions) -> Result<Upgraded<S, RequestHead>, HandleError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    Box::pin(drive::accept::<Tokio, S>(
        io,
        options,
        HandshakeInfo::silent(options.peer_address()),
        deadline(options.time()),
    ))
    .await
}

/// Server: reads an HTTP/1 request of any kind, and lets the application decide about it.
///
/// Of the options, only the limits and the deadline are used here. The deadline continues while the application
/// decides.
///
/// # Errors
///
/// [`HandleError`]: the head breaks the syntax or a limit, or was incomplete at the deadline, and the client has the
/// answer; or the socket has failed.
///
/// # Cancel safety
///
/// Not cancel safe: dropping the future drops the socket, so that the connection is closed.
pub async fn receive<S>(io: S, options: &ServerOptions) -> Result<Incoming<S>, HandleError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let info = HandshakeInfo::silent(options.peer_address());
    let deadline = deadline(options.time());
    Box::pin(drive::receive::<Tokio, S>(io, options, info, deadline)).await.map(Incoming::new)
}

/// The runtime of this module.
pub(crate) enum Tokio {}

impl Runtime for Tokio {
    type Sleep = Sleep;
}

pub(crate) fn deadline(time: std::time::Duration) -> Deadline<Sleep> {
    Deadline::new(sleep(time))
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream<Tokio> for S {
    fn poll_read_some<T>(
        &mut self,
        context: &mut Context<'_>,
        take: &mut impl FnMut(&[u8]) -> T,
    ) -> Poll<io::Result<T>> {
        let mut space = [MaybeUninit::uninit(); 4096];
        let mut buffer = ReadBuf::uninit(&mut space);
        ready!(Pin::new(self).poll_read(context, &mut buffer))?;
        Poll::Ready(Ok(take(buffer.filled())))
    }

    fn poll_write_some(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(self).poll_write(context, bytes)
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self).poll_flush(context)
    }

    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self).poll_shutdown(context)
    }
}
