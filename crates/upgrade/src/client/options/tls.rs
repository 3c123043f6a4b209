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
    /// How TLS is done, instead of the platform's verifier and no client certificate.
    #[must_use]
    pub fn tls(mut self, tls: TlsOptions) -> Self {
        self.tls = tls.into();
        self
    }

    /// A TLS configuration of your own: [`TlsOptions::config`] and nothing else.
    #[must_use]
    pub fn tls_config(self, config: Arc<::rustls::ClientConfig>) -> Self {
        self.tls(TlsOptions::new().config(config))
    }

    /// Whether there can be a TLS handshake for a URI that asks for one: to be checked before anyone is called.
    ///
    /// # Errors
    ///
    /// Why there can be none.
    #[cfg(dials)]
    pub(crate) fn check_tls(&self, uri: &Uri<'_>, alpn: Alpn) -> Result<(), ConnectReason> {
        if uri.secure() {
            self.tls.config(alpn)?;
        }
        Ok(())
    }
}
