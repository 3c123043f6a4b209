//! Why a client fails the connection.

use crate::error::{Error, Reason};
use crate::head::Syntax;

/// The error of a response.
pub type ResponseError = Error<ResponseReason>;

/// Why a response breaks the protocol. A refusal does not break it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseReason {
    /// The head breaks the syntax of HTTP/1.1 or a limit.
    Syntax(Syntax),
    /// More interim responses than the limit `interim`.
    TooManyInterim,
    /// A 101 in HTTP/1.0.
    Http10,
    /// A 101 over HTTP/2 or 3, which do not have this status (RFC 9113 §8.6, RFC 9114 §4.5).
    SwitchingProtocols,
    /// Over HTTP/2 or 3: a connection-specific field, which makes the response malformed (RFC 9113 §8.2.2, RFC 9114
    /// §4.2).
    ConnectionSpecific,
    /// A 101 that says it has a body.
    Body,
    /// `Content-Length` of a refusal is not a number, or there are several different ones (RFC 9112 §6.3).
    ContentLength,
    /// No `Upgrade` (RFC 6455 §4.1 item 2).
    UpgradeMissing,
    /// `Upgrade` is not websocket.
    Upgrade,
    /// No `Connection` (item 3).
    ConnectionMissing,
    /// `Connection` does not list upgrade.
    Connection,
    /// No `Sec-WebSocket-Accept` (item 4).
    AcceptMissing,
    /// More than one `Sec-WebSocket-Accept` line (§11.3.3).
    AcceptRepeated,
    /// `Sec-WebSocket-Accept` is not the accept value of the key sent.
    Accept,
    /// `Sec-WebSocket-Extensions` breaks the grammar of §9.1.
    ExtensionsMalformed,
    /// An extension that was not offered (item 5).
    ExtensionNotOffered,
    /// An extension that is listed twice.
    ExtensionRepeated,
    /// Parameters that are not legal for any of the offers.
    ExtensionParams,
    /// Two extensions that need the same reserved bit (§9.1).
    ExtensionConflict,
    /// More than 256 bytes of extensions.
    ExtensionsTooLong,
    /// A subprotocol that was not offered (item 6).
    SubprotocolNotOffered,
    /// More than one `Sec-WebSocket-Protocol` line.
    SubprotocolRepeated,
}

impl ResponseReason {
    /// Returns whether a response over HTTP/2 or 3 is malformed. That is a stream error: `PROTOCOL_ERROR` (RFC 9113
    /// §8.1.1) or `H3_MESSAGE_ERROR` (RFC 9114 §4.1.2).
    pub const fn is_malformed(self) -> bool {
        use Syntax::{FieldName, FieldNameCase, FieldPadded, FieldValue};
        matches!(
            self,
            Self::Syntax(FieldName | FieldNameCase | FieldValue | FieldPadded) | Self::ConnectionSpecific
        )
    }
}

impl Reason for ResponseReason {
    fn subject(&self) -> &'static str {
        match self {
            Self::Syntax(syntax) => syntax.subject(),
            Self::TooManyInterim => "interim responses",
            Self::Http10 => "status line",
            Self::SwitchingProtocols => "status",
            Self::ConnectionSpecific => "connection-specific field",
            Self::Body => "body",
            Self::ContentLength => "Content-Length",
            Self::UpgradeMissing | Self::Upgrade => "Upgrade",
            Self::ConnectionMissing | Self::Connection => "Connection",
            Self::AcceptMissing | Self::AcceptRepeated | Self::Accept => "Sec-WebSocket-Accept",
            Self::ExtensionsMalformed
            | Self::ExtensionNotOffered
            | Self::ExtensionRepeated
            | Self::ExtensionParams
            | Self::ExtensionConflict
            | Self::ExtensionsTooLong => "Sec-WebSocket-Extensions",
            Self::SubprotocolNotOffered | Self::SubprotocolRepeated => "Sec-WebSocket-Protocol",
        }
    }

    fn problem(&self) -> &'static str {
        match self {
            Self::Syntax(syntax) => syntax.problem(),
            Self::TooManyInterim => "more than the limit `interim` of",
            Self::Http10 => "a 101 in HTTP/1.0, which has no Upgrade",
            Self::SwitchingProtocols => "a 101, which HTTP/1.1 alone has",
            Self::ConnectionSpecific => "HTTP/2 and 3 have none, in the field",
            Self::Body => "a 101 has none, yet there is the field",
            Self::ContentLength => "not one number",
            Self::UpgradeMissing => "missing",
            Self::Upgrade => "expected \"websocket\" alone",
            Self::ConnectionMissing => "missing",
            Self::Connection => "expected \"Upgrade\" in a list of tokens",
            Self::AcceptMissing => "missing",
            Self::AcceptRepeated => "more than one line",
            Self::Accept => "expected",
            Self::ExtensionsMalformed => "not a list of extensions as RFC 6455 section 9.1 has them",
            Self::ExtensionNotOffered => "an extension that was not offered",
            Self::ExtensionRepeated => "an extension twice",
            Self::ExtensionParams => "parameters that are not legal for what was offered, of the extension",
            Self::ExtensionConflict => {
                "a reserved bit that another extension has already, needed by the extension"
            }
            Self::ExtensionsTooLong => "more than 256 bytes, up to the extension",
            Self::SubprotocolNotOffered => "a subprotocol that was not offered",
            Self::SubprotocolRepeated => "more than one line",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_a_response_malformed_is_its_fields_and_not_what_they_say() {
        use ResponseReason as R;
        for malformed in [
            R::Syntax(Syntax::FieldName),
            R::Syntax(Syntax::FieldNameCase),
            R::Syntax(Syntax::FieldValue),
            R::Syntax(Syntax::FieldPadded),
            R::ConnectionSpecific,
        ] {
            assert!(malformed.is_malformed(), "{malformed:?}");
        }
        for legal in [
            R::Syntax(Syntax::HeadTooLarge),
            R::Syntax(Syntax::TooManyFields),
            R::SwitchingProtocols,
            R::TooManyInterim,
            R::ExtensionsMalformed,
            R::SubprotocolNotOffered,
        ] {
            assert!(!legal.is_malformed(), "{legal:?}");
        }
    }
}
