//! The client over tokio, from a URL to an established connection.

use websocket_upgrade_proto as proto;

use proto::client::Request;

use super::client_stream::ClientStream;
#[cfg(feature = "http2")]
use super::http2;
use super::http11::upgrade;
use super::network::connect_and_send;
use crate::client::error::ConnectError;
use crate::client::options::ClientOptions;
use crate::client::report::Report;
use crate::client::request_chain::RequestChain;
use crate::client::trace::Trace;
use crate::drive::{self, Ask, Deadline, OutgoingRequest, Unestablished};
use crate::head::ResponseHead;
use crate::observe::event;
use crate::options::Alpn;
use crate::tokio::{Sleep, deadline};
use crate::upgraded::Upgraded;

/// Client: connects to a `ws://` or `wss://` URL, sends the upgrade request, validates the response, and returns the
/// stream together with what both sides agreed on (RFC 6455 §4.1).
///
/// It connects through the proxy that the options or the environment name, if any; this needs the feature `proxy`, and
/// without it such a proxy is an error. `wss://` needs the feature `rustls`. Unless the options say otherwise, the
/// platform verifies certificates.
///
/// # Errors
///
/// [`ConnectError`]. Its reason tells apart a refusal of the server, with status, fields and body, a response that
/// breaks the protocol, and a failure to connect. It also has the phase and the report.
///
/// # Cancel safety
///
/// Dropping the future closes the connection. At most a thread is left that still looks up the name.
pub async fn create_upgrade_request(
    url: &str,
    options: &ClientOptions,
) -> Result<Upgraded<ClientStream, ResponseHead>, ConnectError> {
    // Boxed, so that the memory of the handshake is freed with the hand-off.
    let connected = Box::pin(drive::connect(&Network, url, options, deadline(options.time())));
    connected.await.inspect_err(event::failed)
}

/// The network, as the options say.
struct Network;

impl Ask<Sleep> for Network {
    type Stream = ClientStream;

    async fn ask(
        &self,
        chain: &RequestChain<'_>,
        request: Request<'_, '_>,
        trace: &mut Trace,
        deadline: &mut Deadline<Sleep>,
    ) -> Result<Upgraded<ClientStream, ResponseHead>, Unestablished> {
        let (uri, options) = (chain.next.uri()?, chain.options());
        #[cfg(feature = "http2")]
        if options.network.http2 {
            return Box::pin(http2::ask(chain, request, trace, deadline)).await;
        }
        let mut outgoing = OutgoingRequest::new(request, Some(chain));
        let connected = connect_and_send(&uri, options, Alpn::Http11, outgoing.unsent(), trace, deadline);
        let (stream, sent) = connected.await?;
        outgoing.skip(sent);
        upgrade(stream, options, outgoing, trace, deadline).await
    }

    fn keep(stream: &mut ClientStream, report: Report) {
        stream.keep(report);
    }
}
