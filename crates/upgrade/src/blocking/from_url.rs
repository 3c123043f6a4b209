//! The client from a URL to an established connection.

use std::future::{Pending, pending};

use websocket_upgrade_proto as proto;

use proto::client::Request;

use super::bounded::Bounded;
use super::client_stream::ClientStream;
use super::network::Network;
use super::runtime::{Std, block_on};
use crate::client::error::ConnectError;
use crate::client::options::ClientOptions;
use crate::client::reason::ConnectReason;
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
/// `wss://` needs the feature `rustls`. Unless the options say otherwise, the platform verifies certificates. A thread
/// looks up the name. If the lookup takes longer than the deadline, this thread remains until it ends. The addresses
/// are tried one after the other, IPv6 and IPv4 in turn, each for an equal share of the remaining time.
///
/// # Errors
///
/// [`ConnectError`]. Its reason tells apart a refusal of the server, with status, fields and body, a response that
/// breaks the protocol, and a failure to connect.
pub fn create_upgrade_request(
    url: &str,
    options: &ClientOptions,
) -> Result<Upgraded<ClientStream, ResponseHead>, ConnectError> {
    let network = Network::new(options);
    // Each stream keeps the deadline itself.
    let connected = block_on(drive::connect(&network, url, options, Deadline::new(pending::<()>())));
    connected.inspect_err(event::failed)
}

impl Ask<Pending<()>> for Network<'_> {
    type Stream = ClientStream;

    async fn ask(
        &self,
        chain: &RequestChain<'_>,
        request: Request<'_, '_>,
        trace: &mut Trace,
        _: &mut Deadline<Pending<()>>,
    ) -> Result<Upgraded<ClientStream, ResponseHead>, Unestablished> {
        let (uri, options) = (chain.next.uri()?, chain.options());
        options.check_direct(&uri)?;
        if options.has_hook() {
            return Err(ConnectReason::Unsupported("a hook for 401").into());
        }
        let stream = self.connect(&uri, options, trace)?;
        trace.enter(Phase::Handshake);
        let (mut stream, mut deadline) =
            Bounded::until(stream, self.until(Phase::Handshake)).map_err(ConnectReason::Io)?;
        let outgoing = OutgoingRequest::new(request, Some(chain));
        let pause = |stream: &mut Bounded<_>| stream.pause(options.body_idle());
        match exchange::<Std, _>(&mut stream, outgoing, &mut deadline, None, pause).await {
            Ok(established) => Ok(established.on(stream.into_inner())),
            Err(error) => Err(error.over(stream.into_inner().tls(), options, trace)),
        }
    }

    fn keep(stream: &mut ClientStream, report: Report) {
        stream.keep(report);
    }
}
