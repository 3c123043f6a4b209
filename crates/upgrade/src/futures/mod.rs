//! The driver for the streams of futures-io, on any runtime: the two functions, and those around them.
//!
//! Every function takes one argument more than tokio's, the runtime's sleep: `smol::Timer::after`, or
//! `async_io::Timer::after`. It is asked for the options' time, and by [`upgrade_on`] for the pauses in a refusal's
//! body too; it must take [`Duration::MAX`] as well. Dialling needs a runtime's sockets, and so the feature
//! `async-io`, which has its own sleep too.
//!
//! A refusal ends the sending side before it reads on, so the stream's `poll_close` must do that:
//! `smol::net::TcpStream` and TLS over it do, a bare `async_io::Async<TcpStream>` does not.
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
/// The URL says what to ask for; a `wss` URL means that the stream is one over TLS.
///
/// # Errors
///
/// [`ConnectError`]: the server's refusal, with status, fields and body, apart from a response that breaks the
/// protocol, and from the stream's own failures.
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

/// Server: answers a request that an HTTP server has parsed, on the socket it came from (RFC 6455 §4.2).
///
/// The answer, 101 or rejection, is sent here, before this returns. Bytes that the HTTP server has read behind the
/// head belong into the [`Socket`]: they come out of [`Upgraded`] again, in front of the socket's own.
///
/// # Errors
///
/// [`HandleError`]: the request was rejected, and the client told so; or the socket failed.
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
/// [`HandleError`]: the request was rejected, and the client told so; or the socket failed. A client that is silent or
/// slow gets 408 at the deadline.
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

/// Server: reads a request, any HTTP/1 request, to look at before it is decided.
///
/// Of the options, the limits and the deadline count here; the deadline goes on counting while the application
/// decides.
///
/// # Errors
///
/// [`HandleError`]: the head breaks the syntax or a limit, or was not complete at the deadline, and the client was told
/// so; or the socket failed.
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
