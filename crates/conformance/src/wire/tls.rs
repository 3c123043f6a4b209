//! TLS on both sides: what a client of the suite trusts, and certificates for its servers.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::case::Certificate;

/// Which certificates of a server the suite accepts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Trust {
    /// Every certificate: the suite tests the opening handshake, and sends no secret.
    #[default]
    Anything,
    /// Those of the authorities in this PEM text, for the name in the URL.
    Roots(String),
}

/// A certificate authority that is made for one run, for servers of the suite on this machine.
pub struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A configuration of TLS can't be made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TlsError(String);

impl Trust {
    /// Returns a connector that offers these protocols through ALPN.
    ///
    /// # Errors
    ///
    /// If the PEM text has no usable certificate.
    pub fn connector(&self, alpn: &[&str]) -> Result<TlsConnector, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::new)?;
        let mut config = match self {
            Self::Anything => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Anything(provider)))
                .with_no_client_auth(),
            Self::Roots(pem) => {
                let mut roots = RootCertStore::empty();
                for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                    roots.add(certificate.map_err(TlsError::new)?).map_err(TlsError::new)?;
                }
                if roots.is_empty() {
                    return Err(TlsError::new("there is no certificate in the PEM text"));
                }
                builder.with_root_certificates(roots).with_no_client_auth()
            }
        };
        config.alpn_protocols = protocols(alpn);
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

impl Authority {
    /// Makes an authority.
    ///
    /// # Errors
    ///
    /// If the system has no random numbers.
    pub fn new() -> Result<Self, TlsError> {
        let mut params = CertificateParams::new(Vec::new()).map_err(TlsError::new)?;
        params.distinguished_name.push(DnType::CommonName, "websocket-upgrade conformance suite");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().map_err(TlsError::new)?;
        let pem = params.self_signed(&key).map_err(TlsError::new)?.pem();
        Ok(Self { pem, issuer: Issuer::new(params, key) })
    }

    /// Returns its own certificate, for clients to trust.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Returns an acceptor for `localhost`, 127.0.0.1 and `::1` that knows these protocols of ALPN.
    ///
    /// # Errors
    ///
    /// If the system has no random numbers.
    pub fn acceptor(&self, alpn: &[&str]) -> Result<TlsAcceptor, TlsError> {
        self.acceptor_with(Certificate::Good, alpn)
    }

    /// Returns an acceptor with a certificate that has a flaw. Without a certificate it is like a valid one: it is up to
    /// the caller not to use it.
    ///
    /// # Errors
    ///
    /// If the system has no random numbers.
    pub fn acceptor_with(&self, certificate: Certificate, alpn: &[&str]) -> Result<TlsAcceptor, TlsError> {
        let names: &[&str] = match certificate {
            Certificate::OtherName => &["other.example"],
            _ => &["localhost", "127.0.0.1", "::1"],
        };
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).map_err(TlsError::new)?;
        match certificate {
            Certificate::Expired => params.not_after = date_time_ymd(2001, 1, 1),
            Certificate::NotYetValid => params.not_before = date_time_ymd(2900, 1, 1),
            _ => {}
        }
        let key = KeyPair::generate().map_err(TlsError::new)?;
        let unknown = if certificate == Certificate::Unknown { Some(Self::new()?) } else { None };
        let issuer = unknown.as_ref().map_or(&self.issuer, |unknown| &unknown.issuer);
        let certificate = params.signed_by(&key, issuer).map_err(TlsError::new)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::new)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .map_err(TlsError::new)?;
        config.alpn_protocols = protocols(alpn);
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn protocols(alpn: &[&str]) -> Vec<Vec<u8>> {
    alpn.iter().map(|name| name.as_bytes().to_vec()).collect()
}

/// A verifier of certificates that accepts every one. Signatures are checked all the same.
#[derive(Debug)]
struct Anything(Arc<CryptoProvider>);

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

impl TlsError {
    pub(crate) fn new(problem: impl fmt::Display) -> Self {
        Self(problem.to_string())
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TLS: {}", self.0)
    }
}

impl Error for TlsError {}
