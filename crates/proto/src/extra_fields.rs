//! Field lines that an application adds to a request or an answer; they are checked when they are built.

use core::fmt;

use crate::connection_specific::{TE, is_connection_specific};
use crate::error::Excerpt;
use crate::field::Field;
use crate::head::{FieldSection, Line, field_line};
use crate::origin;
use crate::rules::{is_token, trim};
use crate::scanners::behind_value;
use crate::shown::Shown;

/// Field lines that an application adds to a request, a 101 or a rejection: `Name: value\r\n`, one after another.
///
/// The lines are checked: none of them injects another line, and none overrides a field of the handshake.
///
/// ```
/// use websocket_upgrade_proto::ExtraFields;
/// let fields = ExtraFields::from_lines(b"Server: demo\r\nSet-Cookie: id=1\r\n")?;
/// assert!(ExtraFields::from_lines(b"Connection: close\r\n").is_err());
/// # Ok::<(), websocket_upgrade_proto::field::FieldError>(())
/// ```
#[derive(Clone, Copy, Default)]
pub struct ExtraFields<'p>(&'p [u8]);

impl<'p> ExtraFields<'p> {
    /// No fields.
    pub const NONE: Self = Self(b"");

    /// Checks lines that are already written (RFC 9112 §5), each ending in CR LF.
    ///
    /// # Errors
    ///
    /// If [`ExtraFields::check`] refuses a line, or a line is not a field line. The error shows the first such line.
    pub fn from_lines(lines: &'p [u8]) -> Result<Self, FieldError> {
        let mut rest = lines;
        while !rest.is_empty() {
            let line = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
            let problem =
                FieldError { problem: FieldProblem::NoLine, name: Excerpt::new(Shown::field_line(line)) };
            // What we send is strict: each line ends in CR LF, although a reader may tolerate a bare LF.
            if !line.ends_with(b"\r") {
                return Err(problem);
            }
            let Ok(Line::Field(Field { name, value }, next)) = field_line::<false>(rest) else {
                return Err(problem);
            };
            Self::check(name, value)?;
            rest = next;
        }
        Ok(Self(lines))
    }

    /// Checks whether a field may be added. The name must be a token (RFC 9110 §5.1) that the handshake does not set
    /// itself. The value must have no control characters other than HTAB (§5.5).
    ///
    /// # Errors
    ///
    /// The problem and the name of the field.
    pub fn check(name: &[u8], value: &[u8]) -> Result<(), FieldError> {
        let problem = if !is_token(name) {
            FieldProblem::Name
        } else if is_reserved(name) {
            FieldProblem::Reserved
        } else if !behind_value(value).is_empty() || trim(value).len() != value.len() {
            FieldProblem::Value
        } else {
            return Ok(());
        };
        Err(FieldError { problem, name: Excerpt::new(Shown::name(name)) })
    }

    /// As [`ExtraFields::check`], for a client's request, where more is refused:
    ///
    /// | refused | reason |
    /// |---|---|
    /// | `Expect` | a request without content must not expect a 100 (RFC 9110 §10.1.1) |
    /// | `TE` | it must be named in `Connection` (§10.1.4), which the handshake sets |
    /// | a malformed `Origin` | it must be `null`, or a scheme, a host and an optional port (RFC 6454 §7.1) |
    ///
    /// # Errors
    ///
    /// The problem and the name of the field.
    pub fn check_request(name: &[u8], value: &[u8]) -> Result<(), FieldError> {
        Self::check(name, value)?;
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        let problem = if is("Expect") || is(TE) {
            FieldProblem::Exchange
        } else if is("Origin") && !core::str::from_utf8(value).is_ok_and(origin::is_serialized) {
            FieldProblem::Origin
        } else {
            return Ok(());
        };
        Err(FieldError { problem, name: Excerpt::new(Shown::name(name)) })
    }

