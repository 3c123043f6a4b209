//! The client on a stream that is connected already.

use super::bounded::Bounded;
use super::runtime::{Std, block_on};
use super::timed::TimedStream;
use crate::client::error::ConnectError;
use crate::client::options::ClientOptions;
use crate::client::reason::ConnectReason;
use crate::client::trace::Trace;
use crate::drive;
use crate::head::ResponseHead;
use crate::observe::event;
use crate::upgraded::Upgraded;

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
    let (io, deadline) = Bounded::new(io, options.handshake_time())
        .map_err(|error| Trace::new().failed(ConnectReason::Io(error)))
        .inspect_err(event::failed)?;
    let pause = |io: &mut Bounded<S>| io.pause(options.body_idle());
    block_on(drive::upgrade_on::<Std, _>(io, url, options, || deadline, pause))
        .map(|upgraded| upgraded.map_io(Bounded::into_inner))
}
