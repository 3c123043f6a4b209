//! The tokeniser: reads heads of HTTP/1.x messages strictly (RFC 9112 §2 to §5).
//!
//! A head that has arrived whole is read in one pass. For an incomplete head, a [`Scan`] remembers the position: each
//! line is checked once when its end arrives, and the head is read when it is complete. There are at most three
//! passes, and the result does not depend on how the input was split. A line with rare syntax is read again by a
//! separate function, which keeps the main loop small.

use crate::error::{Error, Reason};
use crate::field::{Field, Lines, TCHARS, trim};
use crate::limits::Limits;
use crate::shown::Shown;

mod parsed;
mod request;
mod response;
mod scanners;

pub(crate) use parsed::{check_binary_field, check_binary_value, check_field};
pub(crate) use request::{Parts, read_parts};
pub use request::{RequestHead, read_request};
pub(crate) use response::read_with_lines;
pub use response::{ResponseHead, read_response};

pub(crate) use scanners::{TARGET, behind, behind_text};

/// The reading position in a head that arrives in pieces. Make a new one for every head.
///
/// A `Scan` belongs to one buffer, which only grows. It starts over when it detects other bytes: there are no more
/// bytes than before, or the bytes before the new ones differ. Other bytes therefore get a verdict too, at the latest
/// when the same bytes are given twice. It may be an error that a new `Scan` would not give.
#[derive(Debug, Default)]
pub struct Scan {
    stage: Stage,
    /// The start of the unfinished line.
    line: usize,
    /// Bytes before this have been searched for line feeds.
    searched: usize,
    fields: usize,
    /// The number of bytes at the last call.
    received: usize,
    /// The last of these bytes, to detect another buffer.
    last: [u8; Self::LAST],
}

impl Scan {
    const LAST: usize = 8;

    /// Starts over unless `window` continues the bytes of the last call and the stage fits this kind of head.
    #[cold]
    fn go_on_with(&mut self, window: &[u8], of_this_kind: bool) {
        let more = window.len() > self.received;
        let same = last(window.get(..self.received).unwrap_or_default()) == self.last;
        if !(more && same && of_this_kind) {
            *self = Self::default();
        }
    }

    /// Remembers the position until more bytes arrive.
    #[cold]
    fn remember(&mut self, window: &[u8]) {
        (self.received, self.last) = (window.len(), last(window));
    }
}

fn last(bytes: &[u8]) -> [u8; Scan::LAST] {
    let mut last = [0; Scan::LAST];
    last.iter_mut().zip(bytes.iter().rev()).for_each(|(last, byte)| *last = *byte);
    last
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Fresh,
    /// Before the start line: in the empty lines that may precede it, or in its first word.
    Method,
    Target {
        start: usize,
    },
    StartRest,
    Fields,
    /// In a field line that has been folded: the rest of it belongs to the value.
    Folded,
}

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

/// For a head that has been read before, and was within its limits then.
const UNBOUNDED: Limits =
    Limits { head: usize::MAX, target: usize::MAX, fields: usize::MAX, ..Limits::new() };

/// Why reading stopped before the end of a head.
enum Stop {
    /// The line is not finished. The stage says how far a start line has been read.
    More(Stage),
    Wrong(HeadError),
}

impl Stop {
    #[cold]
    fn wrong(syntax: Syntax, offset: usize) -> Self {
        Self::Wrong(Error::new(syntax).at(offset))
    }

    /// Makes an error that shows the wrong byte.
    #[cold]
    fn byte(syntax: Syntax, bytes: &[u8], offset: usize) -> Self {
        Self::Wrong(Error::new(syntax).with_byte(bytes.get(offset..).unwrap_or_default()).at(offset))
    }
}

/// One line of a field section, and the bytes after it.
pub(crate) enum Line<'a> {
    Field(Field<'a>, &'a [u8]),
    End(&'a [u8]),
}

