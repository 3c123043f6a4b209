//! Heads of HTTP/1.x messages, read strictly (RFC 9112 §2 to §5): the tokeniser.
//!
//! One attempt reads a head that has arrived whole, in one pass. Where it has not, a [`Scan`] remembers the place, each
//! line is looked at once when its end arrives, and the head is read when it is complete: every byte is looked at three
//! times at the most, and what is decided does not depend on how the input was split.

use crate::error::{Error, Reason};
use crate::field::{Field, is_tchar};
use crate::limits::Limits;

mod request;
mod response;

pub(crate) use request::{Parts, read_parts};
pub use request::{RequestHead, read_request};
pub(crate) use response::read_with_lines;
pub use response::{ResponseHead, read_response};

/// Where the reading of a head that arrives in pieces has got to. Make a new one for every head.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scan {
    stage: Stage,
    /// Start of the line that is not finished.
    line: usize,
    /// There is no line feed before this byte that has not been dealt with.
    searched: usize,
    fields: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Fresh,
    /// Before the start line, in the empty lines that may stand there, or in its first word.
    Method,
    Target {
        start: usize,
    },
    StartRest,
    Fields,
    /// In a field line that has been folded once: what follows its folds belongs to its value.
    Folded,
}

/// A head that breaks the syntax or a limit.
pub type HeadError = Error<Syntax>;

/// What is wrong with a head's syntax (RFC 9112).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Syntax {
    /// The connection was closed before the head was complete.
    Closed,
    /// A CR without LF where a line should end (§2.2).
    BareCr,
    /// A byte in a field's name that a token can't have, or no colon behind it (§5.1).
    FieldName,
    /// A control character in a field's value, a CR without LF among them (RFC 9110 §5.5).
    FieldValue,
    /// A line that begins with white space: obs-fold (§5.2), or white space behind the start line (§2.2).
    Fold,
    /// More bytes than the limit `head`.
    HeadTooLarge,
    /// More field lines than the limit `fields`.
    TooManyFields,
    /// A byte that no method has (§3.1).
    Method,
    /// Something else than `method SP target SP version` (§3).
    RequestLine,
    /// A byte that no request target has (§3.2), a fragment's `#` among them.
    Target,
    /// More bytes than the limit `target` (§3).
    TargetTooLong,
    /// No `HTTP/` and two digits (§2.3).
    Version,
    /// A major version other than 1.
    VersionUnsupported,
    /// Something else than `version SP status [SP reason]` (§4).
    StatusLine,
}

impl Reason for Syntax {
    fn subject(&self) -> &'static str {
        match self {
            Self::Closed | Self::HeadTooLarge | Self::TooManyFields => "head",
            Self::BareCr => "line end",
            Self::FieldName => "field name",
            Self::FieldValue => "field value",
            Self::Fold => "line folding",
            Self::Method => "method",
            Self::RequestLine => "request line",
            Self::Target | Self::TargetTooLong => "request target",
            Self::Version | Self::VersionUnsupported => "HTTP version",
            Self::StatusLine => "status line",
        }
    }

    fn problem(&self) -> &'static str {
        match self {
            Self::Closed => "the connection was closed before it was complete",
            Self::BareCr => "CR without LF",
            Self::FieldName => "not a token followed by a colon",
            Self::FieldValue => "a control character, in the field",
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
        }
    }
}

/// What was read once has been within its limits.
const UNBOUNDED: Limits =
    Limits { head: usize::MAX, target: usize::MAX, fields: usize::MAX, ..Limits::new() };

/// Why reading stopped before the end of a head.
enum Stop {
    /// The line is not finished; for a start line, what is known of it.
    More(Stage),
    Wrong(HeadError),
}

impl Stop {
    #[cold]
    fn wrong(syntax: Syntax, offset: usize) -> Self {
        Self::Wrong(Error::new(syntax).at(offset))
    }

    /// What is wrong, and the byte that is.
    #[cold]
    fn byte(syntax: Syntax, bytes: &[u8], offset: usize) -> Self {
        let byte = bytes.get(offset).map(core::slice::from_ref).unwrap_or_default();
        Self::Wrong(Error::new(syntax).with_value(byte).at(offset))
    }
}

/// One line of a field section, and where the next one begins.
pub(crate) enum Line<'a> {
    Field(Field<'a>, usize),
    End(usize),
}

/// Why a line could not be read.
#[derive(Clone, Copy)]
pub(crate) enum LineStop {
    More,
    Wrong(Syntax, usize),
    /// The value of the field `name` (from, to) has a control character at the offset.
    Value(usize, usize, usize),
}

impl LineStop {
    /// The byte that is wrong.
    fn wrong_at(self) -> Option<usize> {
        match self {
            Self::More => None,
            Self::Wrong(_, at) | Self::Value(_, _, at) => Some(at),
        }
    }
}

