//! What a TLS connection came to.

use ::rustls::{ClientConnection, ProtocolVersion};

#[cfg(feature = "certificate-details")]
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

/// The subject of the certificate, which is read for it each time: no upgrade has to pay for that.
#[cfg(feature = "certificate-details")]
pub(crate) fn subject(connection: &ClientConnection) -> Option<String> {
    let certificate = connection.peer_certificates()?.first()?;
    Some(Certificate::read(certificate)?.subject)
}

/// Without the feature `certificate-details`, certificates are not read.
#[cfg(not(feature = "certificate-details"))]
pub(crate) fn subject(_: &ClientConnection) -> Option<String> {
    None
}
