//! Certificates that are made for one run.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion, sign};

/// A certificate authority that is trusted only where it is configured.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = params(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Makes an authority below this one, valid between these years.
    pub(crate) fn below(&self, name: &str, [from, to]: [i32; 2]) -> Self {
        let mut params = params(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        let key = KeyPair::generate().expect("a key");
        let pem = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    pub(crate) fn issue(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let chain = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Identity { chain, key: key.serialize_pem() }
    }

    fn root(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(self.pem.as_bytes()).expect("a certificate");
        roots.add(root).expect("a root");
        roots
    }
}

/// Makes the content of a certificate: its subject and its names.
pub(crate) fn params(subject: &str, names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.into()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name = rcgen::DistinguishedName::new();
    if !subject.is_empty() {
        params.distinguished_name.push(DnType::CommonName, subject);
    }
    params
}

/// A certificate and its key in PEM.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) chain: String,
    pub(crate) key: String,
}

impl Identity {
    pub(crate) fn self_signed(params: &CertificateParams) -> Self {
        let key = KeyPair::generate().expect("a key");
        Self { chain: params.self_signed(&key).expect("a certificate").pem(), key: key.serialize_pem() }
    }

    fn der(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let chain = CertificateDer::pem_slice_iter(self.chain.as_bytes()).collect::<Result<_, _>>();
        (chain.expect("certificates"), PrivateKeyDer::from_pem_slice(self.key.as_bytes()).expect("a key"))
    }

    /// Makes the configuration of a server with this identity.
    pub(crate) fn server(&self) -> ServerConfig {
        let (chain, key) = self.der();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("versions");
        config.with_no_client_auth().with_single_cert(chain, key).expect("a certificate")
    }

    /// Makes the configuration of a server that accepts only clients of an authority.
    pub(crate) fn server_for(
        &self,
        version: &'static SupportedProtocolVersion,
        of: &Authority,
    ) -> ServerConfig {
        let (chain, key) = self.der();
        let provider = Arc::new(ring::default_provider());
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(of.root()), Arc::clone(&provider));
        let config = ServerConfig::builder_with_provider(provider);
        let config = config.with_protocol_versions(&[version]).expect("a version");
        let config = config.with_client_cert_verifier(clients.build().expect("a verifier"));
        config.with_single_cert(chain, key).expect("a certificate")
    }

    /// Makes the configuration of a server that shows this certificate, and signs with the key of another one.
    pub(crate) fn server_signing_as(
        &self,
        other: &Self,
        version: &'static SupportedProtocolVersion,
    ) -> ServerConfig {
        let provider = Arc::new(ring::default_provider());
        let key = provider.key_provider.load_private_key(other.der().1).expect("a key");
        let wrong = sign::SingleCertAndKey::from(CertifiedKey::new(self.der().0, key));
        let config = ServerConfig::builder_with_provider(provider);
        let config = config.with_protocol_versions(&[version]).expect("a version");
        config.with_no_client_auth().with_cert_resolver(Arc::new(wrong))
    }
}
