//! The opening handshake over another version, where HTTP/3 can't be used.

use websocket_upgrade::internals::client::{
    Deadline, RequestChain, Sleep, Trace, Unestablished, ask_http2, ask_http11, map_io,
};
use websocket_upgrade::{Http3Fallback, ResponseHead, Upgraded};
use websocket_upgrade_proto as proto;

use proto::client::Request;

use super::client_stream::ClientStream;

/// The opening handshake over HTTP/2 if the server chooses it, otherwise over HTTP/1.1, on a connection of its own.
///
/// Without TLS, and if the server says so, it is over HTTP/1.1 at once.
pub(super) async fn ask(
    why: Http3Fallback,
    chain: &RequestChain<'_>,
    request: Request<'_, '_>,
    trace: &mut Trace,
    deadline: &mut Deadline<Sleep>,
) -> Result<Upgraded<ClientStream, ResponseHead>, Unestablished> {
    report(why, trace);
    let http11 = matches!(why, Http3Fallback::NoTls | Http3Fallback::Required);
    let upgraded = if http11 {
        ask_http11(chain, request, trace, deadline).await?
    } else {
        ask_http2(chain, request, trace, deadline).await?
    };
    Ok(map_io(upgraded, ClientStream::fallback))
}

/// Notes why HTTP/3 is not used, and forgets what the report says of the attempt.
pub(super) fn report(why: Http3Fallback, trace: &mut Trace) {
    trace.report.http3_fallback = Some(why);
    trace.report.remote_address = None;
    trace.report.tls = None;
}
