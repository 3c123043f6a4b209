//! The front door: a request that becomes a WebSocket, or is refused.

use http::Request;
use websocket_upgrade::{HandleError, ServerOptions, Upgraded};

use super::incoming::Incoming;
use crate::stream::Stream;

/// Server: answers a request as a handshake for WebSocket (RFC 9220 §3). The answer, 200 or a rejection, is sent
/// before this returns.
///
/// It is [`Incoming::accept`] under the name that the other HTTP versions have. Answer plain HTTP before, if there is
/// any: here it is rejected.
///
/// # Errors
///
/// [`HandleError`]: the request was rejected, and the client has the answer; or the stream or the connection failed.
///
/// # Cancel safety
///
/// Not cancel safe: dropping the future resets the stream.
pub async fn handle_upgrade_request(
    incoming: Incoming,
    options: &ServerOptions,
) -> Result<Upgraded<Stream, Request<()>>, HandleError> {
    incoming.accept(options).await
}
