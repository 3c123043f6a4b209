//! Reads a field line (RFC 9112 §5).

use super::scan::Step;
use super::stop::Stop;
use super::syntax::Syntax;
use crate::error::Error;
use crate::field::Field;
use crate::rules::{TCHARS, trim};
use crate::scanners::{behind, behind_text, behind_value, usual_name};
use crate::shown::Shown;

/// One line of a field section, and the bytes after it.
pub(crate) enum Line<'a> {
    Field(Field<'a>, &'a [u8]),
    End(&'a [u8]),
}

/// Reads `field-line = field-name ":" OWS field-value OWS` at the start of `line`, or the empty line after the fields.
///
/// `LENIENT` accepts white space between name and colon. A client may accept it; a server must not (RFC 9112 §5.1).
/// The offset of an error counts from the start of the line.
pub(crate) fn field_line<const LENIENT: bool>(line: &[u8]) -> Result<Line<'_>, Stop> {
    match usual_line(line) {
        Some((field, next)) => Ok(Line::Field(field, next)),
        None => unusual_line::<LENIENT>(line),
    }
}

/// Reads a whole field line of usual syntax: a name of letters, digits and `-`, one space after the colon, no other
/// white space around the value, no HTAB, and CR LF.
#[inline(always)]
#[allow(clippy::inline_always)] // measured: a tenth of a head's time
pub(super) fn usual_line(line: &[u8]) -> Option<(Field<'_>, &[u8])> {
    let (name_len, last_chunk) = usual_name(line);
    // The end of the line is searched from the chunk in which the name ends. So the processor can begin the next line
    // while it checks the name.
    let end = behind_text(last_chunk);
    let next = end.strip_prefix(b"\r\n")?;
    let (name, behind_name) = line.get(..line.len() - end.len())?.split_at_checked(name_len)?;
    if name.is_empty() {
        return None;
    }
    let value = behind_name.strip_prefix(b": ")?;
    match value {
        [] | [b' ', ..] | [.., b' '] => None,
        value => Some((Field { name, value }, next)),
    }
}

/// Reads any other line: the end of the section, an unfinished line, a wrong line, or one with rare syntax.
#[cold]
pub(super) fn unusual_line<const LENIENT: bool>(line: &[u8]) -> Result<Line<'_>, Stop> {
    if let [b'\r', b'\n', behind @ ..] = line {
        return Ok(Line::End(behind));
    }
    let name_len = line.len() - behind(line, &TCHARS).len();
    let (name, rest) = line.split_at_checked(name_len).unwrap_or_default();
    let space = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let colon = match rest {
        [] => return Err(Stop::More(Step::Fields)),
        _ if name.is_empty() => return no_name(rest),
        [b':', ..] => 0,
        _ if LENIENT => space,
        _ => return Err(wrong_name(line, name_len)),
    };
    let value = match rest.get(colon..).unwrap_or_default() {
        [b':', value @ ..] => value,
        [] => return Err(Stop::More(Step::Fields)),
        _ => return Err(wrong_name(line, name_len)),
    };
    let end = behind_value(value);
    let next = match end {
        [b'\r', b'\n', next @ ..] | [b'\n', next @ ..] => next,
        [] | [b'\r'] => return Err(Stop::More(Step::Fields)),
        wrong => {
            let error = Error::new(Syntax::FieldValue).with_name(name).with_byte(wrong);
            return Err(Stop::Wrong(error.at(line.len() - wrong.len())));
        }
    };
    let value = value.get(..value.len() - end.len()).unwrap_or_default();
    Ok(Line::Field(Field { name, value: trim(value) }, next))
}

/// Reads a line that does not begin with a field's name: the end of the section, or an error.
fn no_name(line: &[u8]) -> Result<Line<'_>, Stop> {
    match line {
        [b'\n', behind @ ..] => Ok(Line::End(behind)),
        [b'\r'] => Err(Stop::More(Step::Fields)),
        [b'\r', ..] => Err(Stop::wrong(Syntax::BareCr, 0)),
        [b' ' | b'\t', ..] => Err(Stop::wrong(Syntax::Fold, 0)),
        _ => Err(wrong_name(line, 0)),
    }
}

/// The error of a line that does not begin with a name and a colon.
fn wrong_name(line: &[u8], at: usize) -> Stop {
    let text = line.split(|&byte| byte == b'\n').next().unwrap_or_default();
    Stop::Wrong(Error::new(Syntax::FieldName).with_value(Shown::field_line(text)).at(at))
}
