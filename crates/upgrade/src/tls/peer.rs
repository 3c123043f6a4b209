//! What a TLS connection came to.

use ::rustls::pki_types::CertificateDer;
use ::rustls::{ClientConnection, ProtocolVersion};

use super::certificate::Certificate;

/// The version of TLS.
pub(crate) fn version(connection: &ClientConnection) -> Option<&'static str> {
    match connection.protocol_version()? {
        ProtocolVersion::TLSv1_2 => Some("TLS 1.2"),
        ProtocolVersion::TLSv1_3 => Some("TLS 1.3"),
        _ => None,
    }
}

/// The protocol agreed by ALPN (RFC 7301): one of those that were offered.
pub(crate) fn alpn(connection: &ClientConnection) -> Option<String> {
    Some(String::from_utf8_lossy(connection.alpn_protocol()?).into_owned())
}

/// The cipher suite, as IANA names it.
pub(crate) fn cipher_suite(connection: &ClientConnection) -> Option<&'static str> {
    connection.negotiated_cipher_suite()?.suite().as_str()
}

/// The certificate, which is read for it each time: no upgrade has to pay for that.
#[cfg(feature = "certificate-details")]
pub(crate) fn certificate(certificate: &CertificateDer<'_>) -> Option<Certificate> {
    Certificate::read(certificate)
}

/// Without the feature `certificate-details`, certificates are not read.
#[cfg(not(feature = "certificate-details"))]
pub(crate) fn certificate(_: &CertificateDer<'_>) -> Option<Certificate> {
    None
}
