//! QUIC for a server of HTTP/3.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use quinn::TransportConfig;
use quinn::crypto::rustls::QuicServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use websocket_upgrade::internals::server::provider;

use super::streams::FIRST;

/// The bytes that one stream may send before they are read.
const WINDOW: u32 = 64 * 1024;

/// Streams in one direction that the client may have: its control stream and two of QPACK (RFC 9114 §6.2), and some
/// without a meaning.
const UNIDIRECTIONAL: u32 = 8;

/// The time between two signs of life. It is below the usual idle timeouts of 30 seconds.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Makes the configuration of a server of QUIC, for HTTP/3, from a certificate with its chain and its key.
///
/// | | |
/// |---|---|
/// | TLS | 1.3, with the process' provider of cryptography or that of a feature; no certificate of a client |
/// | ALPN | `h3` (RFC 9114 §3.1) |
/// | 0-RTT | none: a request in it could be replayed |
/// | window of a stream | 64 KiB; all streams together may have as much as they have windows |
/// | streams in both directions | 100 at first; [`Connection`](crate::Connection) announces more |
/// | streams in one direction | 8 |
/// | keep-alive | every 10 seconds, so that a silent WebSocket lives |
/// | idle timeout | 30 seconds: a client that has gone is noticed then |
///
/// With other needs, make rustls' configuration yourself and give it to [`server_config_with`].
///
/// # Errors
///
/// If there is no provider of cryptography, or if it does not take certificate and key.
pub fn server_config(
    certificates: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> io::Result<quinn::ServerConfig> {
    let provider = provider().ok_or_else(|| io::Error::other("no provider of cryptography is installed"))?;
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key));
    server_config_with(tls.map_err(io::Error::other)?)
}

/// As [`server_config`], with a configuration of rustls: for several certificates, or those of clients. ALPN and 0-RTT
/// are set here.
///
/// # Errors
///
/// If TLS 1.3 is not enabled, or has no cipher suite that QUIC needs.
pub fn server_config_with(mut tls: rustls::ServerConfig) -> io::Result<quinn::ServerConfig> {
    tls.alpn_protocols = vec![b"h3".to_vec()];
    tls.max_early_data_size = 0;
    let tls = QuicServerConfig::try_from(tls).map_err(io::Error::other)?;
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(tls));
    let mut transport = TransportConfig::default();
    transport
        .stream_receive_window(WINDOW.into())
        .max_concurrent_bidi_streams(FIRST.into())
        .max_concurrent_uni_streams(UNIDIRECTIONAL.into())
        .keep_alive_interval(Some(KEEP_ALIVE));
    config.transport_config(Arc::new(transport));
    Ok(config)
}
