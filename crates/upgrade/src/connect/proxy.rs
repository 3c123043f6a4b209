//! The way through a proxy.

use std::error::Error;
use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::client::legacy::connect::proxy::{SocksV4, SocksV5};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower_service::Service;
use websocket_upgrade_proto as proto;

use proto::ExtraFields;

use crate::error::{ConnectReason, Refused};
use crate::head::ResponseHead;

/// Bytes of a proxy's head that are read.
const HEAD: usize = 16 * 1024;

/// A proxy, and who the client is to it.
#[derive(Clone)]
pub(crate) struct Proxy(Intercept);

impl Proxy {
    /// Reads a URL; one without a scheme is `http`.
    ///
    /// # Errors
    ///
    /// What is wrong with it. Nothing of the URL is in there: it may have a password.
    pub(crate) fn parse(url: &str) -> Result<Self, &'static str> {
        const NONE: &str = "not a URL with the scheme http, https, socks4, socks4a, socks5 or socks5h, a host, and perhaps a port";
        let anywhere = http::Uri::from_static("http://example.com:80/");
        let proxy = Matcher::builder().all(url).build().intercept(&anywhere).map(Self).ok_or(NONE)?;
        if !is_place(proxy.0.uri()) {
            return Err(NONE);
        }
        match proxy.0.raw_auth() {
            Some(_) if proxy.scheme().starts_with("socks4") => {
                Err("SOCKS 4 has no password: leave the user information out, or say socks5")
            }
            Some((user, password)) if user.len().max(password.len()) > 255 => {
                Err("SOCKS 5 has no user and no password of more than 255 bytes (RFC 1929)")
            }
            _ => Ok(proxy),
        }
    }

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
    /// `fields` are what the caller adds to a CONNECT. A refusal is in `refused` as far as it has come, for whoever does not wait for its end; of its body, so many bytes
    /// are kept as the limit says.
    pub(crate) async fn tunnel<S>(
        &self,
        stream: S,
        target: &http::Uri,
        fields: ExtraFields<'_>,
        limit: usize,
        refused: &mut Option<Refused>,
    ) -> Result<(S, Bytes), ConnectReason>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        match self.scheme() {
            "http" | "https" => self.connect(stream, target, fields, limit, refused).await,
            scheme => {
                let through = self.socks(scheme, stream, target.clone()).await;
                through.map(|stream| (stream, Bytes::new())).map_err(ConnectReason::Proxy)
            }
        }
    }

    /// SOCKS 5 or 4a. What the server says behind the proxy's answer stays in the stream.
    async fn socks<S>(&self, scheme: &str, stream: S, target: http::Uri) -> io::Result<S>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let connected = Connected(Some(TokioIo::new(ByteByByte(stream))));
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
        let stream = stream.map_err(|error| of_socks(error, credentials.is_some()))?;
        Ok(stream.into_inner().0)
    }

    /// HTTP CONNECT (RFC 9110 §9.3.6), by hyper's client.
    async fn connect<S>(
        &self,
        stream: S,
        target: &http::Uri,
        fields: ExtraFields<'_>,
        limit: usize,
        refused: &mut Option<Refused>,
    ) -> Result<(S, Bytes), ConnectReason>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let host = target.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        let mut request = http::Request::connect(super::target::parse(host)?).header(HOST, host);
        // The caller's own take the place of the URL's.
        let own = fields.iter().any(|field| field.name.eq_ignore_ascii_case(b"Proxy-Authorization"));
        if let Some(credentials) = self.0.basic_auth().filter(|_| !own) {
            request = request.header(PROXY_AUTHORIZATION, credentials);
        }
        for field in fields.iter() {
            request = request.header(field.name, field.value);
        }
        let request = request.body(Empty::<Bytes>::new()).map_err(|error| broken(io::Error::other(error)))?;
        let mut builder = http1::Builder::new();
        // Names in the case in which they are usually written: some proxies know no other.
        builder.max_buf_size(HEAD).title_case_headers(true);
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
type SocksError = <SocksV5<Connected<TokioIo<ByteByByte<TcpStream>>>> as Service<http::Uri>>::Error;

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

/// Whether there is a host, user information once at the most, and a port that is one where there is any: `http` takes
/// others too.
fn is_place(uri: &http::Uri) -> bool {
    let (host, authority) = (uri.host().unwrap_or_default(), uri.authority().map_or("", |all| all.as_str()));
    !host.is_empty()
        && !authority.contains(['@', '%'])
        && (uri.port_u16().is_some() || authority.trim_end_matches(':') == host)
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

/// A stream that gives a byte at a time: who reads from it takes none that is behind what is read.
struct ByteByByte<S>(S);

impl<S: AsyncRead + Unpin> AsyncRead for ByteByByte<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte);
        ready!(Pin::new(&mut self.0).poll_read(context, &mut one))?;
        buffer.put_slice(one.filled());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ByteByByte<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
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
