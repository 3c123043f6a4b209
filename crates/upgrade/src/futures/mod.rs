//! The driver for the streams of futures-io, on any runtime: the two functions, and those around them.
//!
//! Every function takes one argument more than that of tokio, the runtime's sleep: `smol::Timer::after`, or
//! `async_io::Timer::after`. It is called with the times of the options; it must accept [`Duration::MAX`] too.
//! Connecting to a host needs the sockets of a runtime, and therefore the feature `async-io`, which has its own sleep.
//!
//! After a refusal, the driver ends the sending side and continues to read. The stream's `poll_close` must end the
//! sending side: that of `smol::net::TcpStream`, and of TLS over it, does; that of `async_io::Async<TcpStream>` does
//! not.
//!
//! ```no_run
#![doc = include_str!("../../examples/server_on_smol.rs")]
//! ```

use std::time::Duration;

use ::futures_io::{AsyncRead, AsyncWrite};

use crate::client::error::ConnectError;
use crate::client::options::ClientOptions;
use crate::drive::{self, Deadline, Undecided, incoming};

use crate::head::{RequestHead, ResponseHead};
use crate::observe::event;
use crate::observe::handshake_info::HandshakeInfo;
use crate::server::error::HandleError;
use crate::server::options::ServerOptions;
use crate::upgraded::{Socket, Upgraded};
use stream::Futures;

#[cfg(feature = "async-io")]
mod attempts;
#[cfg(feature = "async-io")]
mod connect;
mod replay;
mod stream;

#[cfg(feature = "async-io")]
pub use connect::{ClientStream, create_upgrade_request};

incoming! {
    /// A request that waits for a decision: accept it, reject it, or take it back to answer it as plain HTTP. `F` is
    /// the runtime's sleep.
    async Incoming<S: (AsyncRead + AsyncWrite + Unpin), F: (Future)>(Undecided<S, Futures<F>>)
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
pub async fn upgrade_on<S, F>(
    io: S,
    url: &str,
    options: &ClientOptions,
    sleep: impl Fn(Duration) -> F,
) -> Result<Upgraded<S, ResponseHead>, ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Future,
{
    let deadline = Deadline::new(sleep(options.handshake_time()));
    // Boxed, so that the memory of the handshake is freed with the hand-off.
    let pause = |_: &mut S| sleep(options.body_idle());
    let upgrade = Box::pin(drive::upgrade_on::<Futures<F>, S>(io, url, options, deadline, pause));
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
pub async fn handle_upgrade_request<B, S, F>(
    request: &http::Request<B>,
    socket: Socket<S>,
    options: &ServerOptions,
    sleep: impl FnOnce(Duration) -> F,
) -> Result<Upgraded<S>, HandleError>
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Future,
{
    let deadline = Deadline::new(sleep(options.time()));
    Box::pin(drive::handle_upgrade_request::<Futures<F>, B, S>(request, socket, options, deadline)).await
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
pub async fn accept<S, F>(
    io: S,
    options: &ServerOptions,
    sleep: impl FnOnce(Duration) -> F,
) -> Result<Upgraded<S, RequestHead>, HandleError>
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Future,
{
    let deadline = Deadline::new(sleep(options.time()));
    Box::pin(drive::accept::<Futures<F>, S>(
        io,
        options,
        HandshakeInfo::silent(options.peer_address()),
        deadline,
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
pub async fn receive<S, F>(
    io: S,
    options: &ServerOptions,
    sleep: impl FnOnce(Duration) -> F,
) -> Result<Incoming<S, F>, HandleError>
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Future,
{
    let deadline = Deadline::new(sleep(options.time()));
    let info = HandshakeInfo::silent(options.peer_address());
    Box::pin(drive::receive::<Futures<F>, S>(io, options, info, deadline)).await.map(Incoming::new)
}