    /// The fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = Field<'p>> + use<'p> {
        FieldSection(self.0).iter()
    }

    /// The fields that a message over HTTP/2 or 3 can have: all but the connection-specific ones (RFC 9113 §8.2.2).
    pub(crate) fn over_stream(&self) -> impl Iterator<Item = Field<'p>> + use<'p> {
        self.iter().filter(|field| !is_connection_specific(field.name))
    }

    pub(crate) fn count(&self, name: &str) -> usize {
        if self.0.is_empty() { 0 } else { FieldSection(self.0).get_all(name).count() }
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        FieldSection(self.0).get(name).is_some()
    }

    /// Returns whether at least one line of the field `name` has a value that is not empty.
    pub(crate) fn has_value(&self, name: &str) -> bool {
        FieldSection(self.0).get_all(name).any(|value| !value.is_empty())
    }

    pub(crate) fn as_bytes(&self) -> &'p [u8] {
        self.0
    }
}

impl fmt::Debug for ExtraFields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        FieldSection(self.0).fmt(f)
    }
}

/// Returns whether a field may not be added. The handshake sets some fields itself, and others frame its messages.
/// `Trailer` is among them because no message of a handshake has a trailer section.
fn is_reserved(name: &[u8]) -> bool {
    const NAMES: [&str; 6] =
        ["Host", "Connection", "Upgrade", "Content-Length", "Transfer-Encoding", "Trailer"];
    const PREFIX: &str = "Sec-WebSocket-";
    let prefix = name.get(..PREFIX.len());
    NAMES.iter().any(|reserved| name.eq_ignore_ascii_case(reserved.as_bytes()))
        || prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(PREFIX.as_bytes()))
}

/// The error for a field that can't be added. It shows the name, and never the value, which may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldError {
    pub(crate) problem: FieldProblem,
    pub(crate) name: Option<Excerpt>,
}

impl FieldError {
    /// Returns what is wrong.
    pub fn problem(&self) -> FieldProblem {
        self.problem
    }
}

/// What is wrong with an added field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldProblem {
    /// In a client's request: the field asks for more than an opening handshake.
    Exchange,
    /// The name is not a token.
    Name,
    /// The line is not a field line that ends in CR LF.
    NoLine,
    /// In a client's request: the value of `Origin` is not a serialised origin.
    Origin,
    /// The handshake sets this field itself.
    Reserved,
    /// The value has a control character, or white space around it.
    Value,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = match self.problem {
            FieldProblem::Exchange => "a request to open a WebSocket can't have it",
            FieldProblem::Name => "the name is not a token",
            FieldProblem::NoLine => "not a field line ended by CR LF",
            FieldProblem::Origin => "the value is not null, nor a scheme, a host and perhaps a port",
            FieldProblem::Reserved => "the handshake sets this field itself, it can't be added",
            FieldProblem::Value => "the value has a control character, or white space around it",
        };
        match self.name {
            Some(name) => write!(f, "field {name}: {problem}"),
            None => write!(f, "field: {problem}"),
        }
    }
}

impl core::error::Error for FieldError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_injected_and_nothing_overruled() {
        for (lines, problem) in [
            (&b"A: b\r\nC: d\n"[..], FieldProblem::NoLine),
            (b"A: b", FieldProblem::NoLine),
            (b"A: b\r\n\r\n", FieldProblem::NoLine),
            (b"A: b\r\n c\r\n", FieldProblem::NoLine),
            (b"A b: c\r\n", FieldProblem::NoLine),
            (b"A: b\rc\r\n", FieldProblem::NoLine),
            (b"hOST: b\r\n", FieldProblem::Reserved),
            (b"Upgrade: h2c\r\n", FieldProblem::Reserved),
            (b"sec-websocket-anything: b\r\n", FieldProblem::Reserved),
        ] {
            let error = ExtraFields::from_lines(lines).expect_err("refused");
            assert_eq!(error.problem(), problem, "{}", lines.escape_ascii());
        }
        for (name, value, problem) in [
            (&b"A"[..], &b"b\r\nC: d"[..], FieldProblem::Value),
            (b"A", b"b\nC: d", FieldProblem::Value),
            (b"A", b"\0", FieldProblem::Value),
            (b"A: b\r\nC", b"d", FieldProblem::Name),
            (b"", b"d", FieldProblem::Name),
            (b"Transfer-Encoding", b"chunked", FieldProblem::Reserved),
        ] {
            assert_eq!(ExtraFields::check(name, value).expect_err("refused").problem(), problem);
        }
        let fields = ExtraFields::from_lines(b"A: b\r\nSet-Cookie: \xE9=1\r\n").expect("legal");
        assert_eq!(fields.iter().count(), 2);
    }
}
