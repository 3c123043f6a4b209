//! Dialling for tokio, phase by phase: name, addresses, proxy, TLS.

use std::error::Error;
use std::future::{Ready, ready};
use std::io;
#[cfg(feature = "rustls")]
use std::io::Write;
use std::net::SocketAddr;
use std::pin::pin;
#[cfg(feature = "rustls")]
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use std::vec;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tower_service::Service;
use websocket_upgrade_proto as proto;

use proto::uri::Uri;

use super::proxy::Bounds;
use super::stream::{ClientStream, Stream};
use super::target;
use crate::cause::Explained;
use crate::client::options::ClientOptions;
use crate::client::place::Place;
use crate::client::proxy::Proxy;
use crate::client::reason::ConnectReason;
use crate::client::report::Phase;
use crate::client::security::{Alpn, Security};
use crate::client::trace::Trace;
use crate::client::transport::Custom;
#[cfg(feature = "rustls")]
use crate::client::transport::Io;
use crate::drive::Deadline;
use crate::drive::address;
use crate::options::checked;
use crate::tokio::{Sleep, sleep};
use crate::upgraded::ReplayStream;

/// One connection attempt: its options, its report and its deadline.
pub(crate) struct Dial<'d> {
    options: &'d ClientOptions,
    trace: &'d mut Trace,
    deadline: &'d mut Deadline<Sleep>,
    /// The request, to be sent with the end of the TLS handshake.
    #[cfg(feature = "rustls")]
    request: &'d [u8],
    /// Bytes of it that have been handed over for sending.
    queued: usize,
}

/// Connects to the host of a URI, within the deadline and those of the phases.
pub(crate) async fn dial(
    uri: &Uri<'_>,
    options: &ClientOptions,
    alpn: Alpn,
    trace: &mut Trace,
    deadline: &mut Deadline<Sleep>,
) -> Result<ClientStream, ConnectReason> {
    dial_and_send(uri, options, alpn, b"", trace, deadline).await.map(|(stream, _)| stream)
}

/// Like [`dial`], and sends a request in the same packet as the last message of the TLS handshake. Returns how many
/// bytes of it were taken: none if the caller's own connector makes the stream, or without TLS.
#[cfg_attr(not(feature = "rustls"), allow(unused_variables))]
pub(crate) async fn dial_and_send(
    uri: &Uri<'_>,
    options: &ClientOptions,
    alpn: Alpn,
    request: &[u8],
    trace: &mut Trace,
    deadline: &mut Deadline<Sleep>,
) -> Result<(ClientStream, usize), ConnectReason> {
    let security = if options.network.custom.as_ref().is_some_and(Custom::includes_tls) {
        Security::None
    } else {
        options.security(uri, alpn)?
    };
    let mut dial = Dial {
        options,
        trace,
        deadline,
        #[cfg(feature = "rustls")]
        request,
        queued: 0,
    };
    let stream = dial.all(uri, security).await?;
    Ok((stream, dial.queued))
}

