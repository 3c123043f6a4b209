//! Explanations of certificate errors.

use std::fmt;
use std::io;
use std::time::{Duration, SystemTime};

use ::rustls::pki_types::UnixTime;
use ::rustls::{AlertDescription as Alert, CertificateError, Error as TlsError, InvalidMessage};

use super::certificate::{Certificate, Rejected};
#[cfg(feature = "certificate-details")]
use super::noting::take_rejected;
use crate::text::cause::Explained;

/// Why a TLS handshake failed, as it is told to people.
enum Failure<'e> {
    /// The client has rejected the server's certificate.
    Rejected(Option<Rejected>, &'e CertificateError),
    /// The server has rejected the client's certificate.
    Unwelcome(Identity, Alert),
    /// The server has ended the handshake (RFC 8446 §6.2).
    Alert(Alert),
    /// The two have no version, no cipher suite or no other parameter in common.
    NothingInCommon,
    /// The server's messages break TLS, or are none of TLS.
    Broken,
}

/// Which client certificate there was for the server.
#[derive(Clone, Copy, Debug)]
pub(super) enum Identity {
    None,
    Shown,
    /// There is one, but for another origin.
    Withheld,
}

/// Explains an error of rustls, which becomes the cause. The second value is the subject of the rejected certificate,
/// if known.
pub(super) fn explain(error: io::Error, identity: Identity) -> (io::Error, Option<String>) {
    let mut subject = None;
    if Explained::inside(&error).is_some() {
        return (error, subject);
    }
    let failure = match rustls_error(&error) {
        Some(TlsError::InvalidCertificate(reason)) => {
            let noted = take_rejected(reason);
            subject = noted.as_ref().map(|noted| noted.certificate.subject.clone());
            Some(Failure::Rejected(noted, reason))
        }
        Some(TlsError::AlertReceived(alert)) if is_about_ours(*alert) => {
            Some(Failure::Unwelcome(identity, *alert))
        }
        other => other.and_then(Failure::of),
    };
    let Some(text) = failure.map(|failure| failure.to_string()) else { return (error, None) };
    let kind = error.kind();
    let error = match error.into_inner() {
        Some(cause) => Explained::of_cause(kind, text, cause),
        None => Explained::error(kind, text),
    };
    (error, subject)
}

/// Says what an error of rustls means, if it is one and was not explained.
pub(crate) fn in_words(error: &io::Error) -> Option<String> {
    let failure = error.get_ref()?.downcast_ref().and_then(Failure::of)?;
    Some(failure.to_string())
}

impl<'e> Failure<'e> {
    /// What an error means if nothing more is known about it.
    fn of(error: &'e TlsError) -> Option<Self> {
        match error {
            TlsError::InvalidCertificate(reason) => Some(Self::Rejected(None, reason)),
            TlsError::AlertReceived(alert) => Some(Self::Alert(*alert)),
            TlsError::PeerIncompatible(_) => Some(Self::NothingInCommon),
            TlsError::PeerMisbehaved(_) | TlsError::InvalidMessage(_) => Some(Self::Broken),
            _ => None,
        }
    }
}

/// Whether the peer answered with something else than TLS.
pub(crate) fn is_no_tls(error: &io::Error) -> bool {
    matches!(rustls_error(error), Some(TlsError::InvalidMessage(InvalidMessage::InvalidContentType)))
}

/// Whether an error is about a certificate, the server's or the client's. Such an error is the same at every attempt.
pub(crate) fn is_certificate_error(error: &io::Error) -> bool {
    match rustls_error(error) {
        Some(TlsError::InvalidCertificate(_) | TlsError::InvalidCertRevocationList(_)) => true,
        Some(TlsError::NoCertificatesPresented | TlsError::UnsupportedNameType) => true,
        Some(TlsError::AlertReceived(alert)) => is_about_ours(*alert),
        _ => false,
    }
}

/// Without the feature `certificate-details`, certificates are not read.
#[cfg(not(feature = "certificate-details"))]
fn take_rejected(_: &CertificateError) -> Option<Rejected> {
    None
}

fn rustls_error(error: &io::Error) -> Option<&TlsError> {
    match Explained::inside(error) {
        Some(explained) => explained.cause(),
        None => error.get_ref()?.downcast_ref(),
    }
}

/// The alerts with which a server refuses a client's certificate, or the lack of one (RFC 8446 §6.2).
fn is_about_ours(alert: Alert) -> bool {
    matches!(
        alert,
        Alert::NoCertificate
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::CertificateRequired
    )
}

impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(noted, reason) => rejected(f, noted.as_ref(), reason),
            Self::Alert(alert) => write!(f, "the server has ended it with the alert {alert:?}"),
            Self::NothingInCommon => {
                f.write_str("the server and this client have no TLS version or parameter in common")
            }
            Self::Broken => f.write_str("the server's messages break TLS"),
            Self::Unwelcome(Identity::Shown, alert) => {
                write!(f, "the server does not accept the client's certificate (alert {alert:?})")
            }
            Self::Unwelcome(Identity::None, alert) => {
                write!(f, "the server wants a certificate of the client, and there is none (alert {alert:?})")
            }
            Self::Unwelcome(Identity::Withheld, alert) => {
                write!(
                    f,
                    "the server wants a certificate of the client, which goes to the first origin alone \
                     (client_certificate_everywhere, alert {alert:?})"
                )
            }
        }
    }
}

