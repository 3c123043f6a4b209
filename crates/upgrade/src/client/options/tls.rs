//! The options of TLS.

use std::sync::Arc;

use super::ClientOptions;
use crate::tls::TlsOptions;

impl ClientOptions {
    /// Sets how the client does TLS. By default the platform verifies certificates, and there is no client
    /// certificate.
    #[must_use]
    pub fn tls(mut self, tls: TlsOptions) -> Self {
        self.tls = tls.into();
        self
    }

    /// Uses this rustls configuration, as [`TlsOptions::config`] does.
    #[must_use]
    pub fn tls_config(self, config: Arc<::rustls::ClientConfig>) -> Self {
        self.tls(TlsOptions::new().config(config))
    }
}