impl Dial<'_> {
    async fn all(&mut self, uri: &Uri<'_>, security: Security) -> Result<ClientStream, ConnectReason> {
        let Self { options, .. } = *self;
        let place = options.network.place(uri)?;
        if let Some(custom) = &options.network.custom {
            if custom.includes_tls() && place != Place::of(uri) {
                let what = "connect_to with a connector of one's own, which decides where it connects to";
                return Err(ConnectReason::Unsupported(what));
            }
            let to = target::target(uri.secure(), place)?;
            let called = self.phase(Phase::Connect, custom.call(to)).await?;
            let stream = called.map(ClientStream::of_custom).map_err(|error| {
                self.trace.adopt(error.report(), error.phase());
                error.into_reason()
            })?;
            if stream.kept().times.total() > Duration::ZERO {
                self.trace.adopt(stream.kept(), Phase::Prepare);
            }
            return match security {
                Security::None => Ok(stream),
                #[cfg(feature = "rustls")]
                Security::Tls(config) => self.tls(stream.into_stream(), uri, config).await,
            };
        }
        let stream = match options.network.proxies.through(uri)? {
            None => Stream::Tcp(self.tcp(place.host, place.port).await?),
            // Boxed because most connections have no proxy.
            Some(proxy) => Box::pin(self.through(&proxy, place)).await?,
        };
        match security {
            Security::None => Ok(ClientStream::new(stream)),
            #[cfg(feature = "rustls")]
            Security::Tls(config) => self.tls(stream, uri, config).await,
        }
    }

    /// The result of the work, if it is done in time.
    async fn phase<T>(&mut self, phase: Phase, work: impl Future<Output = T>) -> Result<T, ConnectReason> {
        self.trace.enter(phase);
        let own = self.options.phase_time(phase).map(sleep);
        let work = pin!(work);
        self.deadline.within_phase(own, work).await.map_err(|_| ConnectReason::Deadline)
    }

    /// The time that is left for a phase that begins now.
    fn left(&self, phase: Phase) -> Duration {
        let left = self.deadline.sleep().map_or(Duration::ZERO, Sleep::left);
        self.options.phase_time(phase).map_or(left, |own| own.min(left))
    }

    /// Connects to the host's address, or to the first of several that answers.
    async fn tcp(&mut self, host: &str, port: u16) -> Result<TcpStream, ConnectReason> {
        let only = match address::literal(host, port) {
            Some(address) => address,
            None => match Box::pin(self.resolve(host, port)).await?.as_slice() {
                [] => return Err(ConnectReason::Connect(address::no_address())),
                [address] => *address,
                several => return Box::pin(self.first(several.to_vec())).await,
            },
        };
        let connected = self.phase(Phase::Connect, TcpStream::connect(only)).await?;
        let stream = connected.map_err(ConnectReason::Connect)?;
        // The head is sent in one write, and the codec decides when to flush later. A failure only makes it slower.
        let _ = stream.set_nodelay(true);
        self.trace.report.remote_address = Some(only);
        Ok(stream)
    }

    /// The host's addresses, as the system knows them.
    async fn resolve(&mut self, host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectReason> {
        let name: Name = host
            .parse()
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
            .map_err(|error| ConnectReason::Connect(address::unresolved(error)))?;
        let found = self.phase(Phase::Resolve, GaiResolver::new().call(name)).await?;
        let found = found.map_err(|error| ConnectReason::Connect(address::unresolved(error)))?;
        Ok(found.map(|address| SocketAddr::new(address.ip(), port)).collect())
    }

    /// Connects to the first that answers, trying IPv6 and IPv4 at the same time (RFC 8305).
    async fn first(&mut self, addresses: Vec<SocketAddr>) -> Result<TcpStream, ConnectReason> {
        // The connector asks its resolver, which returns the addresses that are known already.
        let mut connector = HttpConnector::new_with_resolver(Known(addresses));
        connector.set_nodelay(true);
        // Every address of a family gets an equal share of the time.
        let left = self.left(Phase::Connect);
        connector.set_connect_timeout(Some(left));
        let begun = Instant::now();
        let known = http::Uri::from_static("http://host.invalid/");
        let connected = self.phase(Phase::Connect, connector.call(known)).await?;
        let stream = connected.map_err(|error| match of_connector(error) {
            // All shares have been used up.
            error if error.kind() == io::ErrorKind::TimedOut && begun.elapsed() >= left => {
                ConnectReason::Deadline
            }
            error => ConnectReason::Connect(error),
        })?;
        let stream = stream.into_inner();
        self.trace.report.remote_address = stream.peer_addr().ok();
        Ok(stream)
    }

    /// Connects through a proxy.
    async fn through(&mut self, proxy: &Proxy, place: Place<'_>) -> Result<Stream, ConnectReason> {
        self.trace.report.proxy = Some(proxy.to_string());
        let security = self.options.security_to(proxy)?;
        let connected = self.tcp(proxy.host(), proxy.port()).await;
        let stream = connected.map_err(|reason| match reason {
            ConnectReason::Connect(error) => ConnectReason::Connect(unreachable_proxy(proxy, error)),
            reason => reason,
        })?;
        let to = target::target(false, place)?;
        let mut refused = None;
        let options = self.options;
        let fields = checked(&options.network.proxy_lines);
        let bounds = Bounds { limits: options.bounds(), idle: options.body_idle() };
        let way = async {
            match security {
                Security::None => {
                    let (stream, behind) = proxy.tunnel(stream, &to, fields, bounds, &mut refused).await?;
                    Ok(if behind.is_empty() {
                        Stream::Tcp(stream)
                    } else {
                        Stream::Other(Box::new(ReplayStream { io: stream, read_buf: behind }))
                    })
                }
                #[cfg(feature = "rustls")]
                Security::Tls(config) => {
                    let stream = to_proxy(stream, proxy, options, config).await?;
                    let (stream, behind) = proxy.tunnel(stream, &to, fields, bounds, &mut refused).await?;
                    Ok(Stream::Other(Box::new(ReplayStream { io: stream, read_buf: behind })))
                }
            }
        };
        match self.phase(Phase::Proxy, Box::pin(way)).await {
            Ok(done) => done,
            // The proxy's refusal says more than that its body did not end.
            Err(reason) => {
                Err(refused.map_or(reason, |refused| ConnectReason::ProxyRefused(Box::new(refused))))
            }
        }
    }

    /// TLS with the host, over the stream.
    #[cfg(feature = "rustls")]
    async fn tls(
        &mut self,
        stream: Stream,
        uri: &Uri<'_>,
        config: Arc<rustls::ClientConfig>,
    ) -> Result<ClientStream, ConnectReason> {
        self.trace.enter(Phase::Tls);
        let name = self.options.tls.server_name(uri.host())?;
        let connector = tokio_rustls::TlsConnector::from(config);
        let mut queued = 0;
        let stream = match stream {
            Stream::Tcp(stream) => {
                // Boxed so that a connection without TLS does not hold the state of a TLS handshake.
                let (request, queued) = (self.request, &mut queued);
                let shaking = connector.connect_with(name, stream, |tls| *queued = queue(tls, request));
                Stream::Tls(self.shake(Box::pin(shaking)).await?)
            }
            stream => {
                let stream: Box<dyn Io> = match stream {
                    Stream::Other(stream) => stream,
                    stream => Box::new(ClientStream::new(stream)),
                };
                let (request, queued) = (self.request, &mut queued);
                let shaking = connector.connect_with(name, stream, |tls| *queued = queue(tls, request));
                Stream::TlsOver(self.shake(Box::pin(shaking)).await?)
            }
        };
        self.queued = queued;
        Ok(ClientStream::new(stream))
    }

    /// A TLS handshake.
    #[cfg(feature = "rustls")]
    async fn shake<T>(
        &mut self,
        handshake: impl Future<Output = io::Result<T>>,
    ) -> Result<Box<T>, ConnectReason> {
        let boxed = async { handshake.await.map(Box::new) };
        let shaken = self.phase(Phase::Tls, self.options.tls.explained(boxed)).await?;
        shaken.map_err(|failure| self.trace.tls_failed(failure))
    }
}