/// `field-line = field-name ":" OWS field-value OWS`, or the empty line behind the fields.
///
/// `LENIENT`: white space between name and colon is tolerated (a client; a server must refuse it, RFC 9112 §5.1).
#[inline(always)]
#[allow(clippy::inline_always)] // measured: a tenth of a head's time
pub(crate) fn field_line<const LENIENT: bool>(bytes: &[u8], at: usize) -> Result<Line<'_>, LineStop> {
    // Where the line ends depends on nothing in it: the processor goes on to the next one while it looks at the name.
    let mut end = value_end(bytes, at);
    while bytes.get(end) == Some(&b'\t') {
        end = value_end(bytes, end + 1);
    }
    let name_end = token_end(bytes, at);
    let mut colon = name_end;
    if bytes.get(colon) != Some(&b':') || colon == at {
        match no_name(bytes, at, name_end, LENIENT)? {
            NoName::End(next) => return Ok(Line::End(next)),
            NoName::Colon(found) => colon = found,
        }
    }
    let next = match line_end(bytes, end) {
        Ok(next) => next,
        Err(LineStop::Wrong(..)) => return Err(LineStop::Value(at, name_end, end)),
        Err(stop) => return Err(stop),
    };
    let mut start = colon + 1;
    while let Some(b' ' | b'\t') = bytes.get(start) {
        start += 1;
    }
    while end > start && matches!(bytes.get(end - 1), Some(b' ' | b'\t')) {
        end -= 1;
    }
    let field = Field {
        name: bytes.get(at..name_end).unwrap_or_default(),
        value: bytes.get(start..end).unwrap_or_default(),
    };
    Ok(Line::Field(field, next))
}

enum NoName {
    End(usize),
    Colon(usize),
}

/// What stands where a field's name and colon should: the end of the head, or something wrong.
#[cold]
fn no_name(bytes: &[u8], at: usize, name_end: usize, lenient: bool) -> Result<NoName, LineStop> {
    match bytes.get(name_end) {
        None => Err(LineStop::More),
        Some(b'\r' | b'\n') if name_end == at => line_end(bytes, at).map(NoName::End),
        Some(b' ' | b'\t') if name_end == at => Err(LineStop::Wrong(Syntax::Fold, at)),
        Some(b' ' | b'\t') if lenient => {
            let rest = bytes.get(name_end..).unwrap_or_default();
            let space = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            match rest.get(space) {
                Some(b':') => Ok(NoName::Colon(name_end + space)),
                None => Err(LineStop::More),
                Some(_) => Err(LineStop::Wrong(Syntax::FieldName, name_end)),
            }
        }
        Some(_) => Err(LineStop::Wrong(Syntax::FieldName, name_end)),
    }
}

/// Behind the CR LF, or the LF alone (RFC 9112 §2.2), at `at`; anything else there is wrong.
#[inline]
fn line_end(bytes: &[u8], at: usize) -> Result<usize, LineStop> {
    match bytes.get(at..) {
        Some([b'\r', b'\n', ..]) => Ok(at + 2),
        Some([b'\n', ..]) => Ok(at + 1),
        None | Some([] | [b'\r']) => Err(LineStop::More),
        Some(_) => Err(LineStop::Wrong(Syntax::BareCr, at)),
    }
}

const EIGHT: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * EIGHT;

/// Where the token at `at` ends: the first byte that is no `tchar`, or the end of the bytes.
///
/// Eight bytes at a time: letters, digits and `-` are seen in the word, the rarer characters looked up one by one.
#[inline(always)]
#[allow(clippy::inline_always)] // as `field_line`
fn token_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some((chunk, _)) = rest.split_first_chunk() else {
            return at + rest.iter().take_while(|&&byte| is_tchar(byte)).count();
        };
        let word = u64::from_le_bytes(*chunk);
        let low = word & !HIGH;
        // In each byte, the high bit of `x + (0x80 - c)` says x >= c.
        let letter = low | (0x20 * EIGHT);
        let letters = (letter + (0x80 - 0x61) * EIGHT) & !(letter + (0x80 - 0x7B) * EIGHT);
        let digits = (low + (0x80 - 0x30) * EIGHT) & !(low + (0x80 - 0x3A) * EIGHT);
        let dashes = !((low ^ (0x2D * EIGHT)) + 0x7F * EIGHT);
        let others = !((letters | digits | dashes) & !word) & HIGH;
        if others == 0 {
            at += 8;
            continue;
        }
        at += (others.trailing_zeros() / 8) as usize;
        match bytes.get(at) {
            Some(&byte) if is_tchar(byte) => at += 1,
            _ => return at,
        }
    }
}

