//! Both ends of TLS, with certificates of the tests.

use std::sync::Arc;

use rcgen::CertifiedKey;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

pub(crate) mod authority;
mod cases;
mod child;
mod contradictions;
mod key_log;
mod platform;
pub(crate) mod server;

pub(crate) use cases::every_case;
pub(crate) use contradictions::every_contradiction;
pub(crate) use key_log::written_where_asked_for;
pub(crate) use platform::trusted_unless_others_are_alone;

/// Makes a client that trusts only these roots.
pub(crate) fn trusting(roots: &[CertificateDer<'static>]) -> Arc<ClientConfig> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone()).expect("a certificate");
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("versions");
    Arc::new(config.with_root_certificates(store).with_no_client_auth())
}

/// Makes a server with its own certificate for these names.
pub(crate) fn certified(names: &[&str]) -> (Arc<ServerConfig>, CertificateDer<'static>) {
    let names: Vec<String> = names.iter().map(|&name| name.into()).collect();
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(names).expect("a certificate");
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
    let config = config.with_single_cert(vec![cert.der().clone()], key).expect("a certificate");
    (Arc::new(config), cert.der().clone())
}

/// Installs a provider. A process has one, and only the first choice counts.
fn with_provider() {
    let _ = ring::default_provider().install_default();
}
