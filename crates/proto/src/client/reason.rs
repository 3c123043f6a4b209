//! Why a client fails the connection.

use crate::error::{Error, Reason, Words, words};
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

impl ResponseReason {
    /// Returns the words of a reason: the label, the subject and the problem.
    fn words(self) -> Words {
        match self {
            Self::Syntax(syntax) => words("syntax", syntax.subject(), syntax.problem()),
            Self::TooManyInterim => {
                words("too_many_interim", "interim responses", "more than the limit `interim` of")
            }
            Self::Http10 => words("http_10", "status line", "a 101 in HTTP/1.0, which has no Upgrade"),
            Self::SwitchingProtocols => {
                words("switching_protocols", "status", "a 101, which HTTP/1.1 alone has")
            }
            Self::ConnectionSpecific => words(
                "connection_specific",
                "connection-specific field",
                "HTTP/2 and 3 have none, in the field",
            ),
            Self::Body => words("body", "body", "a 101 has none, yet there is the field"),
            Self::ContentLength => words("content_length", "Content-Length", "not one number"),
            Self::UpgradeMissing => words("upgrade_missing", "Upgrade", "missing"),
            Self::Upgrade => words("upgrade", "Upgrade", "expected \"websocket\" alone"),
            Self::ConnectionMissing => words("connection_missing", "Connection", "missing"),
            Self::Connection => words("connection", "Connection", "expected \"Upgrade\" in a list of tokens"),
            Self::AcceptMissing => words("accept_missing", "Sec-WebSocket-Accept", "missing"),
            Self::AcceptRepeated => words("accept_repeated", "Sec-WebSocket-Accept", "more than one line"),
            Self::Accept => words("accept", "Sec-WebSocket-Accept", "expected"),
            Self::ExtensionsMalformed => words(
                "extensions_malformed",
                "Sec-WebSocket-Extensions",
                "not a list of extensions as RFC 6455 section 9.1 has them",
            ),
            Self::ExtensionNotOffered => words(
                "extension_not_offered",
                "Sec-WebSocket-Extensions",
                "an extension that was not offered",
            ),
            Self::ExtensionRepeated => {
                words("extension_repeated", "Sec-WebSocket-Extensions", "an extension twice")
            }
            Self::ExtensionParams => words(
                "extension_params",
                "Sec-WebSocket-Extensions",
                "parameters that are not legal for what was offered, of the extension",
            ),
            Self::ExtensionConflict => words(
                "extension_conflict",
                "Sec-WebSocket-Extensions",
                "a reserved bit that another extension has already, needed by the extension",
            ),
            Self::ExtensionsTooLong => words(
                "extensions_too_long",
                "Sec-WebSocket-Extensions",
                "more than 256 bytes, up to the extension",
            ),
            Self::SubprotocolNotOffered => words(
                "subprotocol_not_offered",
                "Sec-WebSocket-Protocol",
                "a subprotocol that was not offered",
            ),
            Self::SubprotocolRepeated => {
                words("subprotocol_repeated", "Sec-WebSocket-Protocol", "more than one line")
            }
        }
    }

    /// Returns one word of a fixed set, for counts and logs: the name in lower case, such as `upgrade_missing`. Every
    /// [`Syntax`] has the same one.
    pub fn label(self) -> &'static str {
        self.words().label
    }
}

impl Reason for ResponseReason {
    fn subject(&self) -> &'static str {
        self.words().subject
    }

    fn problem(&self) -> &'static str {
        self.words().problem
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