fn rejected(f: &mut fmt::Formatter<'_>, noted: Option<&Rejected>, reason: &CertificateError) -> fmt::Result {
    use CertificateError as C;
    let certificate = noted.map(|noted| &noted.certificate);
    f.write_str("the server's certificate ")?;
    if let Some(certificate) = certificate {
        write!(f, "({}) ", certificate.subject)?;
    }
    match (reason, certificate) {
        (C::NotValidForNameContext { expected, .. }, Some(certificate)) => {
            write!(f, "is not for {:?}, ", expected.to_str())?;
            match &*certificate.names {
                "" => f.write_str("nor for any other name: it has no subjectAltName"),
                names => write!(f, "but for {names}"),
            }
        }
        (C::NotValidForNameContext { expected, presented }, None) => {
            write!(f, "is not for {:?}, ", expected.to_str())?;
            match &**presented {
                [] => f.write_str("nor for any other name: it has no subjectAltName"),
                names => write!(f, "but for {}", Names(names)),
            }
        }
        (C::ExpiredContext { not_after, .. }, _) => {
            let whose = of_issuer(certificate, *not_after);
            write!(f, "{whose}has expired on {}", Date(*not_after))
        }
        (C::NotValidYetContext { time, not_before }, _) => {
            let (start, now, whose) = (Date(*not_before), Date(*time), of_issuer(certificate, *not_before));
            write!(f, "{whose}is not valid before {start}, and here it is {now}")
        }
        (C::UnknownIssuer, Some(Certificate { self_issued: true, .. })) => {
            f.write_str("is self-signed, and is no trusted root")
        }
        (C::UnknownIssuer, Some(Certificate { issuer, .. })) => {
            write!(f, "was issued by {issuer}, and nothing that the server has sent leads to a trusted root")
        }
        (C::BadSignature, Some(_)) if noted.is_some_and(|noted| noted.of_handshake) => {
            f.write_str("is not the peer's own: it has not signed with its key")
        }
        (C::BadSignature, Some(Certificate { self_issued: true, .. })) => {
            f.write_str("is self-signed, and is not the trusted root of that name")
        }
        (C::BadSignature, Some(Certificate { issuer, .. })) => {
            write!(f, "names {issuer} as its issuer, which has not signed it")
        }
        (C::UnknownIssuer, None) => f.write_str(
            "does not lead to a trusted root: it is self-signed, or its issuer is not trusted, or the server has not \
             sent the certificates between them",
        ),
        // Typical of a self-signed certificate that was made with default settings. Adding it as a root does not help.
        (C::Other(_), Some(Certificate { authority: true, self_issued, .. })) => {
            let signed = if *self_issued { "is self-signed, and " } else { "" };
            write!(
                f,
                "{signed}is an authority's (CA:TRUE) and not a server's: {reason}",
                reason = Shown(reason)
            )
        }
        _ => write!(f, "is not accepted: {}", Shown(reason)),
    }
}

/// Says if a time belongs, or may belong, to another certificate: one between the server's and the root.
fn of_issuer(certificate: Option<&Certificate>, time: UnixTime) -> &'static str {
    let seconds = i64::try_from(time.as_secs()).ok();
    match certificate {
        None => "or one that it depends on ",
        Some(certificate) if certificate.valid.iter().any(|limit| Some(*limit) == seconds) => "",
        Some(_) => "depends on another, which ",
    }
}

/// Names of a certificate as webpki writes them, such as `DnsName("example.com")`, without its words for their kinds.
struct Names<'n>(&'n [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            let bare = ["DnsName(\"", "IpAddress("].iter().find_map(|kind| name.strip_prefix(kind));
            let bare = bare.map_or(&**name, |bare| bare.trim_end_matches(['"', ')']));
            write!(f, "{}{bare}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// rustls' own words.
struct Shown<'e>(&'e CertificateError);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            CertificateError::Other(error) => error.0.fmt(f),
            error => error.fmt(f),
        }
    }
}

/// A time as HTTP has it.
struct Date(UnixTime);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// The last one that has a name: the end of the year 9999.
        const LAST: u64 = 253_402_300_799;
        let seconds = Duration::from_secs(self.0.as_secs().min(LAST));
        match SystemTime::UNIX_EPOCH.checked_add(seconds) {
            Some(time) => httpdate::HttpDate::from(time).fmt(f),
            None => write!(f, "second {} of the Unix time", self.0.as_secs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use ::rustls::pki_types::ServerName;

    use super::*;

    /// What rustls' errors say by themselves, without the feature `certificate-details`.
    #[test]
    fn a_rejection_of_a_certificate_that_was_not_read() {
        use CertificateError as C;
        let expected = ServerName::try_from("example.com").expect("a name");
        let wrong = |presented: &[&str]| C::NotValidForNameContext {
            expected: expected.clone(),
            presented: presented.iter().map(|&name| name.into()).collect(),
        };
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let cases = [
            (wrong(&[]), "is not for \"example.com\", nor for any other name: it has no subjectAltName"),
            (
                wrong(&["DnsName(\"a.example\")", "IpAddress(192.0.2.7)", "DirectoryName"]),
                "is not for \"example.com\", but for a.example, 192.0.2.7, DirectoryName",
            ),
            (
                C::ExpiredContext { time: at(2), not_after: at(1) },
                "or one that it depends on has expired on Thu, 01 Jan 1970 00:00:01 GMT",
            ),
            (
                C::NotValidYetContext { time: at(1), not_before: at(2) },
                "or one that it depends on is not valid before Thu, 01 Jan 1970 00:00:02 GMT, and here it is Thu, \
                 01 Jan 1970 00:00:01 GMT",
            ),
            (
                C::UnknownIssuer,
                "does not lead to a trusted root: it is self-signed, or its issuer is not trusted, or the server has \
                 not sent the certificates between them",
            ),
            (C::Revoked, "is not accepted: Revoked"),
        ];
        for (reason, says) in cases {
            let text = Failure::Rejected(None, &reason).to_string();
            assert_eq!(text.strip_prefix("the server's certificate "), Some(says), "{reason:?}");
        }
    }
}
