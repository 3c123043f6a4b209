//! Proxies: which one there is for a URI, and the way through it.

use std::error::Error;
use std::fmt;
use std::io;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::client::legacy::connect::proxy::{SocksV4, SocksV5};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tower_service::Service;

use crate::error::{ConnectReason, Refused};
use crate::head::ResponseHead;

/// Bytes of a proxy's head that are read.
const HEAD: usize = 16 * 1024;

/// Where a client's proxies are named.
#[derive(Clone)]
pub(crate) enum Proxies {
    /// In the environment, read when it is needed first.
    Environment(Arc<OnceLock<Option<Rules>>>),
    /// In the options.
    Explicit(Arc<Rules>),
    /// Nowhere.
    None,
}

impl Proxies {
    /// `None` if the URL is not one of a proxy.
    pub(crate) fn explicit(url: &str, except: &str) -> Option<Self> {
        let anywhere = http::Uri::from_static("http://example.com:80/");
        let all = Matcher::builder().all(url).build();
        // A scheme of its own is asked for: the matcher takes none for http.
        let known =
            url.contains("://") && all.intercept(&anywhere).is_some_and(|proxy| is_place(proxy.uri()));
        known.then(|| {
            Self::Explicit(Arc::new(Rules::new(|no| Matcher::builder().all(url).no(no).build(), except)))
        })
    }

    /// The proxy for a target of [`target`](super::target::target).
    pub(crate) fn intercept(&self, target: impl FnOnce() -> Option<http::Uri>) -> Option<Proxy> {
        let rules = match self {
            Self::None => return None,
            Self::Explicit(rules) => rules,
            Self::Environment(read) => read.get_or_init(Rules::from_env).as_ref()?,
        };
        rules.intercept(&target()?).map(Proxy)
    }
}

impl Default for Proxies {
    fn default() -> Self {
        Self::Environment(Arc::default())
    }
}

/// Shows no credentials.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(_) => f.write_str("Environment"),
            Self::Explicit(rules) => rules.matcher.fmt(f),
            Self::None => f.write_str("None"),
        }
    }
}

/// What goes through which proxy.
pub(crate) struct Rules {
    matcher: Matcher,
    /// Whether all goes straight, as `*` says: the matcher takes it for all names, and addresses are none.
    none: bool,
    /// Hosts that go straight there, at a port or at all: the matcher knows no ports, and no brackets.
    straight: Vec<(Option<u16>, Matcher)>,
}

impl Rules {
    /// `except` as in `NO_PROXY`; `matcher` makes one of what has no port.
    fn new(matcher: impl FnOnce(&str) -> Matcher, except: &str) -> Self {
        let (mut plain, mut straight) = (Vec::new(), Vec::new());
        for entry in except.split(',').map(str::trim) {
            match split_port(entry) {
                Some((host, port)) => {
                    let host = if host == "*" { "*,0.0.0.0/0,::/0" } else { host };
                    let none = Matcher::builder().all("http://proxy.invalid").no(host).build();
                    straight.push((port, none));
                }
                None => plain.push(entry),
            }
        }
        Self { matcher: matcher(&plain.join(",")), none: plain.contains(&"*"), straight }
    }

    /// `None` if the environment names no proxy.
    fn from_env() -> Option<Self> {
        const NAMES: [&str; 6] =
            ["ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"];
        let named = NAMES.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
        let except = std::env::var("NO_PROXY").or_else(|_| std::env::var("no_proxy")).unwrap_or_default();
        // The matcher reads the plain entries itself.
        named.then(|| Self::new(|_| Matcher::from_env(), &except))
    }

    fn intercept(&self, target: &http::Uri) -> Option<Intercept> {
        let port = target.port_u16();
        let goes_straight = |(at, matcher): &(Option<u16>, Matcher)| {
            (at.is_none() || *at == port) && matcher.intercept(target).is_none()
        };
        let straight = self.none || self.straight.iter().any(goes_straight);
        if straight { None } else { self.matcher.intercept(target) }
    }
}

