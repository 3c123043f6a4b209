//! A client's way to a stream: name, connection and TLS.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use websocket_upgrade_proto as proto;

use proto::client::Request;
use proto::uri::Uri;

use super::bounded::{Bounded, Std, block_on};
use super::shares::Shares;
use super::timed::{TimedStream, Timeouts};
use crate::alpn::Alpn;
use crate::cause::Explained;
use crate::client::error::ConnectError;
use crate::client::options::ClientOptions;
use crate::client::place::Place;
use crate::client::reason::ConnectReason;
use crate::client::report::{Phase, Report};
use crate::client::request_chain::RequestChain;
use crate::client::security::Security;
use crate::client::trace::Trace;
use crate::drive::address;
use crate::drive::client_stream::client_stream;
use crate::drive::forward::{forward, to_variant};
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
    let network = Network { options, until: Instant::now().checked_add(options.time()) };
    // Each stream keeps the deadline itself.
    let connected =
        block_on(drive::connect(&network, url, options, Deadline::new(std::future::pending::<()>())));
    connected.inspect_err(event::failed)
}

/// The network, as the options say.
struct Network<'o> {
    options: &'o ClientOptions,
    until: Option<Instant>,
}

impl Ask<std::future::Pending<()>> for Network<'_> {
    type Stream = ClientStream;

    async fn ask(
        &self,
        chain: &RequestChain<'_>,
        request: Request<'_, '_>,
        trace: &mut Trace,
        _: &mut Deadline<std::future::Pending<()>>,
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
        let pause = |stream: &mut Bounded<_>| stream.pause(self.options.body_idle());
        match exchange::<Std, _>(&mut stream, outgoing, &mut deadline, None, pause).await {
            Ok(established) => Ok(established.on(stream.into_inner())),
            Err(error) => Err(error.over(stream.into_inner().tls(), options, trace)),
        }
    }

    fn keep(stream: &mut ClientStream, report: Report) {
        stream.report = report;
    }
}

impl Network<'_> {
    /// The end of a phase that begins now.
    fn until(&self, phase: Phase) -> Option<Instant> {
        let own = self.options.phase_time(phase).and_then(|time| Instant::now().checked_add(time));
        self.until.into_iter().chain(own).min()
    }

    fn connect(
        &self,
        uri: &Uri<'_>,
        options: &ClientOptions,
        trace: &mut Trace,
    ) -> Result<ClientStream, ConnectReason> {
        let place = options.network.place(uri)?;
        let security = options.security(uri, Alpn::Http11)?;
        trace.enter(Phase::Resolve);
        let addresses = addresses(place, self.until(Phase::Resolve))?;
        trace.enter(Phase::Connect);
        let stream = connect_tcp(addresses, self.until(Phase::Connect))?;
        trace.report.remote_address = stream.peer_addr().ok();
        match security {
            Security::None => Ok(ClientStream::new(Stream::Plain(stream))),
            #[cfg(feature = "rustls")]
            Security::Tls(config) => {
                trace.enter(Phase::Tls);
                let connection = rustls::ClientConnection::new(config, options.tls.server_name(uri.host())?)
                    .map_err(|error| ConnectReason::Tls(io::Error::other(error)))?;
                let stream = Stream::Tls(Box::new(rustls::StreamOwned::new(connection, stream)));
                let bounded = Bounded::until(ClientStream::new(stream), self.until(Phase::Tls));
                let (mut stream, mut deadline) = bounded.map_err(ConnectReason::Io)?;
                let shaken = block_on(deadline.within(options.tls.explained(stream.flushed())));
                let shaken = shaken.map_err(|_| ConnectReason::Deadline)?;
                shaken.map_err(|failure| trace.tls_failed(failure))?;
                Ok(stream.into_inner())
            }
        }
    }
}

