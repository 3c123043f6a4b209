//! Why reading stopped before the end of a head.

use super::line::LineStop;
use super::scan::Stage;
use super::syntax::{HeadError, Syntax};
use crate::error::Error;
use crate::limits::Limits;
use crate::shown::Shown;

/// Why reading stopped before the end of a head.
pub(super) enum Stop {
    /// The line is not finished. The stage says how far a start line has been read.
    More(Stage),
    Wrong(HeadError),
}

impl Stop {
    #[cold]
    pub(super) fn wrong(syntax: Syntax, offset: usize) -> Self {
        Self::Wrong(Error::new(syntax).at(offset))
    }

    /// Makes an error that shows the wrong byte.
    #[cold]
    pub(super) fn byte(syntax: Syntax, bytes: &[u8], offset: usize) -> Self {
        Self::Wrong(Error::new(syntax).with_byte(bytes.get(offset..).unwrap_or_default()).at(offset))
    }
}

#[cold]
pub(super) fn too_many_fields(limits: &Limits) -> Stop {
    Stop::Wrong(Error::new(Syntax::TooManyFields).with_limit(limits.fields))
}

/// Turns the stop of the field line at `at` into the stop of the head. Adds the field's name as evidence, or the line
/// if it has no name.
#[cold]
pub(super) fn line_stop(stop: LineStop, bytes: &[u8], at: usize) -> Stop {
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
