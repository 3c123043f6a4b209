//! TLS over tokio: with the host, and with a proxy.

use std::io::Write;
use std::sync::Arc;

use rustls::{ClientConfig, ClientConnection};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use websocket_upgrade_proto as proto;
use websocket_upgrade_rustls::tokio_rustls::TlsConnector;
use websocket_upgrade_rustls::tokio_rustls::client::TlsStream;

use proto::uri::Uri;

use super::client_stream::{ClientStream, Stream};
use super::phases::Phases;
#[cfg(feature = "proxy")]
use crate::client::options::ClientOptions;
#[cfg(feature = "proxy")]
use crate::client::proxy::Proxy;
use crate::client::reason::ConnectReason;
use crate::client::report::Phase;
#[cfg(feature = "proxy")]
use crate::client::transport::Io;
#[cfg(feature = "proxy")]
use crate::tls::name::server_name;

/// The TLS handshake with the host of a URI, over a TCP connection. Sends `request` in the same packet as its last
/// message. Returns how many bytes of the request were taken.
pub(super) async fn over_tcp(
    phases: &mut Phases<'_>,
    stream: TcpStream,
    uri: &Uri<'_>,
    config: Arc<ClientConfig>,
    request: &[u8],
) -> Result<(ClientStream, usize), ConnectReason> {
    let (stream, queued) = shake(phases, stream, uri, config, request).await?;
    Ok((ClientStream::new(Stream::Tls(stream)), queued))
}

/// The same over any stream.
#[cfg(feature = "proxy")]
pub(super) async fn over(
    phases: &mut Phases<'_>,
    stream: ClientStream,
    uri: &Uri<'_>,
    config: Arc<ClientConfig>,
    request: &[u8],
) -> Result<(ClientStream, usize), ConnectReason> {
    let stream: Box<dyn Io> = match stream.into_stream() {
        Stream::Tcp(stream) => return over_tcp(phases, stream, uri, config, request).await,
        Stream::Other(stream) => stream,
        stream => Box::new(ClientStream::new(stream)),
    };
    let (stream, queued) = shake(phases, stream, uri, config, request).await?;
    Ok((ClientStream::new(Stream::TlsOver(stream)), queued))
}

async fn shake<S: AsyncRead + AsyncWrite + Unpin>(
    phases: &mut Phases<'_>,
    stream: S,
    uri: &Uri<'_>,
    config: Arc<ClientConfig>,
    request: &[u8],
) -> Result<(Box<TlsStream<S>>, usize), ConnectReason> {
    phases.trace.enter(Phase::Tls);
    let name = phases.options.tls.server_name(uri.host())?;
    let mut queued = 0;
    let take = |tls: &mut ClientConnection| queued = queue(tls, request);
    // Boxed so that a connection without TLS does not hold the state of a TLS handshake.
    let handshake = Box::pin(TlsConnector::from(config).connect_with(name, stream, take));
    let boxed = async { handshake.await.map(Box::new) };
    let explained = phases.options.tls.explained(boxed);
    let shaken = phases.run(Phase::Tls, explained).await?;
    let stream = shaken.map_err(|failure| phases.trace.tls_failed(failure))?;
    Ok((stream, queued))
}

/// Gives bytes to a TLS connection, which sends them once the server's certificate is verified. Returns how many it
/// took.
fn queue(tls: &mut ClientConnection, bytes: &[u8]) -> usize {
    // The rest is sent later.
    tls.writer().write(bytes).unwrap_or(0)
}

/// The TLS handshake with a proxy. Its roots are those for hosts.
#[cfg(feature = "proxy")]
pub(super) async fn to_proxy(
    stream: TcpStream,
    proxy: &Proxy,
    options: &ClientOptions,
    config: Arc<ClientConfig>,
) -> Result<TlsStream<TcpStream>, ConnectReason> {
    let connector = TlsConnector::from(config);
    // The configured server name is not for the proxy.
    let shaken = connector.connect(server_name(proxy.host())?, stream).await;
    shaken.map_err(|error| ConnectReason::Proxy(options.tls.explain(error).0))
}
