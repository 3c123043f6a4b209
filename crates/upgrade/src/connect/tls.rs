//! TLS over tokio: with the host, and with a proxy.

use std::io::{self, Write};
use std::sync::Arc;

use rustls::{ClientConfig, ClientConnection};
use tokio::net::TcpStream;
use websocket_upgrade_proto as proto;
use websocket_upgrade_rustls::tokio_rustls::TlsConnector;
use websocket_upgrade_rustls::tokio_rustls::client::TlsStream;

use proto::uri::Uri;

use super::client_stream::{ClientStream, Stream};
use super::phases::Phases;
use crate::client::options::ClientOptions;
use crate::client::proxy::Proxy;
use crate::client::reason::ConnectReason;
use crate::client::report::Phase;
use crate::client::transport::Io;
use crate::tls::name::server_name;

/// The TLS handshake with the host of a URI, over a stream. Sends `request` in the same packet as its last message.
/// Returns how many bytes of the request were taken.
pub(super) async fn to_host(
    phases: &mut Phases<'_>,
    stream: Stream,
    uri: &Uri<'_>,
    config: Arc<ClientConfig>,
    request: &[u8],
) -> Result<(ClientStream, usize), ConnectReason> {
    phases.trace.enter(Phase::Tls);
    let name = phases.options.tls.server_name(uri.host())?;
    let connector = TlsConnector::from(config);
    let mut queued = 0;
    let take = |tls: &mut ClientConnection| queued = queue(tls, request);
    let stream = match stream {
        // Boxed so that a connection without TLS does not hold the state of a TLS handshake.
        Stream::Tcp(stream) => {
            Stream::Tls(shake(phases, Box::pin(connector.connect_with(name, stream, take))).await?)
        }
        stream => {
            let stream: Box<dyn Io> = match stream {
                Stream::Other(stream) => stream,
                stream => Box::new(ClientStream::new(stream)),
            };
            Stream::TlsOver(shake(phases, connector.connect_with(name, stream, take)).await?)
        }
    };
    Ok((ClientStream::new(stream), queued))
}

async fn shake<T>(
    phases: &mut Phases<'_>,
    handshake: impl Future<Output = io::Result<T>>,
) -> Result<Box<T>, ConnectReason> {
    let boxed = async { handshake.await.map(Box::new) };
    let explained = phases.options.tls.explained(boxed);
    let shaken = phases.run(Phase::Tls, explained).await?;
    shaken.map_err(|failure| phases.trace.tls_failed(failure))
}

/// Gives bytes to a TLS connection, which sends them once the server's certificate is verified. Returns how many it
/// took.
fn queue(tls: &mut ClientConnection, bytes: &[u8]) -> usize {
    // The rest is sent later.
    tls.writer().write(bytes).unwrap_or(0)
}

/// The TLS handshake with a proxy. Its roots are those for hosts.
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
