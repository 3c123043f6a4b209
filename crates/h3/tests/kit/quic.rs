//! Endpoints of QUIC in memory, with a certificate made for the test.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::QuicClientConfig;
use quinn::{AsyncUdpSocket, ClientConfig, Endpoint, EndpointConfig, TokioRuntime, TransportConfig};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, version};

use super::network::{Network, Socket};

/// The name in the certificate.
pub(crate) const NAME: &str = "server.example.com";

/// A certificate for [`NAME`], and its key.
pub(crate) fn certificate() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let certified = rcgen::generate_simple_self_signed([NAME.to_owned()]).expect("a certificate");
    let key = certified.signing_key.serialize_der().try_into().expect("a key");
    (certified.cert.der().clone(), key)
}

/// The configuration of a client that trusts the certificate, and offers this ALPN.
pub(crate) fn client_config(certificate: CertificateDer<'static>, alpn: &[u8]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls =
        rustls::ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&version::TLS13]);
    let mut tls = tls.expect("TLS 1.3").with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = vec![alpn.to_vec()];
    let mut config =
        ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).expect("a cipher of TLS 1.3")));
    let mut transport = TransportConfig::default();
    transport.keep_alive_interval(Some(Duration::from_secs(10)));
    config.transport_config(Arc::new(transport));
    config
}

/// Both ends of a QUIC connection in memory, and what it needs to live.
pub(crate) struct Pair {
    pub(crate) network: Network,
    pub(crate) client: quinn::Connection,
    pub(crate) server: quinn::Connection,
    pub(crate) endpoints: [Endpoint; 2],
    pub(crate) client_address: SocketAddr,
    pub(crate) server_address: SocketAddr,
}

/// An endpoint in memory.
pub(crate) fn endpoint(socket: Arc<Socket>, config: Option<quinn::ServerConfig>) -> Endpoint {
    let runtime = Arc::new(TokioRuntime);
    Endpoint::new_with_abstract_socket(EndpointConfig::default(), config, socket, runtime)
        .expect("an endpoint")
}

impl Pair {
    /// Connects a client to a server that has the library's configuration of QUIC.
    pub(crate) async fn new() -> Self {
        let (certificate, key) = certificate();
        let config =
            websocket_upgrade_h3::server_config(vec![certificate.clone()], key).expect("a configuration");
        Self::of(config, client_config(certificate, b"h3")).await
    }

    /// The same with configurations of the caller's.
    pub(crate) async fn of(server: quinn::ServerConfig, client: ClientConfig) -> Self {
        let network = Network::default();
        let (listening, connecting) = (network.socket(), network.socket());
        let address = listening.local_addr().expect("an address");
        let client_address = connecting.local_addr().expect("an address");
        let (listening, connecting) = (endpoint(listening, Some(server)), endpoint(connecting, None));
        let connect = connecting.connect_with(client, address, NAME).expect("a name");
        let accept = async { listening.accept().await.expect("a connection").await };
        let (client, server) = tokio::try_join!(connect, accept).expect("a handshake");
        Self {
            network,
            client,
            server,
            endpoints: [connecting, listening],
            client_address,
            server_address: address,
        }
    }
}