/// The first control character at or behind `at` (HTAB among them), or the end of the bytes.
///
/// Sixteen bytes at a time while there is none (the compiler makes vectors of it), then eight to find its place.
#[inline(always)]
#[allow(clippy::inline_always)] // as `field_line`
fn value_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some((chunk, _)) = rest.split_first_chunk::<16>() else {
            break;
        };
        let control = |byte: u8| (byte < 0x20) | (byte == 0x7F);
        if chunk.iter().fold(false, |found, &byte| found | control(byte)) {
            break;
        }
        at += 16;
    }
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some((chunk, _)) = rest.split_first_chunk() else {
            return at + rest.iter().take_while(|&&byte| byte >= 0x20 && byte != 0x7F).count();
        };
        let word = u64::from_le_bytes(*chunk);
        // The lowest high bit that is set is right; a borrow can only disturb those above it.
        let below = word.wrapping_sub(0x20 * EIGHT) & !word;
        let delete = word ^ (0x7F * EIGHT);
        let delete = delete.wrapping_sub(EIGHT) & !delete;
        let found = (below | delete) & HIGH;
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
}

/// The line feed that ends the line, looked for where nobody has looked yet.
fn find_line_feed(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        // Every line feed is a control character: those are found many bytes at a time.
        at = value_end(bytes, at);
        match bytes.get(at)? {
            b'\n' => return Some(at),
            _ => at += 1,
        }
    }
}

/// A field line's stop as the head's: with the name of the field, or the line that has no name.
#[cold]
fn line_stop(stop: LineStop, bytes: &[u8], line: usize) -> Stop {
    match stop {
        LineStop::More => Stop::More(Stage::Fields),
        LineStop::Wrong(Syntax::FieldName, offset) => {
            let text = bytes.get(line..).unwrap_or_default();
            let text = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
            // Up to the colon at the most: behind it may be a secret.
            let shown = text.iter().position(|&byte| byte == b':').unwrap_or(offset + 1 - line);
            Stop::Wrong(
                Error::new(Syntax::FieldName).with_value(text.get(..shown).unwrap_or(text)).at(offset),
            )
        }
        LineStop::Wrong(syntax, offset) => Stop::wrong(syntax, offset),
        LineStop::Value(from, to, offset) => {
            let name = bytes.get(from..to).unwrap_or_default();
            let byte = bytes.get(offset).map(core::slice::from_ref).unwrap_or_default();
            Stop::Wrong(Error::new(Syntax::FieldValue).with_context(name).with_value(byte).at(offset))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::is_value_byte;

    fn naive_token_end(bytes: &[u8], at: usize) -> usize {
        at + bytes[at..].iter().take_while(|&&byte| is_tchar(byte)).count()
    }

    fn naive_value_end(bytes: &[u8], at: usize) -> usize {
        at + bytes[at..].iter().take_while(|&&byte| is_value_byte(byte) && byte != b'\t').count()
    }

    /// Both scanners against their definitions, from every place up to `from`.
    fn compare(bytes: &[u8], from: usize) {
        for at in 0..=from {
            assert_eq!(token_end(bytes, at), naive_token_end(bytes, at), "{at} {}", bytes.escape_ascii());
            assert_eq!(value_end(bytes, at), naive_value_end(bytes, at), "{at} {}", bytes.escape_ascii());
        }
    }

    #[test]
    fn scanners_see_every_byte_at_every_place() {
        for filler in [b'a', b'-', b'~', b'0', b'Z', 0x80, 0xFF] {
            for len in 0..=40 {
                let mut bytes = [filler; 40];
                compare(&bytes[..len], len);
                for place in 0..len {
                    for byte in 0..=u8::MAX {
                        bytes[place] = byte;
                        compare(&bytes[..len], 0);
                    }
                    bytes[place] = filler;
                }
            }
        }
    }

    #[test]
    fn scanners_see_every_pair_of_bytes() {
        for place in [0, 6, 7, 8, 15, 16] {
            let mut bytes = [b'a'; 26];
            for pair in 0..=u16::MAX {
                bytes[place..place + 2].copy_from_slice(&pair.to_be_bytes());
                compare(&bytes, 0);
            }
        }
    }

    #[test]
    fn scanners_start_anywhere() {
        let bytes: [u8; 256] = core::array::from_fn(|byte| u8::try_from(byte).unwrap_or_default());
        compare(&bytes, 256);
    }

    #[test]
    fn a_head_that_was_read_is_read_again_from_its_bytes() {
        let bytes = b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let head = RequestHead::reread(bytes).map(|head| (head.target(), head.head_len()));
        assert_eq!(head, Some(("/", bytes.len())));
        assert!(RequestHead::reread(&bytes[..20]).is_none());
        let bytes = b"HTTP/1.1 403 No\r\nA: b\r\n\r\n";
        let head = ResponseHead::reread(bytes).map(|head| (head.status(), head.head_len()));
        assert_eq!(head, Some((403, bytes.len())));
        assert!(ResponseHead::reread(&bytes[..20]).is_none());
    }
}
