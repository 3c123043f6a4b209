//! A client's way to a stream: name, connection and TLS.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll};

use ::async_io::{Async, Timer};
use ::futures_io::{AsyncRead, AsyncWrite};
use websocket_upgrade_proto as proto;

use proto::client::Request;
use proto::uri::Uri;

use super::Futures;
use crate::dial;
use crate::drive::{Deadline, exchange};
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
/// Needs the feature `async-io`, whose timer keeps the deadline. `wss://` needs the feature `rustls`; unless the options
/// have a configuration, certificates are verified by the platform.
///
/// # Errors
///
/// [`ConnectError`]: the server's refusal, with status, fields and body, apart from a response that breaks the protocol,
/// and from failures to connect.
///
/// # Cancel safety
///
/// Dropping the future closes the connection; nothing is left behind but a thread that may still look up the name.
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
    // A time beyond every clock is a timer that never ends.
    let mut deadline = Deadline::new(Timer::after(options.time()));
    let uri = Uri::parse(url).map_err(ConnectError::Uri)?;
    let extensions = options.extensions();
    // What can't be asked is told before anyone is called.
    let request = Request::new(&uri, &options.core(&extensions)).map_err(ConnectError::Options)?;
    let stream = deadline.within(connect(&uri, options)).await.map_err(|_| ConnectError::Deadline)??;
    exchange::<Futures<Timer>, _>(stream, request, &mut deadline).await
}

#[cfg_attr(not(feature = "rustls"), allow(unused_variables))]
async fn connect(uri: &Uri<'_>, options: &ClientOptions) -> Result<ClientStream, ConnectError> {
    let host = dial::host(uri);
    let stream = Tcp::connect(host, uri.port()).await.map_err(ConnectError::Connect)?;
    if !uri.secure() {
        return Ok(ClientStream(Stream::Plain(stream)));
    }
    #[cfg(feature = "rustls")]
    {
        let connector = futures_rustls::TlsConnector::from(options.tls.config()?);
        let stream = connector.connect(tls::server_name(host)?, stream).await.map_err(ConnectError::Tls)?;
        Ok(ClientStream(Stream::Tls(Box::new(stream))))
    }
    #[cfg(not(feature = "rustls"))]
    {
        Err(dial::no_tls())
    }
}

/// A connection whose sending side is ended by `poll_close`, which async-io's own does not do.
#[derive(Debug)]
struct Tcp(Async<TcpStream>);

impl Tcp {
    /// To the first of the host's addresses that answers.
    async fn connect(host: &str, port: u16) -> io::Result<Self> {
        let addresses = if let Some(address) = dial::literal(host, port) {
            vec![address]
        } else {
            let host = host.to_owned();
            ::blocking::unblock(move || dial::addresses(&host, port)).await?
        };
        let mut failed = None;
        for address in addresses {
            match Async::<TcpStream>::connect(address).await {
                Ok(stream) => {
                    // The head goes out in one write, and what comes behind it is for the codec to time.
                    stream.get_ref().set_nodelay(true)?;
                    return Ok(Self(stream));
                }
                Err(error) => failed = Some(error),
            }
        }
        Err(failed.unwrap_or_else(dial::no_address))
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

/// The stream of [`create_upgrade_request`]: TCP, or TLS over it.
#[derive(Debug)]
pub struct ClientStream(Stream);

#[derive(Debug)]
enum Stream {
    Plain(Tcp),
    #[cfg(feature = "rustls")]
    Tls(Box<futures_rustls::client::TlsStream<Tcp>>),
}

impl ClientStream {
    /// The connection below, TLS or not.
    pub fn tcp(&self) -> &TcpStream {
        match &self.0 {
            Stream::Plain(stream) => stream.0.get_ref(),
            #[cfg(feature = "rustls")]
            Stream::Tls(stream) => stream.get_ref().0.0.get_ref(),
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
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        forward!(self, poll_read(context, space))
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

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(self, poll_flush(context))
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(self, poll_close(context))
    }
}