/// Why a line could not be read. Offsets count from the start of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineStop {
    More,
    Wrong(Syntax, usize),
    /// The length of the field's name, and the offset of a control character in its value.
    Value(usize, usize),
}

impl LineStop {
    /// Returns the offset of the wrong byte.
    fn wrong_at(self) -> Option<usize> {
        match self {
            Self::More => None,
            Self::Wrong(_, at) | Self::Value(_, at) => Some(at),
        }
    }
}

/// Reads a field section into the known lines. Returns its length in bytes, including the empty line that ends it.
#[inline]
pub(crate) fn field_section<'a, const LENIENT: bool>(
    section: &'a [u8],
    limits: &Limits,
    lines: &mut Lines<'a>,
) -> Result<usize, SectionStop> {
    let mut rest = section;
    let mut count = 0;
    loop {
        let (usual, behind) = usual_lines(rest, lines);
        count += usual;
        rest = behind;
        let at = section.len() - rest.len();
        if count > limits.fields {
            return Err(SectionStop { line: None, at, before: count });
        }
        if let [b'\r', b'\n', behind @ ..] = rest {
            return Ok(section.len() - behind.len());
        }
        match unusual_line::<LENIENT>(rest) {
            Ok(Line::Field(field, next)) => {
                lines.push(field);
                count += 1;
                rest = next;
            }
            Ok(Line::End(behind)) => return Ok(section.len() - behind.len()),
            Err(stop) => return Err(SectionStop { line: Some(stop), at, before: count }),
        }
    }
}

/// Why a field section could not be read.
pub(crate) struct SectionStop {
    /// What is wrong with the line, or `None` if there are too many lines.
    line: Option<LineStop>,
    /// The offset of the line.
    at: usize,
    /// The number of lines before it.
    before: usize,
}

#[cold]
fn too_many_fields(limits: &Limits) -> Stop {
    Stop::Wrong(Error::new(Syntax::TooManyFields).with_limit(limits.fields))
}

/// Reads `field-line = field-name ":" OWS field-value OWS` at the start of `line`, or the empty line after the fields.
///
/// `LENIENT` accepts white space between name and colon. A client may accept it; a server must not (RFC 9112 §5.1).
pub(crate) fn field_line<const LENIENT: bool>(line: &[u8]) -> Result<Line<'_>, LineStop> {
    match usual_line(line) {
        Some((field, next)) => Ok(Line::Field(field, next)),
        None => unusual_line::<LENIENT>(line),
    }
}

/// Reads the lines of usual syntax at the start. Returns their number and the bytes after them. This is the main loop
/// of the tokeniser.
#[inline(never)] // measured: within its callers it has too few registers
fn usual_lines<'a>(section: &'a [u8], lines: &mut Lines<'a>) -> (usize, &'a [u8]) {
    let mut rest = section;
    let mut count = 0;
    while let Some((field, next)) = usual_line(rest) {
        lines.push(field);
        count += 1;
        rest = next;
    }
    (count, rest)
}

/// Reads a whole field line of usual syntax: one space after the colon, no other white space around the value, no
/// HTAB, and CR LF.
#[inline(always)]
#[allow(clippy::inline_always)] // measured: a tenth of a head's time
fn usual_line(line: &[u8]) -> Option<(Field<'_>, &[u8])> {
    if line.first() == Some(&b'\r') {
        return None;
    }
    // The end of the line is found without reading the name. So the processor can begin the next line while it checks
    // the name.
    let end = behind_text(line);
    let behind_name = behind(line, &TCHARS);
    let (colon, behind_colon) = behind_name.split_first_chunk()?;
    let (line_end, next) = end.split_first_chunk()?;
    if colon != b": " || line_end != b"\r\n" {
        return None;
    }
    let name = line.get(..line.len().checked_sub(behind_name.len())?).filter(|name| !name.is_empty())?;
    let value = behind_colon.get(..behind_colon.len().checked_sub(end.len())?)?;
    match value {
        [] | [b' ', ..] | [.., b' '] => None,
        value => Some((Field { name, value }, next)),
    }
}