/// The addresses of a host.
fn addresses(place: Place<'_>, until: Option<Instant>) -> Result<Vec<SocketAddr>, ConnectReason> {
    let Place { host, port } = place;
    if let Some(address) = address::literal(host, port) {
        return Ok(vec![address]);
    }
    let host = host.to_owned();
    on_a_thread(until, move || address::addresses(&host, port))?.map_err(ConnectReason::Connect)
}

/// To the first of the addresses that answers in its share of the time.
fn connect_tcp(addresses: Vec<SocketAddr>, until: Option<Instant>) -> Result<TcpStream, ConnectReason> {
    let (mut addresses, mut failed) = (Shares::new(addresses), None);
    while let Some((address, share)) = addresses.next(left(until)) {
        let connected = match share.or_else(|| left(until)) {
            None => TcpStream::connect(address),
            Some(Duration::ZERO) => return Err(ConnectReason::Deadline),
            Some(time) => TcpStream::connect_timeout(&address, time),
        };
        match connected {
            Ok(stream) => {
                // The head is sent in one write, and the codec decides when to flush later.
                stream.set_nodelay(true).map_err(ConnectReason::Connect)?;
                return Ok(stream);
            }
            Err(_) if left(until) == Some(Duration::ZERO) => return Err(ConnectReason::Deadline),
            Err(error) => failed = Some(error),
        }
    }
    Err(ConnectReason::Connect(failed.unwrap_or_else(address::no_address)))
}

/// What `work`, which knows no deadline, gives up to then.
fn on_a_thread<T: Send + 'static>(
    until: Option<Instant>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ConnectReason> {
    let (done, waits) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name("websocket-upgrade".into());
    // The waiting side may be gone.
    thread.spawn(move || drop(done.send(work()))).map_err(ConnectReason::Connect)?;
    waits.recv_timeout(left(until).unwrap_or(Duration::MAX)).map_err(|error| match error {
        RecvTimeoutError::Timeout => ConnectReason::Deadline,
        RecvTimeoutError::Disconnected => {
            ConnectReason::Connect(Explained::error(io::ErrorKind::Other, "the lookup panicked"))
        }
    })
}

fn left(until: Option<Instant>) -> Option<Duration> {
    until.map(|until| until.saturating_duration_since(Instant::now()))
}

client_stream!(
    tcp: TcpStream,
    socket: |tcp| tcp,
    tls: rustls::StreamOwned<rustls::ClientConnection, TcpStream>,
    below: |tls| &tls.sock,
    connection: |tls| &tls.conn,
);

impl Read for ClientStream {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        to_variant!(self, read(space))
    }
}

impl Write for ClientStream {
    forward!(Write, to_variant);
}

impl TimedStream for ClientStream {
    forward!(TimedStream, to_variant);

    fn read_once(&mut self, space: &mut [u8]) -> io::Result<usize> {
        to_variant!(self, read_once(space))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn an_address_that_never_answers_leaves_time_for_the_next() {
        let (addresses, _listening) = address::tests::full_and_free();
        let answers = addresses[1];
        let stream = connect_tcp(addresses, Instant::now().checked_add(Duration::from_secs(2)));
        assert_eq!(stream.expect("one that answers").peer_addr().expect("an address"), answers);
    }

    /// A resolver that answers too late, or never.
    #[test]
    fn a_lookup_is_not_waited_for_beyond_the_deadline() {
        let (_open, never) = mpsc::channel::<()>();
        let start = Instant::now();
        let until = start.checked_add(Duration::from_millis(50));
        let error = on_a_thread(until, move || never.recv().is_ok()).expect_err("no answer");
        assert!(matches!(error, ConnectReason::Deadline), "{error:?}");
        assert!((50..5000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());

        assert_eq!(on_a_thread(None, || 1).expect("an answer"), 1);
        let error = on_a_thread::<()>(None, || panic!("on purpose")).expect_err("no answer");
        assert!(matches!(error, ConnectReason::Connect(_)), "{error:?}");
    }
}