/// Whether there is a host, and a port that is one where there is any: `http` takes others too.
fn is_place(uri: &http::Uri) -> bool {
    let (host, authority) = (uri.host().unwrap_or_default(), uri.authority().map_or("", |all| all.as_str()));
    !host.is_empty() && (uri.port_u16().is_some() || authority.trim_end_matches(':') == host)
}

/// `HOST:PORT`, or an IPv6 address in brackets; one without has no port.
fn split_port(entry: &str) -> Option<(&str, Option<u16>)> {
    if let Some((address, port)) = entry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return match port.strip_prefix(':') {
            Some(port) => Some((address, Some(port.parse().ok()?))),
            None => port.is_empty().then_some((address, None)),
        };
    }
    let (host, port) = entry.rsplit_once(':')?;
    if host.contains(':') { None } else { Some((host, Some(port.parse().ok()?))) }
}

/// A proxy that a URI goes through.
pub(crate) struct Proxy(Intercept);

impl Proxy {
    fn scheme(&self) -> &str {
        self.0.uri().scheme_str().unwrap_or("http")
    }

    /// Without brackets.
    pub(crate) fn host(&self) -> &str {
        self.0.uri().host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    pub(crate) fn port(&self) -> u16 {
        let default = match self.scheme() {
            "http" => 80,
            "https" => 443,
            _ => 1080,
        };
        self.0.uri().port_u16().unwrap_or(default)
    }

    /// Whether it is spoken to over TLS.
    pub(crate) fn secure(&self) -> bool {
        self.scheme() == "https"
    }

    /// Makes a way to the target, over a connection to the proxy: the stream, and bytes that came behind the answer.
    ///
    /// A refusal is in `refused` as far as it has come, for whoever does not wait for its end; of its body, so many bytes
    /// are kept as the limit says.
    pub(crate) async fn tunnel<S>(
        &self,
        stream: S,
        target: &http::Uri,
        limit: usize,
        refused: &mut Option<Refused>,
    ) -> Result<(S, Bytes), ConnectReason>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        match self.scheme() {
            "http" | "https" => self.connect(stream, target, limit, refused).await,
            scheme => {
                let through = self.socks(scheme, stream, target.clone()).await;
                through.map(|stream| (stream, Bytes::new())).map_err(ConnectReason::Proxy)
            }
        }
    }

    /// SOCKS 5 or 4a. A server behind it says nothing before it is asked: there are no bytes behind the answer.
    async fn socks<S>(&self, scheme: &str, stream: S, target: http::Uri) -> io::Result<S>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let connected = Connected(Some(TokioIo::new(stream)));
        let proxy = self.0.uri().clone();
        let credentials = self.0.raw_auth();
        let stream = if scheme.starts_with("socks4") {
            SocksV4::new(proxy, connected).call(target).await
        } else {
            let mut service = SocksV5::new(proxy, connected);
            if let Some((user, password)) = credentials {
                service = service.with_auth(user.to_owned(), password.to_owned());
            }
            service.call(target).await
        };
        stream.map(TokioIo::into_inner).map_err(|error| of_socks(error, credentials.is_some()))
    }

    /// HTTP CONNECT (RFC 9110 §9.3.6), by hyper's client.
    async fn connect<S>(
        &self,
        stream: S,
        target: &http::Uri,
        limit: usize,
        refused: &mut Option<Refused>,
    ) -> Result<(S, Bytes), ConnectReason>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let host = target.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        let mut request = http::Request::connect(super::target::parse(host)?).header(HOST, host);
        if let Some(credentials) = self.0.basic_auth() {
            request = request.header(PROXY_AUTHORIZATION, credentials);
        }
        let request = request.body(Empty::<Bytes>::new()).map_err(|error| broken(io::Error::other(error)))?;
        let mut builder = http1::Builder::new();
        builder.max_buf_size(HEAD);
        let (mut sender, connection) =
            builder.handshake(TokioIo::new(stream)).await.map_err(|error| broken(of_hyper(error)))?;
        let mut driven = Driven { connection, ended: false };
        let answer = driven.with(sender.send_request(request)).await;
        let answer = answer.map_err(|error| broken(of_hyper(error)))?;
        if !answer.status().is_success() {
            driven.refusal(answer, limit, refused).await;
            let refused = refused.take().map(Box::new);
            return Err(refused.map_or(ConnectReason::Deadline, ConnectReason::ProxyRefused));
        }
        // Nothing more is asked: behind a status that has no body (204) hyper would wait for another request.
        drop((answer, sender));
        driven.end().await.map_err(|error| broken(of_hyper(error)))?;
        let parts = driven.connection.into_parts();
        Ok((parts.io.into_inner(), parts.read_buf))
    }
}

