//! The options of TLS.

use std::fmt;
use std::sync::Arc;

use ::rustls::{ClientConfig, RootCertStore};

use websocket_upgrade_proto::error::Excerpt;

use super::config::Tls;
use super::name::parse_name;
use super::wanted::{Identity, Wanted, certificates};
use crate::options::OptionsError;

/// How a client does TLS: which roots it trusts, its own certificate, and the name that the server must have.
///
/// By default the platform verifies the server's certificate. The configuration of rustls is built once, for the first
/// connection. Clones share it, and with it the sessions that can be resumed. The crypto provider is the one that the
/// process has installed by then. If there is none, it is that of the feature `aws-lc-rs`, or else that of the feature
/// `ring`; it is not installed for the process. Without any provider, the client does not connect and fails with
/// [`ConnectReason::NoTlsProvider`](crate::ConnectReason::NoTlsProvider).
///
/// Options that contradict each other are an error: where the second one is given, or else at the first connection,
/// before anything is sent ([`ConnectReason::Tls`](crate::ConnectReason::Tls)).
///
/// ```no_run
/// use websocket_upgrade::{ClientOptions, TlsOptions};
///
/// let tls = TlsOptions::new().root_certificates(std::fs::read("development-ca.pem")?)?;
/// let options = ClientOptions::new().tls(tls);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct TlsOptions(pub(super) Tls);

impl TlsOptions {
    /// Creates options with the platform's verifier and no client certificate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts these root certificates in addition. `pem` is PEM (RFC 7468 §5): all certificates in it are added, and
    /// other sections are ignored.
    ///
    /// For a server with a self-signed certificate, add that certificate. It must not be marked as an authority's
    /// (`CA:TRUE`).
    ///
    /// # Errors
    ///
    /// If it contains no certificate, or one that can't be read.
    pub fn root_certificates(self, pem: impl AsRef<[u8]>) -> Result<Self, OptionsError> {
        let roots = certificates(pem.as_ref(), "root certificates")?;
        for (index, root) in roots.iter().enumerate() {
            RootCertStore::empty().add(root.clone()).map_err(|error| {
                OptionsError::tls(format!("root certificates: number {} can't be read: {error}", index + 1))
            })?;
        }
        self.with(|wanted| wanted.roots.extend(roots)).checked()
    }

    /// Trusts only the roots of [`root_certificates`](Self::root_certificates), and not those of the platform.
    ///
    /// Without any root the first connection fails.
    #[must_use]
    pub fn only_these_roots(self) -> Self {
        self.with(|wanted| wanted.only_these_roots = true)
    }

    /// Sets the client's own certificate, for servers that ask for one (RFC 8446 §4.3.2).
    ///
    /// `chain` is PEM with the client's certificate first, followed by those that lead to its root. `key` is PEM with
    /// the unencrypted key in PKCS#8, PKCS#1 or SEC1. Both can be the same PEM.
    ///
    /// # Errors
    ///
    /// If one of them is missing or can't be read, or if the key does not belong to the certificate. Without a crypto
    /// provider, the last of these is found at the first connection.
    pub fn client_certificate(
        self,
        chain: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, OptionsError> {
        let identity = Identity::read(chain.as_ref(), key.as_ref())?;
        self.with(|wanted| wanted.identity = Some(Arc::new(identity))).checked()
    }

    /// Sends the client certificate to other peers too, if they ask for one: to other origins after a redirect, and to
    /// a proxy over TLS. By default only the URL's origin gets it. This is also about the certificate of a
    /// [`config`](Self::config).
    #[must_use]
    pub fn client_certificate_everywhere(self) -> Self {
        self.with(|wanted| wanted.identity_everywhere = true)
    }

    /// Sets the DNS name or IP address that the server's certificate must have, instead of the URL's host. A name is
    /// also sent to the server (SNI, RFC 6066 §3), an address is not. After a redirect to another origin, the host of
    /// that origin counts.
    ///
    /// # Errors
    ///
    /// If it is neither a DNS name nor an IP address.
    pub fn server_name(self, name: &str) -> Result<Self, OptionsError> {
        let name = parse_name(name).ok_or_else(|| {
            let name = Excerpt::of_place(name).map(|name| format!(" {name}")).unwrap_or_default();
            OptionsError::tls(format!("server name{name}: neither a DNS name nor an address"))
        })?;
        Ok(self.with(|wanted| wanted.server_name = Some(name)))
    }

    /// Expects the name of [`server_name`](Self::server_name) at other origins too, after a redirect.
    #[must_use]
    pub fn server_name_everywhere(self) -> Self {
        self.with(|wanted| wanted.name_everywhere = true)
    }

    /// Accepts every certificate, whatever its name, its issuer and its dates: anyone between client and server can
    /// pretend to be the server. Use it only for tests and development, and send no secrets.
    ///
    /// It is still verified that the peer has the key of its certificate.
    #[must_use]
    pub fn danger_accept_any_certificate(self) -> Self {
        self.with(|wanted| wanted.accept_any = true)
    }

    /// Writes the secrets of every connection to the file that the environment variable `SSLKEYLOGFILE` names (RFC
    /// 9850). Anyone who has this file can read what was sent. The variable is read, and the file opened, at the first
    /// connection.
    #[must_use]
    pub fn key_log(self) -> Self {
        self.with(|wanted| wanted.key_log = true)
    }

    /// Uses your own configuration of rustls as it is: verifier, client certificate, versions, key log and sessions to
    /// resume. Of these options only [`server_name`](Self::server_name) and those that end in `everywhere` can be
    /// combined with it. The others contradict it.
    ///
    /// Its ALPN protocols (RFC 7301) are kept if they fit. For a handshake over HTTP/1.1, `h2` is never offered; if no
    /// protocol is left, `http/1.1` is offered. For a handshake over HTTP/2, `h2` comes first.
    #[must_use]
    pub fn config(self, config: Arc<ClientConfig>) -> Self {
        self.with(|wanted| wanted.config = Some(config))
    }

    /// The same with a change. A configuration that was made of them before is not theirs any more.
    fn with(self, change: impl FnOnce(&mut Wanted)) -> Self {
        let mut wanted = self.0.wanted().clone();
        change(&mut wanted);
        Self(Tls::new(wanted))
    }

    fn checked(self) -> Result<Self, OptionsError> {
        self.0.wanted().check_config()?;
        Ok(self)
    }
}

impl From<TlsOptions> for Tls {
    fn from(options: TlsOptions) -> Self {
        options.0
    }
}

impl fmt::Debug for TlsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TlsOptions").field(self.0.wanted()).finish()
    }
}
