//! The options of TLS as they were given, and the configuration that follows from them.

use std::fmt;
use std::sync::Arc;
#[cfg(feature = "internals")]
use std::sync::OnceLock;

use ::rustls::client::danger::ServerCertVerifier;
use ::rustls::client::{ClientConfig, ResolvesClientCert};
use ::rustls::crypto::CryptoProvider;
use ::rustls::pki_types::pem::{self, PemObject};
use ::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use ::rustls::sign::CertifiedKey;
use ::rustls::{Error as TlsError, KeyLogFile, SignatureScheme};

use super::provider::provider;
use super::unusable::Unusable;
use super::verifier::{self, Trust};
use crate::options::OptionsError;

/// As [`TlsOptions`](super::TlsOptions) say it.
#[derive(Clone, Default)]
#[allow(clippy::struct_excessive_bools)] // each is an option
pub(super) struct Wanted {
    pub(super) config: Option<Arc<ClientConfig>>,
    pub(super) roots: Vec<CertificateDer<'static>>,
    pub(super) only_these_roots: bool,
    pub(super) identity: Option<Arc<Identity>>,
    pub(super) server_name: Option<ServerName<'static>>,
    pub(super) accept_any: bool,
    pub(super) key_log: bool,
    /// Whether the client certificate, and the server's name, hold for other peers than the first origin's.
    pub(super) identity_everywhere: bool,
    pub(super) name_everywhere: bool,
    /// Whether there was a client certificate, which is not meant for this peer.
    pub(super) withheld: bool,
}

/// A configuration of rustls.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) config: Arc<ClientConfig>,
    /// The verifier that is in it. `None` if the configuration is the caller's own.
    #[cfg_attr(not(feature = "internals"), allow(dead_code))] // QUIC alone needs it
    pub(super) verifier: Option<Arc<dyn ServerCertVerifier>>,
    /// Set once the configuration has been found to be one for QUIC.
    #[cfg(feature = "internals")]
    pub(super) for_quic: OnceLock<()>,
}

impl Base {
    fn new(config: Arc<ClientConfig>, verifier: Option<Arc<dyn ServerCertVerifier>>) -> Self {
        Self {
            config,
            verifier,
            #[cfg(feature = "internals")]
            for_quic: OnceLock::new(),
        }
    }
}

impl Wanted {
    /// Whether nothing is said.
    #[cfg(feature = "http2")]
    pub(super) fn is_default(&self) -> bool {
        let Self { config, roots, only_these_roots, identity, server_name, accept_any, key_log, .. } = self;
        let everywhere = self.identity_everywhere || self.name_everywhere;
        let said = *only_these_roots || *accept_any || *key_log || everywhere || !roots.is_empty();
        !said && config.is_none() && identity.is_none() && server_name.is_none()
    }

    /// rustls' configuration, and its verifier unless the configuration is the caller's. What it offers by ALPN is not
    /// decided here.
    pub(super) fn config(&self) -> Result<Base, Unusable> {
        self.check().map_err(|error| Unusable::contradiction(&error))?;
        if let Some(config) = &self.config {
            return Ok(Base::new(Arc::clone(config), None));
        }
        // rustls' own builders panic without a provider.
        let provider = provider().ok_or(Unusable::NoProvider)?;
        let verifier = verifier::verifier(self.trust(), &provider)?;
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&verifier));
        let mut config = match &self.identity {
            Some(identity) => {
                identity.check(&provider).map_err(|error| Unusable::contradiction(&error))?;
                config.with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())?
            }
            None => config.with_no_client_auth(),
        };
        if self.key_log {
            config.key_log = Arc::new(KeyLogFile::new());
        }
        Ok(Base::new(Arc::new(config), Some(verifier)))
    }

    /// The same for a peer that the first origin leads to: a redirect's, or a proxy. `None` if it is the very same.
    pub(super) fn elsewhere(&self) -> Option<Self> {
        let withheld = !self.identity_everywhere && self.has_identity();
        let nameless = !self.name_everywhere && self.server_name.is_some();
        if !withheld && !nameless {
            return None;
        }
        let mut other = self.clone();
        if nameless {
            other.server_name = None;
        }
        if withheld {
            other.withheld = true;
            other.identity = None;
            if let Some(config) = &mut other.config {
                Arc::make_mut(config).client_auth_cert_resolver = Arc::new(NoIdentity);
            }
        }
        Some(other)
    }

    fn trust(&self) -> Trust<'_> {
        if self.accept_any {
            Trust::Anyone
        } else if self.only_these_roots {
            Trust::Roots(&self.roots)
        } else {
            Trust::Platform(&self.roots)
        }
    }

    fn has_identity(&self) -> bool {
        self.identity.is_some()
            || self.config.as_ref().is_some_and(|config| config.client_auth_cert_resolver.has_certs())
    }

    /// Checks that no option contradicts `config`, which decides everything except the server name.
    pub(super) fn check_config(&self) -> Result<(), OptionsError> {
        let besides = [
            (!self.roots.is_empty(), "root_certificates"),
            (self.only_these_roots, "only_these_roots"),
            (self.identity.is_some(), "client_certificate"),
            (self.accept_any, "danger_accept_any_certificate"),
            (self.key_log, "key_log"),
        ];
        match besides.into_iter().find(|(given, _)| self.config.is_some() && *given) {
            Some((_, option)) => Err(OptionsError::tls(format!(
                "config and {option} contradict each other: leave out one of them, or put into the configuration \
                 what {option} is to do"
            ))),
            None => Ok(()),
        }
    }

    /// Checks that need all options.
    fn check(&self) -> Result<(), OptionsError> {
        self.check_config()?;
        let trusting = self.only_these_roots || !self.roots.is_empty();
        if self.accept_any && trusting {
            return Err(OptionsError::tls(
                "danger_accept_any_certificate asks no root: leave it out, or root_certificates and only_these_roots",
            ));
        }
        if self.only_these_roots && self.roots.is_empty() {
            return Err(OptionsError::tls(
                "only_these_roots trusts nobody: add the roots with root_certificates, or leave it out for the \
                 platform's",
            ));
        }
        Ok(())
    }
}

