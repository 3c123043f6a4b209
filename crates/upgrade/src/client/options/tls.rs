//! The options of TLS.

use std::sync::Arc;

#[cfg(dials)]
use websocket_upgrade_proto::uri::Uri;

use super::ClientOptions;
#[cfg(dials)]
use crate::client::reason::ConnectReason;
use crate::tls::TlsOptions;
#[cfg(dials)]
use crate::tls::config::Alpn;

impl ClientOptions {
    /// Sets how the client does TLS. By default the platform verifies certificates, and there is no client certificate.
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

    /// Checks the TLS configuration if the URI needs TLS, before a connection is made.
    ///
    /// # Errors
    ///
    /// Why the configuration can't be used.
    #[cfg(dials)]
    pub(crate) fn check_tls(&self, uri: &Uri<'_>, alpn: Alpn) -> Result<(), ConnectReason> {
        if uri.secure() {
            self.tls.config(alpn)?;
        }
        Ok(())
    }
}
