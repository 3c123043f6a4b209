//! A certificate for all servers of the tests, and a client that trusts it.

use std::sync::{Arc, LazyLock};

use rcgen::CertifiedKey;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

/// The hosts of the certificate.
const NAMES: [&str; 5] = ["a.example", "b.example", "sub.a.example", "127.0.0.1", "::1"];

static BOTH: LazyLock<(Arc<ServerConfig>, Arc<ClientConfig>)> = LazyLock::new(|| {
    let names = NAMES.map(str::to_owned).to_vec();
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(names).expect("a certificate");
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
    let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let server = server.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
    let server = server.with_single_cert(vec![cert.der().clone()], key).expect("a certificate");
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).expect("a certificate");
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let client = client.with_safe_default_protocol_versions().expect("versions");
    (Arc::new(server), Arc::new(client.with_root_certificates(roots).with_no_client_auth()))
});

/// Makes a server's side of TLS.
pub(crate) fn acceptor() -> TlsAcceptor {
    TlsAcceptor::from(Arc::clone(&BOTH.0))
}

/// Makes the configuration of a server.
pub(crate) fn config() -> Arc<ServerConfig> {
    Arc::clone(&BOTH.0)
}

/// Makes a client that trusts only this certificate.
pub(crate) fn trusting() -> Arc<ClientConfig> {
    Arc::clone(&BOTH.1)
}
