//! A field section (RFC 9112 §5): how it is read, and how its lines are read again.

use core::fmt;

use super::line::{Line, field_line, unusual_line, usual_line};
use super::scan::{Scan, Step};
use super::stop::Stop;
use super::syntax::Syntax;
use crate::field::{Field, Fields, Known, Lines};
use crate::limits::Limits;
use crate::rules::trim;
use crate::scanners::find_line_feed;

/// The field section of a head that has been read. Its lines are known to be legal.
#[derive(Clone, Copy, Default)]
pub struct FieldSection<'a>(pub(crate) &'a [u8]);

impl<'a> FieldSection<'a> {
    /// Returns the field lines, in order.
    pub fn iter(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let mut rest = self.0;
        core::iter::from_fn(move || match field_line::<true>(rest) {
            Ok(Line::Field(field, next)) => {
                rest = next;
                Some(field)
            }
            _ => None,
        })
    }

    /// Returns the value of the first line of the field `name`, which compares without case (RFC 9110 §5.1).
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.get_all(name).next()
    }

    /// Returns the values of all lines of the field `name`, in order (RFC 9110 §5.3).
    pub fn get_all<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| field.value)
    }

    /// As [`Fields::line`]. The cursor is the offset of the next line.
    fn next_line(&self, name: &str, cursor: &mut usize) -> Option<&'a [u8]> {
        while let Ok(Line::Field(field, next)) = field_line::<true>(self.0.get(*cursor..)?) {
            *cursor = self.0.len() - next.len();
            if field.name.eq_ignore_ascii_case(name.as_bytes()) {
                return Some(field.value);
            }
        }
        None
    }
}

impl fmt::Debug for FieldSection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The fields of a message, from which repeated lines are read again.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Section(FieldSection<'a>),
    Other(&'a dyn Fields),
}

impl<'a> Source<'a> {
    pub(crate) fn line(&self, name: &str, cursor: &mut usize) -> Option<&'a [u8]> {
        match *self {
            Self::Section(section) => section.next_line(name, cursor),
            Self::Other(fields) => fields.line(name, cursor).map(trim),
        }
    }
}

impl<'a, const N: usize> Lines<'a, N> {
    /// Returns the values of all lines of one field.
    pub(crate) fn all(
        &self,
        known: Known,
        source: Source<'a>,
    ) -> impl Iterator<Item = &'a [u8]> + use<'a, N> {
        let mut first = self.first(known);
        let again = self.repeated(known);
        let mut cursor = 0;
        core::iter::from_fn(move || if again { source.line(known.name(), &mut cursor) } else { first.take() })
    }
}

/// Reads the field section at `start`, into the known lines. It ends with the empty line.
///
/// If it stops in an unfinished line, `scan` remembers this line.
#[inline]
pub(super) fn field_section<'a, const LENIENT: bool>(
    window: &'a [u8],
    start: usize,
    scan: &mut Scan,
    limits: &Limits,
    lines: &mut Lines<'a>,
) -> Result<FieldSection<'a>, Stop> {
    let section = window.get(start..).unwrap_or_default();
    let mut rest = section;
    let mut count = 0;
    let behind = loop {
        let (usual, behind) = usual_lines(rest, lines);
        count += usual;
        rest = behind;
        if count > limits.fields {
            return Err(Stop::limit(Syntax::TooManyFields, limits.fields));
        }
        if let [b'\r', b'\n', behind @ ..] = rest {
            break behind;
        }
        match unusual_line::<LENIENT>(rest) {
            Ok(Line::Field(field, next)) => {
                lines.push(field);
                count += 1;
                rest = next;
            }
            Ok(Line::End(behind)) => break behind,
            Err(stop) => {
                scan.line = window.len() - rest.len();
                scan.fields = count;
                return Err(in_finished_line(stop, window, scan.line));
            }
        }
    };
    Ok(FieldSection(section.get(..section.len() - behind.len()).unwrap_or_default()))
}

/// Reports what is wrong with the line at `start` only when the line is finished. Until then more bytes are needed.
#[cold]
fn in_finished_line(stop: Stop, window: &[u8], start: usize) -> Stop {
    let stop = stop.in_line_at(start);
    // There is no line feed before the wrong byte.
    let wrong = match &stop {
        Stop::Wrong(error) => error.offset().unwrap_or_default(),
        Stop::More(_) => return stop,
    };
    if find_line_feed(window, wrong).is_some() { stop } else { Stop::More(Step::Fields) }
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
