//! The stream of a client's connection, whatever it goes over.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

#[cfg(feature = "proxy")]
use hyper::rt::{Read, ReadBufCursor, Write};
#[cfg(feature = "proxy")]
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(feature = "rustls")]
use websocket_upgrade_rustls::tokio_rustls::client::TlsStream;

use crate::client::report::{Report, TlsReport};
#[cfg(feature = "proxy")]
use crate::client::transport::{Io, taken};
use crate::drive::forward::forward;
use crate::upgraded::Upgraded;

/// The stream of [`create_upgrade_request`](crate::create_upgrade_request): TCP, a way through a proxy, one of the
/// caller's own, TLS over any of them, or a stream of an HTTP/2 connection.
pub struct ClientStream {
    stream: Stream,
    report: Box<Report>,
}

pub(crate) enum Stream {
    Tcp(TcpStream),
    #[cfg(feature = "rustls")]
    Tls(Box<TlsStream<TcpStream>>),
    #[cfg(feature = "proxy")]
    Other(Box<dyn Io>),
    #[cfg(all(feature = "proxy", feature = "rustls"))]
    TlsOver(Box<TlsStream<Box<dyn Io>>>),
    #[cfg(feature = "http2")]
    Http2(crate::http2::stream::Stream),
}

impl ClientStream {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, report: Box::default() }
    }

    /// What the caller's own service gives. A stream of the library's own stays what it is.
    #[cfg(feature = "proxy")]
    pub(crate) fn of_custom(stream: Box<dyn Io>) -> Self {
        taken::<Self>(stream).unwrap_or_else(|other| Self::new(Stream::Other(other)))
    }

    pub(crate) fn keep(&mut self, report: Report) {
        *self.report = report;
    }

    /// How the connection was made: proxy, address, redirects, TLS, and the time of each phase. A failure has the same
    /// report, [`ConnectError::report`](crate::ConnectError::report).
    ///
    /// It is put together when this is called: the certificate is read for it, so that no other connection pays for
    /// that.
    pub fn report(&self) -> Report {
        Report { tls: self.tls(), ..Report::clone(&self.report) }
    }

    /// The report as it was kept: of TLS, only what the stream itself does not know.
    #[cfg(feature = "proxy")]
    pub(crate) fn kept(&self) -> &Report {
        &self.report
    }

    /// The TCP connection below, TLS or not; `None` for a way through a proxy, one of the caller's own, or HTTP/2.
    pub fn tcp(&self) -> Option<&TcpStream> {
        match &self.stream {
            Stream::Tcp(stream) => Some(stream),
            #[cfg(feature = "rustls")]
            Stream::Tls(stream) => Some(stream.get_ref().0),
            #[cfg(any(feature = "http2", feature = "proxy"))]
            _ => None,
        }
    }

    /// Whether it is a connection over TLS.
    pub fn is_tls(&self) -> bool {
        #[cfg(feature = "rustls")]
        if self.connection().is_some() {
            return true;
        }
        self.report.tls.is_some()
    }

    /// Whether it is a stream of an HTTP/2 connection.
    pub fn is_http2(&self) -> bool {
        #[cfg(feature = "http2")]
        if matches!(self.stream, Stream::Http2(_)) {
            return true;
        }
        false
    }

    /// What TLS came to.
    pub(crate) fn tls(&self) -> Option<TlsReport> {
        #[cfg(feature = "rustls")]
        if let Some(connection) = self.connection() {
            return Some(TlsReport::of(connection));
        }
        self.report.tls.clone()
    }

    #[cfg(feature = "rustls")]
    fn connection(&self) -> Option<&rustls::ClientConnection> {
        match &self.stream {
            Stream::Tls(stream) => Some(stream.get_ref().1),
            #[cfg(feature = "proxy")]
            Stream::TlsOver(stream) => Some(stream.get_ref().1),
            _ => None,
        }
    }

    /// Whether `h2` was agreed by ALPN.
    #[cfg(feature = "http2")]
    #[cfg_attr(not(feature = "rustls"), allow(clippy::unused_self))] // no TLS, no ALPN
    pub(crate) fn agreed_http2(&self) -> bool {
        #[cfg(feature = "rustls")]
        if let Some(connection) = self.connection() {
            return connection.alpn_protocol() == Some(b"h2");
        }
        false
    }

    /// The caller's own stream back, if it is one of this type: what the connector or the transport has returned.
    ///
    /// # Errors
    ///
    /// This stream, if it is another one.
    #[cfg(feature = "proxy")]
    #[allow(clippy::result_large_err)] // it is the stream itself that comes back
    #[allow(clippy::match_wildcard_for_single_variants)] // the features say how many there are
    pub fn downcast<S: Read + Write + Unpin + Send + 'static>(self) -> Result<S, Self> {
        let Self { stream, report } = self;
        match stream {
            Stream::Other(other) => {
                taken(other).map_err(|other| Self { stream: Stream::Other(other), report })
            }
            stream => Err(Self { stream, report }),
        }
    }

    #[cfg(all(feature = "proxy", feature = "rustls"))]
    pub(crate) fn into_stream(self) -> Stream {
        self.stream
    }
}