/// Shows everything except secrets.
impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wanted")
            .field("config", &self.config.is_some())
            .field("roots", &self.roots.len())
            .field("only_these_roots", &self.only_these_roots)
            .field("client_certificate", &self.identity.is_some())
            .field("server_name", &self.server_name)
            .field("danger_accept_any_certificate", &self.accept_any)
            .field("key_log", &self.key_log)
            .field("client_certificate_everywhere", &self.identity_everywhere)
            .field("server_name_everywhere", &self.name_everywhere)
            .field("withheld", &self.withheld)
            .finish()
    }
}

/// Never gives a client certificate.
#[derive(Debug)]
struct NoIdentity;

impl ResolvesClientCert for NoIdentity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// The client's certificate and its key.
pub(super) struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    pub(super) fn read(chain: &[u8], key: &[u8]) -> Result<Self, OptionsError> {
        let chain = certificates(chain, "client certificate")?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| {
            // Nothing of the key appears in an error.
            OptionsError::tls(match error {
                pem::Error::NoItemsFound => {
                    "client certificate: no key that can be read; \
                     PEM with PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY is needed, not encrypted"
                }
                _ => "client certificate: the key is no valid PEM",
            })
        })?;
        let identity = Self { chain, key };
        if let Some(provider) = provider() {
            // The process can still install a provider, which may know more kinds of keys.
            let is_final = CryptoProvider::get_default().is_some();
            if is_final || provider.key_provider.load_private_key(identity.key.clone_key()).is_ok() {
                identity.check(&provider)?;
            }
        }
        Ok(identity)
    }

    /// Whether the provider can use the key, and whether it is the certificate's.
    fn check(&self, provider: &CryptoProvider) -> Result<(), OptionsError> {
        let checked = CertifiedKey::from_der(self.chain.clone(), self.key.clone_key(), provider);
        checked.map(drop).map_err(|error| match error {
            TlsError::InconsistentKeys(_) => OptionsError::tls(
                "client certificate: the key is another certificate's; the client's own comes first in the chain",
            ),
            TlsError::InvalidCertificate(error) => {
                OptionsError::tls(format!("client certificate: it can't be read: {error}"))
            }
            _ => OptionsError::tls("client certificate: rustls' provider can't use a key of this kind"),
        })
    }
}

/// All certificates of a PEM, of which there has to be one.
pub(super) fn certificates(pem: &[u8], whose: &str) -> Result<Vec<CertificateDer<'static>>, OptionsError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if all.is_empty() => Err(OptionsError::tls(format!(
            "{whose}: no certificate in it; PEM with -----BEGIN CERTIFICATE----- is needed"
        ))),
        Ok(all) => Ok(all),
        Err(_) => Err(OptionsError::tls(format!("{whose}: no valid PEM"))),
    }
}
