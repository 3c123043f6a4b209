//! quinn's configuration of a client's connection: TLS as the options say, and what QUIC announces to the server.

use std::io;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, IdleTimeout, TransportConfig, VarInt};
use websocket_upgrade::ConnectReason;
use websocket_upgrade::internals::Explained;
use websocket_upgrade::internals::client::QuicTls;

/// A connection without any sign of the server for this time is lost. The server may have less patience.
const IDLE: u32 = 30_000;

/// The time after which a sign of life is asked for, so that a connection on which nobody speaks stays.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// The window of a stream, as over HTTP/2.
const WINDOW: u32 = 64 * 1024;

/// Streams that the server may open towards the client: three are needed (RFC 9114 §6.2), and others may come that are
/// of no use.
const UNIDIRECTIONAL: u32 = 16;

/// None may be opened, which is an error of HTTP/3 (RFC 9114 §6.1) and not of QUIC.
const BIDIRECTIONAL: u32 = 1;

static TRANSPORT: LazyLock<Arc<TransportConfig>> = LazyLock::new(|| {
    let mut transport = TransportConfig::default();
    transport
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(IDLE))))
        .keep_alive_interval(Some(KEEP_ALIVE))
        .stream_receive_window(VarInt::from_u32(WINDOW))
        .max_concurrent_bidi_streams(VarInt::from_u32(BIDIRECTIONAL))
        .max_concurrent_uni_streams(VarInt::from_u32(UNIDIRECTIONAL))
        .datagram_receive_buffer_size(None);
    Arc::new(transport)
});

/// The configuration of a connection.
///
/// # Errors
///
/// If the provider lacks the cipher suite that QUIC begins with (RFC 9001 §5.2).
pub(super) fn config(tls: &QuicTls) -> Result<ClientConfig, ConnectReason> {
    let crypto = QuicClientConfig::try_from(tls.config()).map_err(|error| {
        let text = "QUIC can't be used with this configuration of rustls: it has no TLS13_AES_128_GCM_SHA256";
        ConnectReason::Tls(Explained::of_cause(io::ErrorKind::InvalidInput, text, error))
    })?;
    let mut config = ClientConfig::new(Arc::new(crypto));
    config.transport_config(Arc::clone(&TRANSPORT));
    Ok(config)
}
