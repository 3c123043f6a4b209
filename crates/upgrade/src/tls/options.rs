//! The options of TLS.

use std::fmt;
use std::sync::Arc;

use ::rustls::{ClientConfig, RootCertStore};

use websocket_upgrade_proto::error::Excerpt;

use super::config::Tls;
use super::name::parse_name;
use super::wanted::{Identity, Wanted, certificates};
use crate::options::OptionsError;

/// How a client does TLS: whom it trusts, who it is itself, and whom it expects.
///
/// The platform judges the server's certificate, unless these options say otherwise. rustls is given its configuration
/// once, with the first connection: clones share it, and the sessions to resume with it. The crypto provider is the
/// one that the process has installed by then. If there is none, it is that of the feature `aws-lc-rs`, or else of the
/// feature `ring`; it is not installed for the process. Without any, the connection fails before anything is dialled,
/// with [`ConnectReason::NoTlsProvider`](crate::ConnectReason::NoTlsProvider).
///
/// Options that contradict each other are an error where they are given if both are known there, otherwise one of the
/// first connection: [`ConnectReason::Tls`](crate::ConnectReason::Tls), before anything is sent.
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
    /// The platform's verifier and no client certificate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts these root certificates too, PEM (RFC 7468 §5): every certificate that is in it. Other sections are
    /// passed over. What was added before stays.
    ///
    /// A self-signed certificate of a server is its own root, if it does not say that it is an authority's.
    ///
    /// # Errors
    ///
    /// If there is no certificate in it, or one that can't be read.
    pub fn root_certificates(self, pem: impl AsRef<[u8]>) -> Result<Self, OptionsError> {
        let roots = certificates(pem.as_ref(), "root certificates")?;
        for (index, root) in roots.iter().enumerate() {
            RootCertStore::empty().add(root.clone()).map_err(|error| {
                OptionsError::tls(format!("root certificates: number {} can't be read: {error}", index + 1))
            })?;
        }
        self.with(|wanted| wanted.roots.extend(roots)).checked()
    }

    /// Trusts the roots of [`root_certificates`](Self::root_certificates) alone, and not the platform's.
    ///
    /// Without any root there can be no connection: an error of the first one.
    #[must_use]
    pub fn only_these_roots(self) -> Self {
        self.with(|wanted| wanted.only_these_roots = true)
    }

    /// The client's own certificate, for servers that ask for one (RFC 8446 §4.3.2): PEM with the client's certificate
    /// first and those that lead to its root behind it, and PEM with the key, unencrypted, in PKCS#8, PKCS#1 or SEC1.
    /// Both may be the same PEM.
    ///
    /// # Errors
    ///
    /// If one of them is missing or can't be read, or if the key is not the certificate's. Without a crypto provider,
    /// the latter is known with the first connection.
    pub fn client_certificate(
        self,
        chain: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, OptionsError> {
        let identity = Identity::read(chain.as_ref(), key.as_ref())?;
        self.with(|wanted| wanted.identity = Some(Arc::new(identity))).checked()
    }

    /// Shows the client certificate, a configuration's too, to other peers as well if they ask for one: those at other
    /// origins that redirects lead to, and a proxy that is spoken to over TLS. Otherwise it is the URL's origin's
    /// alone.
    #[must_use]
    pub fn client_certificate_everywhere(self) -> Self {
        self.with(|wanted| wanted.identity_everywhere = true)
    }

    /// The DNS name or the IP address that the server's certificate has to be for, instead of the URL's host. A name
    /// is what the server is asked for, too (SNI, RFC 6066 §3); an address is never sent. At another origin, which a
    /// redirect leads to, that origin's host counts.
    ///
    /// # Errors
    ///
    /// If it is neither.
    pub fn server_name(self, name: &str) -> Result<Self, OptionsError> {
        let name = parse_name(name).ok_or_else(|| {
            let name = Excerpt::of_place(name).map(|name| format!(" {name}")).unwrap_or_default();
            OptionsError::tls(format!("server name{name}: neither a DNS name nor an address"))
        })?;
        Ok(self.with(|wanted| wanted.server_name = Some(name)))
    }

    /// Expects the name of [`server_name`](Self::server_name) at the other origins that redirects lead to, too.
    #[must_use]
    pub fn server_name_everywhere(self) -> Self {
        self.with(|wanted| wanted.name_everywhere = true)
    }

    /// Takes every certificate, whoever it is for, whoever issued it, and whenever it was valid: anyone on the way to
    /// the server can be the server. For tests and development, where nothing that counts is sent.
    ///
    /// That the peer has the key of the certificate is verified nonetheless.
    #[must_use]
    pub fn danger_accept_any_certificate(self) -> Self {
        self.with(|wanted| wanted.accept_any = true)
    }

    /// Writes the secrets of every connection to the file that the environment's `SSLKEYLOGFILE` names (RFC 9850), if
    /// it names one: whoever has it can read what was sent. It is looked up, and the file opened, with the first
    /// connection.
    #[must_use]
    pub fn key_log(self) -> Self {
        self.with(|wanted| wanted.key_log = true)
    }

    /// A configuration of your own, which is used as it is: verifier, client certificate, versions, key log and
    /// sessions to resume. Of these options only [`server_name`](Self::server_name) and those that end in `everywhere`
    /// go with it; the others contradict it.
    ///
    /// Its ALPN protocols (RFC 7301) are kept where they fit: `h2` is never offered for a handshake over HTTP/1.1,
    /// which then offers `http/1.1` alone, as it does where there are none; it comes first for one over HTTP/2.
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
