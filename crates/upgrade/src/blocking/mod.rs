//! The driver for blocking streams of `std::io`: the two functions, and those around them.
//!
//! Every function keeps the absolute deadline of its options, even if a peer sends byte by byte: a [`TimedStream`] has
//! timeouts, and before each call they are set to the remaining time. At the end the stream has its earlier timeouts
//! again. Do not use a non-blocking stream: it would be called in a loop.
//!
//! ```no_run
#![doc = include_str!("../../examples/server_on_threads.rs")]
//! ```

use crate::client::error::ConnectError;
use crate::client::options::ClientOptions;
use crate::client::reason::ConnectReason;
use crate::client::trace::Trace;
use crate::drive::{self, Undecided, incoming};
use crate::head::{RequestHead, ResponseHead};
use crate::observe::event;
use crate::observe::handshake_info::HandshakeInfo;
use crate::server::error::HandleError;
use crate::server::options::ServerOptions;
use crate::upgraded::{Socket, Upgraded};
use bounded::{Bounded, Std, block_on};

mod bounded;
mod connect;
mod replay;
mod shares;
mod timed;
#[cfg(feature = "rustls")]
mod tls;

pub use connect::{ClientStream, create_upgrade_request};
pub use timed::{TimedStream, Timeouts};

incoming! {
    /// A request that waits for a decision: accept it, reject it, or take it back to answer it as plain HTTP.
    blocking Incoming<S: (TimedStream)>(Undecided<Bounded<S>, Std>), block_on, Bounded::into_inner
}

/// Client: does the opening handshake on a stream that is connected already (RFC 6455 §4.1).
///
/// The URL determines the request. A `wss` URL means that the stream is already one over TLS.
///
/// # Errors
///
/// [`ConnectError`]. Its reason tells apart a refusal of the server, with status, fields and body, a response that
/// breaks the protocol, and a failure of the stream.
pub fn upgrade_on<S: TimedStream>(
    io: S,
    url: &str,
    options: &ClientOptions,
) -> Result<Upgraded<S, ResponseHead>, ConnectError> {
    let upgraded = Bounded::new(io, options.handshake_time())
        .map_err(|error| Trace::new().failed(ConnectReason::Io(error)))
        .and_then(|(io, deadline)| {
            let pause = |io: &mut Bounded<S>| io.pause(options.body_idle());
            block_on(drive::upgrade_on::<Std, _>(io, url, options, deadline, pause))
        });
    upgraded.map(|upgraded| upgraded.map_io(Bounded::into_inner)).inspect_err(event::failed)
}

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
/// [`HandleError`]: the request was rejected, and the client has the answer; or the socket has failed. A client that is
/// silent or slow gets 408 at the deadline.
pub fn accept<S: TimedStream>(
    io: S,
    options: &ServerOptions,
) -> Result<Upgraded<S, RequestHead>, HandleError> {
    let info = HandshakeInfo::silent(options.peer_address());
    let (io, deadline) = Bounded::new(io, options.time()).map_err(|error| broken(error, &info))?;
    block_on(drive::accept::<Std, _>(io, options, info, deadline))
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
fn broken(error: std::io::Error, info: &HandshakeInfo) -> HandleError {
    event::broken(&error, info);
    HandleError::Io(error)
}
