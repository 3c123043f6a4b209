//! The verifier of the server's certificate.

use std::sync::Arc;

use ::rustls::client::WebPkiServerVerifier;
use ::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use ::rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use ::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use ::rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

#[cfg(feature = "certificate-details")]
use super::noting::Noting;

/// Who is trusted to say whose certificate is whose.
#[derive(Clone, Copy)]
pub(super) enum Trust<'r> {
    /// Anyone: certificates are not verified.
    Anyone,
    /// These roots alone.
    Roots(&'r [CertificateDer<'static>]),
    /// The platform, and these roots.
    Platform(&'r [CertificateDer<'static>]),
}

/// The verifier for these options.
pub(super) fn verifier(
    trust: Trust<'_>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::Anyone => Arc::new(AnyCertificate(provider.signature_verification_algorithms)),
        Trust::Roots(roots) => exclusive(roots, provider)?,
        Trust::Platform(roots) => Arc::new(platform(roots, Arc::clone(provider))?),
    };
    #[cfg(feature = "certificate-details")]
    let verifier = Arc::new(Noting(verifier));
    Ok(verifier)
}

fn exclusive(
    roots: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone())?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider));
    Ok(verifier.build().map_err(|error| Error::General(error.to_string()))?)
}

fn platform(roots: &[CertificateDer<'static>], provider: Arc<CryptoProvider>) -> Result<Verifier, Error> {
    if roots.is_empty() {
        return Verifier::new(provider);
    }
    #[cfg(not(target_os = "android"))]
    {
        Verifier::new_with_extra_roots(roots.iter().cloned(), provider)
    }
    #[cfg(target_os = "android")]
    {
        Err(Error::General("Android takes no roots beside its own: say only_these_roots".into()))
    }
}

/// Accepts every certificate, if the peer has its key.
#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
