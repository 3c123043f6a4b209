//! One WebSocket alone, from a URL to its stream.

use websocket_upgrade::internals::client::{
    Ask, Deadline, RequestChain, Sleep, Trace, Unestablished, connect, deadline, failed, options,
};
use websocket_upgrade::{ClientOptions, ConnectError, Report, ResponseHead, Upgraded};
use websocket_upgrade_proto as proto;

use proto::client::Request;

use super::client_stream::ClientStream;
use super::endpoint::Endpoint;
use super::fallback;
use super::link::Unanswered;
use super::reach::{Reached, reach};

/// Client: connects to a `wss://` URL over HTTP/3, sends the request, validates the response, and returns the stream
/// together with what both sides agreed on (RFC 9220, RFC 8441 §5).
///
/// This is one WebSocket on a connection of its own. For several to one host there is [`Session`](super::Session).
///
/// # Where HTTP/3 is not possible
///
/// The request goes over HTTP/2 then or, where the server does not choose that, over HTTP/1.1, as
/// [`websocket_upgrade::create_upgrade_request`] sends it. [`Report::http3_fallback`] says why:
///
/// - QUIC does not get through: nobody answers over UDP within a third of the [deadline](ClientOptions::deadline), and
///   4 seconds at the most. The addresses of the host are tried one beside the other, as over TCP.
/// - The server does not choose `h3` by ALPN, or its SETTINGS do not offer extended CONNECT (RFC 9220 §3). They are
///   awaited up to the deadline.
/// - The options or the environment name a proxy, or the options have a connector or a transport: QUIC can't go
///   through it, and nothing goes around it.
/// - The URL is `ws://`. HTTP/3 always has TLS, so the request goes over HTTP/1.1.
/// - The server ends the stream or the connection with `H3_VERSION_FALLBACK` (RFC 9114 §8.1). The request goes over
///   HTTP/1.1.
///
/// A certificate that is not accepted is an error, and no other version is tried: neither is any other failure of TLS.
///
/// # What is not done
///
/// `Alt-Svc` (RFC 7838) is not followed: HTTP/3 is asked at the URL's own host and port. Nothing is sent as 0-RTT
/// data, which could be replayed. Sessions of TLS are not resumed, unless the options have a configuration of rustls
/// that does so.
///
/// A request that the server has not processed (`H3_REQUEST_REJECTED`, or GOAWAY, RFC 9114 §5.2) is sent once more, on
/// a new connection.
///
/// # Errors
///
/// [`ConnectError`]. Its reason tells apart a refusal of the server, with status, fields and body, a response that
/// breaks the protocol, and a failure to connect. It also has the phase and the report. Of TLS over QUIC the report has
/// no cipher suite, as quinn does not tell it.
///
/// # Cancel safety
///
/// Dropping the future closes the connection. At most a thread is left that still looks up the name.
pub async fn create_upgrade_request(
    url: &str,
    options: &ClientOptions,
) -> Result<Upgraded<ClientStream, ResponseHead>, ConnectError> {
    open(None, url, options).await
}

/// The same as [`create_upgrade_request`], with a QUIC connection on this endpoint.
///
/// # Errors
///
/// As `create_upgrade_request`.
///
/// # Cancel safety
///
/// As `create_upgrade_request`.
pub async fn create_upgrade_request_on(
    endpoint: &Endpoint,
    url: &str,
    options: &ClientOptions,
) -> Result<Upgraded<ClientStream, ResponseHead>, ConnectError> {
    open(Some(endpoint), url, options).await
}

async fn open(
    endpoint: Option<&Endpoint>,
    url: &str,
    options: &ClientOptions,
) -> Result<Upgraded<ClientStream, ResponseHead>, ConnectError> {
    // Boxed, so that the memory of the handshake is freed with the hand-off.
    let network = Network(endpoint);
    let connected = Box::pin(connect(&network, url, options, deadline(options::time(options))));
    connected.await.inspect_err(failed)
}

/// The network, as the options say, and the endpoint if it is the caller's.
struct Network<'e>(Option<&'e Endpoint>);

impl Ask<Sleep> for Network<'_> {
    type Stream = ClientStream;

    async fn ask(
        &self,
        chain: &RequestChain<'_>,
        request: Request<'_, '_>,
        trace: &mut Trace,
        deadline: &mut Deadline<Sleep>,
    ) -> Result<Upgraded<ClientStream, ResponseHead>, Unestablished> {
        ask_alone(self.0, chain, request, trace, deadline).await
    }

    fn keep(stream: &mut ClientStream, report: Report) {
        stream.keep(report);
    }
}

/// The opening handshake on a connection for this request alone.
pub(super) async fn ask_alone(
    endpoint: Option<&Endpoint>,
    chain: &RequestChain<'_>,
    request: Request<'_, '_>,
    trace: &mut Trace,
    deadline: &mut Deadline<Sleep>,
) -> Result<Upgraded<ClientStream, ResponseHead>, Unestablished> {
    let (uri, options) = (chain.next.uri()?, chain.options());
    let mut again = true;
    loop {
        let reached = reach(&uri, options, options::bounds(options), endpoint, trace, deadline).await?;
        let link = match reached {
            Reached::Http3(link) => link,
            Reached::Fallback(why) => return fallback::ask(why, chain, request, trace, deadline).await,
        };
        match link.ask(chain, request, trace, deadline).await {
            Ok(upgraded) => return Ok(upgraded),
            Err(Unanswered::Again(_)) if again => again = false,
            Err(unanswered) => return Err(unanswered.at_last()),
        }
    }
}
