//! The client on a stream that is connected already.

use ::tokio::io::{AsyncRead, AsyncWrite};

use super::runtime::{Tokio, deadline};
use super::sleep::sleep;
use crate::client::error::ConnectError;
use crate::client::options::ClientOptions;
use crate::drive;
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
pub async fn upgrade_on<S>(
    io: S,
    url: &str,
    options: &ClientOptions,
) -> Result<Upgraded<S, ResponseHead>, ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let deadline = || deadline(options.handshake_time());
    let pause = |_: &mut S| sleep(options.body_idle());
    drive::upgrade_on::<Tokio, S>(io, url, options, deadline, pause).await
}
