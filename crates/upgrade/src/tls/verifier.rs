//! The verifier of the server's certificate. It remembers a certificate that it rejects, for the explanation.

use std::cell::RefCell;
use std::sync::Arc;

use ::rustls::client::WebPkiServerVerifier;
use ::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use ::rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use ::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use ::rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::certificate::Certificate;

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
    Ok(Arc::new(Noting(match trust {
        Trust::Anyone => Arc::new(AnyCertificate(provider.signature_verification_algorithms)),
        Trust::Roots(roots) => exclusive(roots, provider)?,
        Trust::Platform(roots) => Arc::new(platform(roots, Arc::clone(provider))?),
    })))
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

/// A certificate that was rejected, as far as it can be read.
#[derive(Debug)]
pub(super) struct Rejected {
    pub(super) certificate: Certificate,
    /// Whether it was not the certificate itself, but what the peer has signed with its key.
    pub(super) of_handshake: bool,
}

thread_local! {
    /// The last certificate that was rejected on this thread. rustls drops it with the connection. A handshake fails
    /// within one call on one thread, unless it has to wait until the alert is sent.
    static REJECTED: RefCell<Option<(Error, Rejected)>> = const { RefCell::new(None) };
}

fn note(certificate: &CertificateDer<'_>, error: &Error, of_handshake: bool) {
    let noted = Certificate::read(certificate)
        .map(|certificate| (error.clone(), Rejected { certificate, of_handshake }));
    // It is not borrowed elsewhere. While the thread ends, the value is not needed.
    let _ = REJECTED.try_with(|slot| slot.replace(noted));
}

/// The certificate that was rejected with this error on this thread.
pub(super) fn take_rejected(error: &CertificateError) -> Option<Rejected> {
    let (noted, rejected) = REJECTED.try_with(RefCell::take).ok()??;
    match (&noted, error) {
        // Errors of this kind are never equal.
        (Error::InvalidCertificate(CertificateError::Other(noted)), CertificateError::Other(error))
            if Arc::ptr_eq(&noted.0, &error.0) =>
        {
            Some(rejected)
        }
        (Error::InvalidCertificate(noted), error) if noted == error => Some(rejected),
        // It belongs to another connection.
        _ => None,
    }
}

/// A verifier that notes the rejections of another one.
#[derive(Debug)]
struct Noting(Arc<dyn ServerCertVerifier>);

impl ServerCertVerifier for Noting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.0
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            .inspect_err(|error| note(end_entity, error, false))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .verify_tls12_signature(message, certificate, signed)
            .inspect_err(|error| note(certificate, error, true))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .verify_tls13_signature(message, certificate, signed)
            .inspect_err(|error| note(certificate, error, true))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
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
