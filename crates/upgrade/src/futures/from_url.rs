//! The client from a URL to an established connection.

use ::async_io::Timer;
use websocket_upgrade_proto as proto;

use proto::client::Request;

use super::client_stream::ClientStream;
use super::network::connect;
use super::runtime::Futures;
use crate::client::error::ConnectError;
use crate::client::options::ClientOptions;
use crate::client::report::{Phase, Report};
use crate::client::request_chain::RequestChain;
use crate::client::trace::Trace;
use crate::drive::{self, Ask, Deadline, OutgoingRequest, Unestablished, exchange};
use crate::head::ResponseHead;
use crate::observe::event;
use crate::upgraded::Upgraded;

/// Client: connects to a `ws://` or `wss://` URL, sends the upgrade request, validates the response, and returns the
/// stream together with what both sides agreed on (RFC 6455 §4.1).
///
/// It needs the feature `async-io`, whose timer keeps the deadline. If a host has several addresses, the next one is
/// tried when one has failed or has not answered for 250 ms, IPv6 and IPv4 in turn (RFC 8305). `wss://` needs the
/// feature `rustls`. Unless the options say otherwise, the platform verifies certificates.
///
/// # Errors
///
/// [`ConnectError`]. Its reason tells apart a refusal of the server, with status, fields and body, a response that
/// breaks the protocol, and a failure to connect.
///
/// # Cancel safety
///
/// Dropping the future closes the connection. At most a thread is left that still looks up the name.
pub async fn create_upgrade_request(
    url: &str,
    options: &ClientOptions,
) -> Result<Upgraded<ClientStream, ResponseHead>, ConnectError> {
    // A time that is beyond the clock makes a timer that never ends.
    let deadline = Deadline::new(Timer::after(options.time()));
    Box::pin(drive::connect(&Network, url, options, deadline)).await.inspect_err(event::failed)
}

/// The network, as the options say.
struct Network;

impl Ask<Timer> for Network {
    type Stream = ClientStream;

    async fn ask(
        &self,
        chain: &RequestChain<'_>,
        request: Request<'_, '_>,
        trace: &mut Trace,
        deadline: &mut Deadline<Timer>,
    ) -> Result<Upgraded<ClientStream, ResponseHead>, Unestablished> {
        let options = chain.options();
        let uri = chain.next.uri()?;
        options.check_direct(&uri)?;
        let mut stream = connect(&uri, options, trace, deadline).await?;
        trace.enter(Phase::Handshake);
        let own = options.phase_time(Phase::Handshake).map(Timer::after);
        let outgoing = OutgoingRequest::new(request, Some(chain));
        let pause = |_: &mut _| Timer::after(options.body_idle());
        match exchange::<Futures<Timer>, _>(&mut stream, outgoing, deadline, own, pause).await {
            Ok(established) => Ok(established.on(stream)),
            Err(error) => Err(error.over(stream.tls(), options, trace)),
        }
    }

    fn keep(stream: &mut ClientStream, report: Report) {
        stream.keep(report);
    }
}