/// Gives bytes to a TLS connection, which sends them once the server's certificate is verified. Returns how many it
/// took.
#[cfg(feature = "rustls")]
fn queue(tls: &mut rustls::ClientConnection, bytes: &[u8]) -> usize {
    // The rest is sent later.
    tls.writer().write(bytes).unwrap_or(0)
}

/// The TLS handshake with a proxy. Its roots are those for hosts.
#[cfg(feature = "rustls")]
async fn to_proxy(
    stream: TcpStream,
    proxy: &Proxy,
    options: &ClientOptions,
    config: Arc<rustls::ClientConfig>,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, ConnectReason> {
    let connector = tokio_rustls::TlsConnector::from(config);
    // The configured server name is not for the proxy.
    let name = crate::tls::name::server_name(proxy.host())?;
    let shaken = connector.connect(name, stream).await;
    shaken.map_err(|error| ConnectReason::Proxy(options.tls.explain(error).0))
}

/// The error of a proxy that can't be reached. A proxy's text has no credentials.
fn unreachable_proxy(proxy: &Proxy, error: io::Error) -> io::Error {
    Explained::of_cause(error.kind(), format!("the proxy {proxy} can't be reached"), error)
}

/// The connector's error, with the kind of its cause.
fn of_connector(error: impl Error + Send + Sync + 'static) -> io::Error {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    let inner = loop {
        match cause.map(|cause| (cause.downcast_ref::<io::Error>(), cause.source())) {
            None => break None,
            Some((Some(inner), _)) => break Some((inner.kind(), inner.raw_os_error())),
            Some((None, next)) => cause = next,
        }
    };
    match inner {
        Some((_, Some(code))) => io::Error::from_raw_os_error(code),
        Some((kind, None)) => io::Error::new(kind, error),
        None => io::Error::other(error),
    }
}

/// Addresses that have been looked up.
#[derive(Clone)]
struct Known(Vec<SocketAddr>);

impl Service<Name> for Known {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        ready(Ok(std::mem::take(&mut self.0).into_iter()))
    }
}

#[cfg(all(test, target_os = "linux", feature = "blocking"))]
mod tests {
    use super::*;
    use crate::tokio::deadline;

    #[tokio::test]
    async fn an_address_that_never_answers_leaves_time_for_the_next() {
        let (addresses, _listening) = address::tests::full_and_free();
        let (answers, options) = (addresses[1], ClientOptions::new());
        let (mut trace, mut deadline) = (Trace::new(), deadline(Duration::from_secs(2)));
        let mut dial = Dial {
            options: &options,
            trace: &mut trace,
            deadline: &mut deadline,
            #[cfg(feature = "rustls")]
            request: b"",
            queued: 0,
        };
        let stream = dial.first(addresses).await.expect("one that answers");
        assert_eq!(stream.peer_addr().expect("an address"), answers);
    }
}