impl<H> Upgraded<ClientStream, H> {
    /// How the connection was made: see [`ClientStream::report`].
    pub fn report(&self) -> Report {
        self.get_ref().report()
    }
}

/// To the stream below, whichever it is.
macro_rules! to_variant {
    ($self:ident, $context:ident, $method:ident($($argument:expr),*)) => {
        match &mut $self.get_mut().stream {
            Stream::Tcp(stream) => Pin::new(stream).$method($($argument),*),
            #[cfg(feature = "rustls")]
            Stream::Tls(stream) => Pin::new(stream).$method($($argument),*),
            #[cfg(feature = "proxy")]
            Stream::Other(stream) => Pin::new(stream).$method($($argument),*),
            #[cfg(all(feature = "proxy", feature = "rustls"))]
            Stream::TlsOver(stream) => Pin::new(stream).$method($($argument),*),
            #[cfg(feature = "http2")]
            Stream::Http2(stream) => Pin::new(stream).$method($($argument),*),
        }
    };
}

impl AsyncRead for ClientStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        to_variant!(self, context, poll_read(context, buffer))
    }
}

impl AsyncWrite for ClientStream {
    forward!(AsyncWrite, poll_shutdown, to_variant);

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Tcp(stream) => stream.is_write_vectored(),
            #[cfg(feature = "rustls")]
            Stream::Tls(stream) => stream.is_write_vectored(),
            #[cfg(feature = "proxy")]
            Stream::Other(stream) => stream.is_write_vectored(),
            #[cfg(all(feature = "proxy", feature = "rustls"))]
            Stream::TlsOver(stream) => stream.is_write_vectored(),
            #[cfg(feature = "http2")]
            Stream::Http2(stream) => stream.is_write_vectored(),
        }
    }
}

/// A connector returns a stream with hyper's traits.
#[cfg(feature = "proxy")]
impl Read for ClientStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Read::poll_read(Pin::new(&mut TokioIo::new(self)), context, buffer)
    }
}

/// To the method of tokio's trait that has the same name.
#[cfg(feature = "proxy")]
macro_rules! to_tokio {
    ($self:ident, $context:ident, $method:ident($($argument:expr),*)) => {
        AsyncWrite::$method($self, $($argument),*)
    };
}

#[cfg(feature = "proxy")]
impl Write for ClientStream {
    forward!(AsyncWrite, poll_shutdown, to_tokio);

    fn is_write_vectored(&self) -> bool {
        AsyncWrite::is_write_vectored(self)
    }
}

impl fmt::Debug for ClientStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.stream {
            Stream::Tcp(_) => "TCP",
            #[cfg(feature = "rustls")]
            Stream::Tls(_) => "TLS",
            #[cfg(all(feature = "proxy", feature = "rustls"))]
            Stream::TlsOver(_) => "TLS",
            #[cfg(feature = "proxy")]
            Stream::Other(_) => "other",
            #[cfg(feature = "http2")]
            Stream::Http2(_) => "HTTP/2",
        };
        f.debug_struct("ClientStream").field("kind", &kind).field("report", &self.report).finish()
    }
}
