//! Which failures are worth a retry.

use std::time::{Duration, SystemTime};

use websocket_upgrade_proto as proto;

use proto::client::ResponseReason;
use proto::head::Syntax;

use super::reason::ConnectReason;
use super::refused::Refused;

/// Whether another attempt can succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retry {
    /// The same request would fail again: the server has refused it on purpose, the server breaks the protocol, a
    /// certificate is not accepted, or the options can't be met.
    Never,
    /// The network has failed, or the server or a proxy asks the client to try later (429, 502, 503, 504).
    Later {
        /// How long the response asks the client to wait (`Retry-After`, RFC 9110 §10.2.3).
        after: Option<Duration>,
    },
}

impl Retry {
    pub(super) fn of(reason: &ConnectReason) -> Self {
        use ConnectReason as R;
        match reason {
            R::Connect(error) | R::Io(error) if is_about_certificates(error) => Self::Never,
            // The peer does not speak HTTP/2 or TLS.
            R::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => Self::Never,
            R::Connect(_) | R::Io(_) | R::Deadline => Self::Later { after: None },
            // Closed before the end of a response: a failure of the network, not a decision of the server.
            R::Response(error) if matches!(error.reason(), ResponseReason::Syntax(Syntax::Closed)) => {
                Self::Later { after: None }
            }
            R::Proxy(error) | R::Tls(error) if is_network(error) => Self::Later { after: None },
            R::Refused(refused) | R::ProxyRefused(refused) => Self::of_refusal(refused),
            R::Uri(_) | R::Options(_) | R::Unsupported(_) | R::Proxy(_) | R::Tls(_) => Self::Never,
            R::NoTlsProvider | R::Redirect(..) | R::Answer(_) | R::Response(_) => Self::Never,
        }
    }

    fn of_refusal(refused: &Refused) -> Self {
        match refused.status() {
            429 | 502 | 503 | 504 => {
                Self::Later { after: refused.head.field("Retry-After").and_then(retry_after) }
            }
            _ => Self::Never,
        }
    }

    /// Returns whether another attempt is worthwhile.
    pub fn is_worthwhile(self) -> bool {
        matches!(self, Self::Later { .. })
    }

    /// Returns how long the response asks the client to wait.
    pub fn after(self) -> Option<Duration> {
        match self {
            Self::Later { after } => after,
            Self::Never => None,
        }
    }
}

/// Returns whether an error is about a certificate. With TLS 1.3 a server refuses the client's certificate after the
/// client has finished its handshake, so the error may be an IO error. The caller's own connector may do TLS, too.
fn is_about_certificates(error: &std::io::Error) -> bool {
    #[cfg(feature = "rustls")]
    return crate::tls::is_certificate_error(error);
    #[cfg(not(feature = "rustls"))]
    {
        let _ = error;
        false
    }
}

/// Returns whether the network has failed, and not TLS or a proxy's protocol. The errors of rustls and of a proxy's
/// protocol are [`InvalidData`](std::io::ErrorKind::InvalidData), a host that no certificate can name is
/// [`InvalidInput`](std::io::ErrorKind::InvalidInput), and a refusal by a SOCKS proxy is
/// [`PermissionDenied`](std::io::ErrorKind::PermissionDenied).
fn is_network(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as E;
    !matches!(
        error.kind(),
        E::InvalidData | E::InvalidInput | E::PermissionDenied | E::Unsupported | E::Other
    )
}

/// Parses seconds or a date (RFC 9110 §10.2.3). A date in the past means no wait.
fn retry_after(value: &[u8]) -> Option<Duration> {
    let value = std::str::from_utf8(value).ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that is too large means for ever.
        return Some(value.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_or_a_date() {
        assert_eq!(retry_after(b"120"), Some(Duration::from_secs(120)));
        assert_eq!(retry_after(b"0"), Some(Duration::ZERO));
        assert_eq!(retry_after(b"99999999999999999999999"), Some(Duration::MAX));
        assert_eq!(retry_after(b"Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        let soon = SystemTime::now() + Duration::from_secs(3600);
        let after = retry_after(httpdate::fmt_http_date(soon).as_bytes()).expect("a date");
        assert!(after > Duration::from_secs(3500) && after <= Duration::from_secs(3600), "{after:?}");
        for value in [&b""[..], b"-1", b"1.5", b"soon", b"\xFF"] {
            assert_eq!(retry_after(value), None, "{}", value.escape_ascii());
        }
    }
}