fn broken(error: io::Error) -> ConnectReason {
    ConnectReason::Proxy(error)
}

/// hyper's error with a kind: what the network does is told from what the proxy says.
fn of_hyper(error: hyper::Error) -> io::Error {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    let kind = match cause {
        _ if error.is_parse() => io::ErrorKind::InvalidData,
        _ if error.is_incomplete_message() => io::ErrorKind::UnexpectedEof,
        Some(kind) => kind,
        None => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

/// hyper-util's error of both versions of SOCKS, which it has no name for.
type SocksError = <SocksV5<Connected<TokioIo<TcpStream>>> as Service<http::Uri>>::Error;

/// hyper-util's error with a kind, in the same way.
fn of_socks(error: SocksError, has_credentials: bool) -> io::Error {
    /// Words of what a proxy would say again. Its other refusals are about the network behind it.
    const MEANT: [&str; 6] =
        ["credentials", "authentication", "not allowed", "not supported", "ident", "255 characters"];
    let kind = match error {
        SocksError::Io(error) | SocksError::Inner(error) => return error,
        SocksError::V4(_) | SocksError::V5(_) => {
            let said = error.to_string();
            if !has_credentials && said.contains("does not support user/pass") {
                let error = "SOCKS error: the proxy wants credentials";
                return io::Error::new(io::ErrorKind::PermissionDenied, error);
            }
            let meant = MEANT.iter().any(|word| said.contains(word));
            if meant { io::ErrorKind::PermissionDenied } else { io::ErrorKind::HostUnreachable }
        }
        SocksError::Parsing(_) => io::ErrorKind::InvalidData,
        SocksError::Serialize(_) | SocksError::MissingHost | SocksError::MissingPort => {
            io::ErrorKind::InvalidInput
        }
        SocksError::DnsFailure => io::ErrorKind::NotFound,
    };
    io::Error::new(kind, error)
}

/// The scheme, host and port.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme(), self.0.uri().host().unwrap_or_default(), self.port())
    }
}

/// A connection of hyper's that is driven by whoever waits for something of it: no task is left behind.
struct Driven<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> {
    connection: http1::Connection<TokioIo<S>, Empty<Bytes>>,
    ended: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Driven<S> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        if self.ended {
            return Poll::Ready(Ok(()));
        }
        let ended = self.connection.poll_without_shutdown(context);
        self.ended = ended.is_ready();
        ended
    }

    /// What the work gives, which the connection feeds.
    async fn with<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        std::future::poll_fn(|context| {
            // How it ends, whoever waits is told.
            let _ = self.poll(context);
            work.as_mut().poll(context)
        })
        .await
    }

    async fn end(&mut self) -> hyper::Result<()> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// Reads a refusal, with as much of its body as is kept.
    async fn refusal(
        &mut self,
        answer: http::Response<Incoming>,
        limit: usize,
        refused: &mut Option<Refused>,
    ) {
        let (head, mut body) = ResponseHead::from_http(answer);
        let refused = refused.insert(Refused { head, body: Vec::new(), truncated: true });
        while let Some(frame) = self.with(body.frame()).await {
            let Ok(frame) = frame else { return };
            let data = frame.into_data().unwrap_or_default();
            let room = limit - refused.body.len();
            refused.body.extend_from_slice(data.get(..room).unwrap_or(&data));
            if data.len() > room {
                return;
            }
        }
        refused.truncated = false;
    }
}

/// A stream that is connected already, as a service that connects.
#[derive(Clone)]
struct Connected<S>(Option<S>);

impl<S> Service<http::Uri> for Connected<S> {
    type Response = S;
    type Error = io::Error;
    type Future = std::future::Ready<io::Result<S>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Uri) -> Self::Future {
        std::future::ready(self.0.take().ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}
