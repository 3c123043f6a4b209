//! What is wrong with a head's syntax.

use crate::error::{Error, Reason};

/// The error of a head that breaks the syntax or a limit.
pub type HeadError = Error<Syntax>;

/// What is wrong with a head's syntax (RFC 9112).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Syntax {
    /// The connection was closed before the head was complete.
    Closed,
    /// A CR without LF where a line should end (§2.2).
    BareCr,
    /// A byte in a field's name that a token can't have, or no colon after it (§5.1).
    FieldName,
    /// Over HTTP/2 or 3: an upper-case letter in a field's name (RFC 9113 §8.2.1, RFC 9114 §4.2).
    FieldNameCase,
    /// A control character in a field's value, such as a CR without LF (RFC 9110 §5.5).
    FieldValue,
    /// Over HTTP/2 or 3: a field's value begins or ends with white space (RFC 9113 §8.2.1, RFC 9114 §10.3).
    FieldPadded,
    /// A line that begins with white space: obs-fold (§5.2), or white space after the start line (§2.2).
    Fold,
    /// More bytes than the limit `head`.
    HeadTooLarge,
    /// More field lines than the limit `fields`.
    TooManyFields,
    /// A byte that can't stand in a method (§3.1).
    Method,
    /// The line is not `method SP target SP version` (§3).
    RequestLine,
    /// A byte that can't stand in a request target (§3.2), such as the `#` of a fragment.
    Target,
    /// More bytes than the limit `target` (§3).
    TargetTooLong,
    /// The line does not have `HTTP/`, a digit, a dot and a digit (§2.3).
    Version,
    /// A major version other than 1.
    VersionUnsupported,
    /// The line is not `version SP status [SP reason]` (§4).
    StatusLine,
    /// A TLS record (RFC 8446 §5.1) instead of a response.
    Tls,
}

impl Reason for Syntax {
    fn subject(&self) -> &'static str {
        match self {
            Self::Closed | Self::HeadTooLarge | Self::TooManyFields => "head",
            Self::BareCr => "line end",
            Self::FieldName | Self::FieldNameCase => "field name",
            Self::FieldValue | Self::FieldPadded => "field value",
            Self::Fold => "line folding",
            Self::Method => "method",
            Self::RequestLine => "request line",
            Self::Target | Self::TargetTooLong => "request target",
            Self::Version | Self::VersionUnsupported => "HTTP version",
            Self::StatusLine | Self::Tls => "status line",
        }
    }

    fn problem(&self) -> &'static str {
        match self {
            Self::Closed => "the connection was closed before it was complete",
            Self::BareCr => "CR without LF",
            Self::FieldName => "not a token followed by a colon",
            Self::FieldNameCase => "an upper-case letter, which HTTP/2 and 3 have none of",
            Self::FieldValue => "a control character, in the field",
            Self::FieldPadded => "begins or ends with white space, in the field",
            Self::Fold => "a line begins with white space",
            Self::HeadTooLarge => "more bytes than the limit `head` of",
            Self::TooManyFields => "more field lines than the limit `fields` of",
            Self::Method => "a byte that no method has",
            Self::RequestLine => "not a method, a target and a version, with single spaces between",
            Self::Target => "a byte that no request target has",
            Self::TargetTooLong => "more bytes than the limit `target` of",
            Self::Version => "not of the form HTTP/1.1",
            Self::VersionUnsupported => "only HTTP/1 is spoken here",
            Self::StatusLine => "not an HTTP version and a status",
            Self::Tls => "the server speaks TLS here, ask with wss:// instead of ws://",
        }
    }
}
