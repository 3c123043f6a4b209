//! The server on a socket: a request that it reads, or that an HTTP server has parsed.

use std::io;

use super::bounded::Bounded;
use super::runtime::{Std, block_on};
use super::timed::TimedStream;
use crate::drive::{self, Undecided, incoming};
use crate::head::RequestHead;
use crate::observe::event;
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
pub fn handle_upgrade_request<B, S: TimedStream>(
    request: &http::Request<B>,
    socket: Socket<S>,
    options: &ServerOptions,
) -> Result<Upgraded<S>, HandleError> {
    let Socket { io, read_buf } = socket;
    let info = HandshakeInfo::of_request(request, options.peer_address());
    let (io, deadline) = Bounded::new(io, options.time()).map_err(|error| broken(error, &info))?;
    let socket = Socket { io, read_buf };
    let handle = drive::handle_upgrade_request::<Std, B, _>(request, socket, options, deadline);
    block_on(handle).map(|upgraded| upgraded.map_io(Bounded::into_inner))
}

/// Server: reads a request from a socket and answers it (RFC 6455 §4.2).
///
/// # Errors
///
/// [`HandleError`]: the request was rejected, and the client has the answer; or the socket has failed. A client that
/// is silent or slow gets 408 at the deadline.
pub fn accept<S: TimedStream>(
    io: S,
    options: &ServerOptions,
) -> Result<Upgraded<S, RequestHead>, HandleError> {
    let info = HandshakeInfo::silent(options.peer_address());
    let (io, deadline) = Bounded::new(io, options.time()).map_err(|error| broken(error, &info))?;
    block_on(drive::accept::<Std, _>(io, options, info, || deadline))
        .map(|upgraded| upgraded.map_io(Bounded::into_inner))
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
pub fn receive<S: TimedStream>(io: S, options: &ServerOptions) -> Result<Incoming<S>, HandleError> {
    let info = HandshakeInfo::silent(options.peer_address());
    let (io, deadline) = Bounded::new(io, options.time()).map_err(|error| broken(error, &info))?;
    block_on(drive::receive::<Std, _>(io, options, info, deadline)).map(Incoming::new)
}

/// The stream could not be asked for its timeouts.
fn broken(error: io::Error, info: &HandshakeInfo) -> HandleError {
    event::broken(&error, info);
    HandleError::Io(error)
}

incoming! {
    /// A request that waits for a decision: accept it, reject it, or take it back to answer it as plain HTTP.
    blocking Incoming<S: (TimedStream)>(Undecided<Bounded<S>, Std>), block_on, Bounded::into_inner
}
