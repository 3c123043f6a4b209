//! TLS for `wss://`: rustls, with the platform's verifier unless the options bring a configuration.

use std::io;
use std::sync::{Arc, OnceLock};

use ::rustls::ClientConfig;
use ::rustls::crypto::CryptoProvider;
use ::rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt;

use crate::error::ConnectError;

/// A configuration that is made once, when it is needed first, and shared by the clones of the options.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tls(Arc<OnceLock<Arc<ClientConfig>>>);

impl Tls {
    pub(crate) fn new(config: Arc<ClientConfig>) -> Self {
        Self(Arc::new(OnceLock::from(config)))
    }

    /// The configuration for a connection.
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, ConnectError> {
        let config = if let Some(config) = self.0.get() {
            config
        } else {
            let config = platform_config()?;
            self.0.get_or_init(|| config)
        };
        Ok(Arc::clone(config))
    }
}

/// The name or address for which the host's certificate is verified.
pub(crate) fn server_name(host: &str) -> Result<ServerName<'static>, ConnectError> {
    let invalid = |error| ConnectError::Tls(io::Error::new(io::ErrorKind::InvalidInput, error));
    ServerName::try_from(host.to_owned()).map_err(invalid)
}

/// The platform's verifier, no client certificate, HTTP/1.1.
fn platform_config() -> Result<Arc<ClientConfig>, ConnectError> {
    // rustls' own builder panics where there is none.
    let provider = CryptoProvider::get_default().ok_or(ConnectError::NoTlsProvider)?;
    let mut config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|error| ConnectError::Tls(io::Error::other(error)))?
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