/// Reads any other line: the end of the section, an unfinished line, a wrong line, or one with rare syntax.
#[cold]
fn unusual_line<const LENIENT: bool>(line: &[u8]) -> Result<Line<'_>, LineStop> {
    if let [b'\r', b'\n', behind @ ..] = line {
        return Ok(Line::End(behind));
    }
    let name_len = line.len() - behind(line, &TCHARS).len();
    let (name, rest) = line.split_at_checked(name_len).unwrap_or_default();
    let space = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let colon = match rest {
        [] => return Err(LineStop::More),
        _ if name.is_empty() => return no_name(rest),
        [b':', ..] => 0,
        _ if LENIENT => space,
        _ => return Err(LineStop::Wrong(Syntax::FieldName, name_len)),
    };
    let value = match rest.get(colon..).unwrap_or_default() {
        [b':', value @ ..] => value,
        [] => return Err(LineStop::More),
        _ => return Err(LineStop::Wrong(Syntax::FieldName, name_len)),
    };
    let mut end = behind_text(value);
    while let [b'\t', behind @ ..] = end {
        end = behind_text(behind);
    }
    let next = match end {
        [b'\r', b'\n', next @ ..] | [b'\n', next @ ..] => next,
        [] | [b'\r'] => return Err(LineStop::More),
        _ => return Err(LineStop::Value(name_len, line.len() - end.len())),
    };
    let value = value.get(..value.len() - end.len()).unwrap_or_default();
    Ok(Line::Field(Field { name, value: trim(value) }, next))
}

/// Reads a line that does not begin with a field's name: the end of the section, or an error.
fn no_name(line: &[u8]) -> Result<Line<'_>, LineStop> {
    match line {
        [b'\n', behind @ ..] => Ok(Line::End(behind)),
        [b'\r'] => Err(LineStop::More),
        [b'\r', ..] => Err(LineStop::Wrong(Syntax::BareCr, 0)),
        [b' ' | b'\t', ..] => Err(LineStop::Wrong(Syntax::Fold, 0)),
        _ => Err(LineStop::Wrong(Syntax::FieldName, 0)),
    }
}

/// Returns the offset of the next line feed at or after `from`.
fn find_line_feed(bytes: &[u8], from: usize) -> Option<usize> {
    let mut rest = bytes.get(from..).unwrap_or_default();
    loop {
        // A line feed is a control character, and those are found many bytes at a time.
        rest = behind_text(rest);
        match rest {
            [] => return None,
            [b'\r', b'\n', ..] => return Some(bytes.len() - rest.len() + 1),
            [b'\n', ..] => return Some(bytes.len() - rest.len()),
            [_, behind @ ..] => rest = behind,
        }
    }
}

/// Turns the stop of the field line at `at` into the stop of the head. Adds the field's name as evidence, or the line
/// if it has no name.
#[cold]
fn line_stop(stop: LineStop, bytes: &[u8], at: usize) -> Stop {
    let line = bytes.get(at..).unwrap_or_default();
    match stop {
        LineStop::More => Stop::More(Stage::Fields),
        LineStop::Wrong(syntax, wrong) => {
            let error = Error::new(syntax).at(at + wrong);
            let text = line.split(|&byte| byte == b'\n').next().unwrap_or_default();
            let named = syntax == Syntax::FieldName;
            Stop::Wrong(if named { error.with_value(Shown::field_line(text)) } else { error })
        }
        LineStop::Value(name_len, wrong) => {
            let name = line.get(..name_len).unwrap_or_default();
            let error = Error::new(Syntax::FieldValue).with_name(name);
            Stop::Wrong(error.with_byte(line.get(wrong..).unwrap_or_default()).at(at + wrong))
        }
    }
}

#[cfg(test)]
mod tests;
