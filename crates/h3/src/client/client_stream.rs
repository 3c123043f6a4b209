//! The stream of a client's WebSocket, whatever it goes over.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use websocket_upgrade::Report;
use websocket_upgrade::internals::client::keep;

use crate::stream::Stream;

/// The stream of a client's WebSocket: one of an HTTP/3 connection or, where HTTP/3 is not possible, one of
/// [`websocket_upgrade::create_upgrade_request`].
///
/// [`Stream`] says how it ends over HTTP/3.
pub struct ClientStream(Over);

enum Over {
    Http3(Box<(Stream, Report)>),
    Other(Box<websocket_upgrade::ClientStream>),
}

impl ClientStream {
    pub(super) fn http3(stream: Stream) -> Self {
        Self(Over::Http3(Box::new((stream, Report::default()))))
    }

    /// A stream over another version.
    pub(super) fn fallback(stream: websocket_upgrade::ClientStream) -> Self {
        Self(Over::Other(Box::new(stream)))
    }

    pub(super) fn keep(&mut self, report: Report) {
        match &mut self.0 {
            Over::Http3(over) => over.1 = report,
            Over::Other(stream) => keep(stream, report),
        }
    }

    /// How the connection was made: address, redirects, TLS, the time of each phase, and why it is not over HTTP/3 if
    /// it is not. A failure has the same report, [`ConnectError::report`](websocket_upgrade::ConnectError::report).
    pub fn report(&self) -> Report {
        match &self.0 {
            Over::Http3(over) => over.1.clone(),
            Over::Other(stream) => stream.report(),
        }
    }

    /// Whether it is a stream of an HTTP/3 connection.
    pub fn is_http3(&self) -> bool {
        matches!(self.0, Over::Http3(_))
    }

    /// Whether it is a stream of an HTTP/2 connection.
    pub fn is_http2(&self) -> bool {
        matches!(&self.0, Over::Other(stream) if stream.is_http2())
    }

    /// Whether it is a connection over TLS. Over HTTP/3 it always is.
    pub fn is_tls(&self) -> bool {
        match &self.0 {
            Over::Http3(_) => true,
            Over::Other(stream) => stream.is_tls(),
        }
    }

    /// The stream over HTTP/2 or HTTP/1.1, if it is one.
    pub fn as_fallback(&self) -> Option<&websocket_upgrade::ClientStream> {
        match &self.0 {
            Over::Http3(_) => None,
            Over::Other(stream) => Some(stream),
        }
    }
}

/// To the stream below, whichever it is.
macro_rules! to_variant {
    ($self:ident, $method:ident($($argument:expr),*)) => {
        match &mut $self.get_mut().0 {
            Over::Http3(over) => Pin::new(&mut over.0).$method($($argument),*),
            Over::Other(stream) => Pin::new(stream).$method($($argument),*),
        }
    };
}

impl AsyncRead for ClientStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        to_variant!(self, poll_read(context, buffer))
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        to_variant!(self, poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        to_variant!(self, poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Over::Http3(over) => over.0.is_write_vectored(),
            Over::Other(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        to_variant!(self, poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        to_variant!(self, poll_shutdown(context))
    }
}

impl fmt::Debug for ClientStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Over::Http3(over) => {
                f.debug_struct("ClientStream").field("kind", &"HTTP/3").field("report", &over.1).finish()
            }
            Over::Other(stream) => stream.fmt(f),
        }
    }
}
