//! A client's way to a stream: name, connection and TLS.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll};

use ::async_io::{Async, Timer};
use ::futures_io::{AsyncRead, AsyncWrite};
use websocket_upgrade_proto as proto;

use proto::client::Request;
use proto::uri::Uri;

use super::attempts::Attempts;
use super::stream::Futures;
use crate::alpn::Alpn;
use crate::client::error::ConnectError;
use crate::client::options::ClientOptions;
use crate::client::place::Place;
use crate::client::reason::ConnectReason;
use crate::client::report::{Phase, Report};
use crate::client::request_chain::RequestChain;
use crate::client::security::Security;
use crate::client::trace::Trace;
use crate::drive::address::{self, in_turn};
use crate::drive::client_stream::client_stream;
use crate::drive::forward::{forward, to_variant};
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
        stream.report = report;
    }
}

async fn connect(
    uri: &Uri<'_>,
    options: &ClientOptions,
    trace: &mut Trace,
    deadline: &mut Deadline<Timer>,
) -> Result<ClientStream, ConnectReason> {
    let place = options.network.place(uri)?;
    let security = options.security(uri, Alpn::Http11)?;
    trace.enter(Phase::Resolve);
    let own = |phase| options.phase_time(phase).map(Timer::after);
    let addresses = deadline.within_phase(own(Phase::Resolve), addresses(place)).await;
    let addresses = addresses.map_err(|_| ConnectReason::Deadline)?.map_err(ConnectReason::Connect)?;
    trace.enter(Phase::Connect);
    let stream = deadline.within_phase(own(Phase::Connect), Tcp::connect(addresses)).await;
    let stream = stream.map_err(|_| ConnectReason::Deadline)?.map_err(ConnectReason::Connect)?;
    trace.report.remote_address = stream.0.get_ref().peer_addr().ok();
    match security {
        Security::None => Ok(ClientStream::new(Stream::Plain(stream))),
        #[cfg(feature = "rustls")]
        Security::Tls(config) => {
            trace.enter(Phase::Tls);
            let connector = futures_rustls::TlsConnector::from(config);
            let shaking = connector.connect(options.tls.server_name(uri.host())?, stream);
            let shaken = deadline.within_phase(own(Phase::Tls), options.tls.explained(shaking)).await;
            let shaken = shaken.map_err(|_| ConnectReason::Deadline)?;
            let stream = shaken.map_err(|failure| trace.tls_failed(failure))?;
            Ok(ClientStream::new(Stream::Tls(Box::new(stream))))
        }
    }
}

/// The addresses of a host.
async fn addresses(place: Place<'_>) -> io::Result<Vec<SocketAddr>> {
    let Place { host, port } = place;
    if let Some(address) = address::literal(host, port) {
        return Ok(vec![address]);
    }
    let host = host.to_owned();
    ::blocking::unblock(move || address::addresses(&host, port)).await
}

/// A connection whose sending side is ended by `poll_close`, which async-io's own does not do.
#[derive(Debug)]
struct Tcp(Async<TcpStream>);

impl Tcp {
    /// To the first of the addresses that answers, IPv6 and IPv4 in turn.
    async fn connect(addresses: Vec<SocketAddr>) -> io::Result<Self> {
        let attempts = Attempts::new(in_turn(addresses), Async::<TcpStream>::connect::<SocketAddr>);
        let stream = attempts.first().await?;
        // The head is sent in one write, and the codec decides when to flush later.
        stream.get_ref().set_nodelay(true)?;
        Ok(Self(stream))
    }
}

impl AsyncRead for Tcp {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(context, space)
    }
}

impl AsyncWrite for Tcp {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, pieces)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.0.get_ref().shutdown(Shutdown::Write) {
            Err(error) if error.kind() != io::ErrorKind::NotConnected => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(())),
        }
    }
}

client_stream!(
    tcp: Tcp,
    socket: |tcp| tcp.0.get_ref(),
    tls: futures_rustls::client::TlsStream<Tcp>,
    below: |tls| tls.get_ref().0,
    connection: |tls| tls.get_ref().1,
);

impl AsyncRead for ClientStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        to_variant!(self, context, poll_read(context, space))
    }
}

impl AsyncWrite for ClientStream {
    forward!(AsyncWrite, poll_close, to_variant);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_never_answers_leaves_time_for_the_next() {
        let (addresses, _listening) = address::tests::full_and_free();
        let answers = addresses[1];
        let stream = ::async_io::block_on(Tcp::connect(addresses)).expect("one that answers");
        assert_eq!(stream.0.get_ref().peer_addr().expect("an address"), answers);
    }
}
