//! What secures a client's connections. It is known before anything is dialled.

#[cfg(feature = "rustls")]
use std::sync::Arc;

use websocket_upgrade_proto::uri::Uri;

use super::options::ClientOptions;
#[cfg(feature = "proxy")]
use super::proxy::Proxy;
use super::reason::ConnectReason;
use crate::options::Alpn;

/// What secures a connection.
pub(crate) enum Security {
    /// Nothing, or the caller's own connector.
    None,
    /// TLS with this configuration.
    #[cfg(feature = "rustls")]
    Tls(Arc<::rustls::ClientConfig>),
}

impl ClientOptions {
    /// Returns what secures a connection to the host of a URI.
    ///
    /// # Errors
    ///
    /// Why there can be no TLS, if the URI needs it.
    #[cfg_attr(not(feature = "rustls"), allow(clippy::unused_self, unused_variables))]
    pub(crate) fn security(&self, uri: &Uri<'_>, alpn: Alpn) -> Result<Security, ConnectReason> {
        if !uri.secure() || self.network.includes_tls() {
            return Ok(Security::None);
        }
        #[cfg(feature = "rustls")]
        return Ok(Security::Tls(self.tls.config(alpn)?));
        #[cfg(not(feature = "rustls"))]
        Err(ConnectReason::no_tls("wss:// needs TLS"))
    }

    /// Returns what secures the connection to a proxy. Options that are only for the URL's origin are not for the
    /// proxy.
    ///
    /// # Errors
    ///
    /// Why there can be no TLS, if the proxy needs it.
    #[cfg(feature = "proxy")]
    #[cfg_attr(not(feature = "rustls"), allow(clippy::unused_self))]
    pub(crate) fn security_to(&self, proxy: &Proxy) -> Result<Security, ConnectReason> {
        if !proxy.secure() {
            return Ok(Security::None);
        }
        #[cfg(feature = "rustls")]
        return Ok(Security::Tls(self.tls.elsewhere().config(Alpn::Http11)?));
        #[cfg(not(feature = "rustls"))]
        Err(ConnectReason::no_tls("an https:// proxy needs TLS"))
    }
}
