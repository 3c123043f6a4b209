//! A client's way to a stream: name, connection and TLS.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use ::tokio::net::TcpStream;
use websocket_upgrade_proto as proto;

use proto::client::Request;
use proto::uri::Uri;

use super::{Tokio, deadline};
use crate::dial;
use crate::drive::exchange;
use crate::error::ConnectError;
use crate::event;
use crate::head::ResponseHead;
use crate::options::ClientOptions;
#[cfg(feature = "rustls")]
use crate::tls;
use crate::upgraded::Upgraded;

/// Client: connects to a `ws://` or `wss://` URL, sends the upgrade request, validates the response, and gives the
/// stream together with what both sides agreed on (RFC 6455 §4.1).
///
/// `wss://` needs the feature `rustls`; unless the options have a configuration, certificates are verified by the
/// platform.
///
/// # Errors
///
/// [`ConnectError`]: the server's refusal, with status, fields and body, apart from a response that breaks the protocol,
/// and from failures to connect.
///
/// # Cancel safety
///
/// Dropping the future closes the connection; nothing is left behind.
pub async fn create_upgrade_request(
    url: &str,
    options: &ClientOptions,
) -> Result<Upgraded<ClientStream, ResponseHead>, ConnectError> {
    Box::pin(connect_and_exchange(url, options)).await.inspect_err(event::failed)
}

async fn connect_and_exchange(
    url: &str,
    options: &ClientOptions,
) -> Result<Upgraded<ClientStream, ResponseHead>, ConnectError> {
    let mut deadline = deadline(options.time());
    let uri = Uri::parse(url).map_err(ConnectError::Uri)?;
    let extensions = options.extensions();
    // What can't be asked is told before anyone is called.
    let request = Request::new(&uri, &options.core(&extensions)).map_err(ConnectError::Options)?;
    let stream = deadline.within(connect(&uri, options)).await.map_err(|_| ConnectError::Deadline)??;
    exchange::<Tokio, _>(stream, request, &mut deadline).await
}

#[cfg_attr(not(feature = "rustls"), allow(unused_variables))]
async fn connect(uri: &Uri<'_>, options: &ClientOptions) -> Result<ClientStream, ConnectError> {
    let host = dial::host(uri);
    let stream = TcpStream::connect((host, uri.port())).await.map_err(ConnectError::Connect)?;
    // The head goes out in one write, and what comes behind it is for the codec to time.
    stream.set_nodelay(true).map_err(ConnectError::Connect)?;
    if !uri.secure() {
        return Ok(ClientStream(Stream::Plain(stream)));
    }
    #[cfg(feature = "rustls")]
    {
        let connector = tokio_rustls::TlsConnector::from(options.tls.config()?);
        let stream = connector.connect(tls::server_name(host)?, stream).await.map_err(ConnectError::Tls)?;
        Ok(ClientStream(Stream::Tls(Box::new(stream))))
    }
    #[cfg(not(feature = "rustls"))]
    {
        Err(dial::no_tls())
    }
}

/// The stream of [`create_upgrade_request`]: TCP, or TLS over it.
#[derive(Debug)]
pub struct ClientStream(Stream);

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    #[cfg(feature = "rustls")]
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

impl ClientStream {
    /// The connection below, TLS or not.
    pub fn tcp(&self) -> &TcpStream {
        match &self.0 {
            Stream::Plain(stream) => stream,
            #[cfg(feature = "rustls")]
            Stream::Tls(stream) => stream.get_ref().0,
        }
    }

    /// Whether it is a connection over TLS.
    pub fn is_tls(&self) -> bool {
        !matches!(self.0, Stream::Plain(_))
    }
}

macro_rules! forward {
    ($self:ident, $method:ident($($argument:expr),*)) => {
        match &mut $self.get_mut().0 {
            Stream::Plain(stream) => Pin::new(stream).$method($($argument),*),
            #[cfg(feature = "rustls")]
            Stream::Tls(stream) => Pin::new(stream).$method($($argument),*),
        }
    };
}

impl AsyncRead for ClientStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        forward!(self, poll_read(context, buffer))
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        forward!(self, poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        forward!(self, poll_write_vectored(context, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Stream::Plain(stream) => stream.is_write_vectored(),
            #[cfg(feature = "rustls")]
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(self, poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(self, poll_shutdown(context))
    }
}
