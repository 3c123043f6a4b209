//! The opening handshake over HTTP/1.1.

use super::client_stream::ClientStream;
use crate::client::options::ClientOptions;
use crate::client::report::Phase;
use crate::client::trace::Trace;
use crate::drive::{Deadline, OutgoingRequest, Unestablished, exchange};
use crate::head::ResponseHead;
use crate::tokio::{Sleep, Tokio, sleep};
use crate::upgraded::Upgraded;

/// The opening handshake over HTTP/1.1, on a stream for this request alone.
pub(crate) async fn upgrade(
    mut stream: ClientStream,
    options: &ClientOptions,
    outgoing: OutgoingRequest<'_>,
    trace: &mut Trace,
    deadline: &mut Deadline<Sleep>,
) -> Result<Upgraded<ClientStream, ResponseHead>, Unestablished> {
    trace.enter(Phase::Handshake);
    let own = options.phase_time(Phase::Handshake).map(sleep);
    match exchange::<Tokio, _>(&mut stream, outgoing, deadline, own, |_| sleep(options.body_idle())).await {
        Ok(established) => Ok(established.on(stream)),
        Err(error) => Err(error.over(stream.tls(), options, trace)),
    }
}
