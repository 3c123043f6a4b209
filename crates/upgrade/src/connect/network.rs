//! The way through the network to a host, over tokio: name, addresses, TLS.

use websocket_upgrade_proto as proto;

use proto::uri::Uri;

use super::client_stream::{ClientStream, Stream};
#[cfg(feature = "proxy")]
use super::detour::detour;
use super::phases::Phases;
use super::tcp;
#[cfg(feature = "rustls")]
use super::tls;
use crate::client::options::ClientOptions;
use crate::client::reason::ConnectReason;
use crate::client::security::Security;
use crate::client::trace::Trace;
use crate::drive::Deadline;
use crate::options::Alpn;
use crate::tokio::Sleep;

/// Connects to the host of a URI, within the deadline and those of the phases.
#[cfg(any(feature = "http2", feature = "proxy"))]
pub(crate) async fn connect(
    uri: &Uri<'_>,
    options: &ClientOptions,
    alpn: Alpn,
    trace: &mut Trace,
    deadline: &mut Deadline<Sleep>,
) -> Result<ClientStream, ConnectReason> {
    connect_and_send(uri, options, alpn, b"", trace, deadline).await.map(|(stream, _)| stream)
}

/// Like [`connect`], and sends a request in the same packet as the last message of the TLS handshake. Returns how many
/// bytes of it were taken: none if the caller's own connector makes the stream, or without TLS.
#[cfg_attr(not(feature = "rustls"), allow(unused_variables))]
pub(crate) async fn connect_and_send(
    uri: &Uri<'_>,
    options: &ClientOptions,
    alpn: Alpn,
    request: &[u8],
    trace: &mut Trace,
    deadline: &mut Deadline<Sleep>,
) -> Result<(ClientStream, usize), ConnectReason> {
    let security = options.security(uri, alpn)?;
    let phases = &mut Phases::new(options, trace, deadline);
    let place = options.network.place(uri)?;
    #[cfg(not(feature = "proxy"))]
    options.check_without_proxy(uri)?;
    #[cfg(feature = "proxy")]
    if let Some(stream) = detour(phases, uri, place).await? {
        return match security {
            Security::None => Ok((stream, 0)),
            #[cfg(feature = "rustls")]
            Security::Tls(config) => tls::over(phases, stream, uri, config, request).await,
        };
    }
    let stream = tcp::connect(phases, place.host, place.port).await?;
    match security {
        Security::None => Ok((ClientStream::new(Stream::Tcp(stream)), 0)),
        #[cfg(feature = "rustls")]
        Security::Tls(config) => tls::over_tcp(phases, stream, uri, config, request).await,
    }
}
