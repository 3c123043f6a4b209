//! A field section (RFC 9112 §5): how it is read, and how its lines are read again.

use core::fmt;

use super::line::{Line, LineStop, field_line, unusual_line, usual_line};
use crate::field::{Field, Fields, Known, Lines};
use crate::limits::Limits;
use crate::rules::trim;

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

/// Reads a field section into the known lines. Returns its length in bytes, including the empty line that ends it.
#[inline]
pub(super) fn field_section<'a, const LENIENT: bool>(
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
pub(super) struct SectionStop {
    /// What is wrong with the line, or `None` if there are too many lines.
    pub(super) line: Option<LineStop>,
    /// The offset of the line.
    pub(super) at: usize,
    /// The number of lines before it.
    pub(super) before: usize,
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
