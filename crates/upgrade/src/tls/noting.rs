//! A verifier that remembers the certificate that it rejects, for the explanation. Compiled with the feature
//! `certificate-details`.

use std::cell::RefCell;
use std::sync::Arc;

use ::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use ::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use ::rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::certificate::{Certificate, Rejected};

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
pub(super) struct Noting(pub(super) Arc<dyn ServerCertVerifier>);

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
