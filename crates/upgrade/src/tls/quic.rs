//! TLS for QUIC (RFC 9001): the configuration of a connection, and what its failures mean.
//!
//! A QUIC library drives TLS in tasks of its own, and of an error of rustls only the alert and the text remain. So the
//! verifier of each connection keeps the certificate error that it returns, as it is told to people.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use ::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use ::rustls::client::{ClientConfig, Resumption};
use ::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use ::rustls::quic::{ClientConnection, Version};
use ::rustls::{AlertDescription, DigitallySignedStruct, Error, SignatureScheme};

use super::config::Tls;
use super::unusable::Unusable;
use crate::text::cause::Explained;

/// A TLS error in plain words, and the subject of the certificate that was rejected, if one was.
pub(crate) type Failure = (io::Error, Option<String>);

/// TLS for one QUIC connection.
pub struct QuicTls {
    tls: Tls,
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    rejected: Rejected,
}

/// How a connection failed with a TLS alert, which is a part of QUIC's error code (RFC 9001 §4.8).
#[derive(Clone, Copy, Debug)]
pub enum Alert<'a> {
    /// It was sent here, because of the error with this text.
    Sent(&'a str),
    /// It was received.
    Received(u8),
}

/// The certificate error of a connection.
type Rejected = Arc<Mutex<Option<Failure>>>;

impl QuicTls {
    /// TLS for a connection to this host that offers `h3` alone by ALPN, and sends no early data.
    ///
    /// # Errors
    ///
    /// If there can be no TLS for QUIC, whoever the peer is.
    pub(crate) fn new(tls: &Tls, host: &str) -> Result<Self, Unusable> {
        let (base, name) = (tls.base()?, tls.server_name(host)?);
        let rejected = Rejected::default();
        let mut config = ClientConfig::clone(&base.config);
        config.alpn_protocols = vec![b"h3".to_vec()];
        config.enable_early_data = false;
        if let Some(verifier) = &base.verifier {
            let (verifier, tls, rejected) = (Arc::clone(verifier), tls.clone(), Arc::clone(&rejected));
            config.dangerous().set_certificate_verifier(Arc::new(Keeping { verifier, tls, rejected }));
            // A session is resumed only with the verifier that it began with.
            config.resumption = Resumption::disabled();
        }
        if base.for_quic.get().is_none() {
            check(&config, &name)?;
            let _ = base.for_quic.set(());
        }
        Ok(Self { tls: tls.clone(), config: Arc::new(config), name, rejected })
    }

    /// The configuration for the connection.
    pub fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }

    /// The name or address that the certificate is verified for.
    pub fn server_name(&self) -> &ServerName<'static> {
        &self.name
    }

    /// What a failure with an alert means, in the words of TLS over TCP. `cause` is the error of the QUIC library.
    pub fn failed(&self, alert: Alert<'_>, cause: impl std::error::Error + Send + Sync + 'static) -> Failure {
        let kept = self.rejected.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (alert, kept) {
            (Alert::Sent(_), Some(failure)) => failure,
            (Alert::Sent(text), None) => {
                (Explained::of_cause(io::ErrorKind::InvalidData, sent(text), cause), None)
            }
            (Alert::Received(code), _) => received(&self.tls, code),
        }
    }
}

/// Checks that a configuration allows TLS 1.3 with a cipher suite for QUIC, which QUIC libraries expect.
fn check(config: &ClientConfig, name: &ServerName<'static>) -> Result<(), Unusable> {
    let mut config = config.clone();
    // No session is taken for an attempt that is none.
    config.resumption = Resumption::disabled();
    let begun = ClientConnection::new(Arc::new(config), Version::V1, name.clone(), Vec::new());
    begun.map(drop).map_err(|error| {
        let text = "QUIC can't be used with this configuration of rustls";
        Unusable::Error(Explained::of_cause(io::ErrorKind::InvalidInput, text, error))
    })
}

/// What an alert of the server's means that came when the connection was already in use: with TLS 1.3 a server refuses
/// a client's certificate only then.
pub(crate) fn received(tls: &Tls, code: u8) -> Failure {
    let error = Error::AlertReceived(AlertDescription::from(code));
    tls.explain(io::Error::new(io::ErrorKind::InvalidData, error))
}

/// What rustls says, in the words that there are for its errors: of a QUIC library's error there is nothing but text.
fn sent(text: &str) -> String {
    match text.strip_prefix("invalid peer certificate: ") {
        Some(reason) => format!("the server's certificate is not accepted: {reason}"),
        None if text.starts_with("peer is incompatible") => {
            "the server and this client have no TLS version or parameter in common".to_owned()
        }
        None => "the server's messages break TLS".to_owned(),
    }
}

impl fmt::Debug for QuicTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuicTls").field("server_name", &self.name).finish_non_exhaustive()
    }
}

/// A verifier that keeps what another one rejects. It explains it at once, on the thread on which it is noted.
#[derive(Debug)]
struct Keeping {
    verifier: Arc<dyn ServerCertVerifier>,
    tls: Tls,
    rejected: Rejected,
}

impl Keeping {
    fn keep(&self, error: &Error) {
        let error = io::Error::new(io::ErrorKind::InvalidData, error.clone());
        let failure = self.tls.explain(error);
        *self.rejected.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }
}

impl ServerCertVerifier for Keeping {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verified.inspect_err(|error| self.keep(error))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = self.verifier.verify_tls13_signature(message, certificate, signed);
        verified.inspect_err(|error| self.keep(error))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
