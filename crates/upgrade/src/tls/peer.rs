//! What a TLS connection came to, for a report.

use ::rustls::{ClientConnection, ProtocolVersion};

use super::certificate::Certificate;
use crate::client::report::TlsReport;

/// Version, ALPN and certificate. The certificate is read for it each time, which no upgrade has to pay for.
pub(crate) fn report(connection: &ClientConnection) -> TlsReport {
    TlsReport { version: version(connection), alpn: alpn(connection), subject: subject(connection) }
}

fn version(connection: &ClientConnection) -> Option<&'static str> {
    match connection.protocol_version()? {
        ProtocolVersion::TLSv1_2 => Some("TLS 1.2"),
        ProtocolVersion::TLSv1_3 => Some("TLS 1.3"),
        _ => None,
    }
}

/// RFC 7301: one of those that were offered.
fn alpn(connection: &ClientConnection) -> Option<String> {
    Some(String::from_utf8_lossy(connection.alpn_protocol()?).into_owned())
}

fn subject(connection: &ClientConnection) -> Option<String> {
    let certificate = connection.peer_certificates()?.first()?;
    Some(Certificate::read(certificate)?.subject)
}
