//! The server on a socket: a request that it reads, or that an HTTP server has parsed.

use std::time::Duration;

use ::futures_io::{AsyncRead, AsyncWrite};

use super::runtime::Futures;
use crate::drive::{self, Deadline, Undecided, incoming};
use crate::head::RequestHead;
use crate::observe::handshake_info::HandshakeInfo;
use crate::server::error::HandleError;
use crate::server::options::ServerOptions;
use crate::upgraded::{Socket, Upgraded};

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
/// [`HandleError`]: the request was rejected, and the client has the answer; or the socket has failed. A client that
/// is silent or slow gets 408 at the deadline.
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
    let info = HandshakeInfo::silent(options.peer_address());
    drive::accept::<Futures<F>, S>(io, options, info, || Deadline::new(sleep(options.time()))).await
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

incoming! {
    /// A request that waits for a decision: accept it, reject it, or take it back to answer it as plain HTTP. `F` is
    /// the runtime's sleep.
    async Incoming<S: (AsyncRead + AsyncWrite + Unpin), F: (Future)>(Undecided<S, Futures<F>>)
}
