//! The client on a stream that is connected already.

use std::time::Duration;

use ::futures_io::{AsyncRead, AsyncWrite};

use super::runtime::Futures;
use crate::client::error::ConnectError;
use crate::client::options::ClientOptions;
use crate::drive::{self, Deadline};
use crate::head::ResponseHead;
use crate::upgraded::Upgraded;

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
    let deadline = || Deadline::new(sleep(options.handshake_time()));
    let pause = |_: &mut S| sleep(options.body_idle());
    drive::upgrade_on::<Futures<F>, S>(io, url, options, deadline, pause).await
}
