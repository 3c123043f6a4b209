//! Why reading stopped before the end of a head.

use super::scan::{Scan, Step};
use super::syntax::{HeadError, Syntax};
use crate::error::Error;
use crate::limits::Limits;

/// Why reading stopped before the end of a line or of a head.
#[derive(Debug, PartialEq)]
pub(crate) enum Stop {
    /// More bytes are needed. Reading goes on at this step.
    More(Step),
    /// The syntax is wrong, or a limit is exceeded.
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

    /// Makes the error of an exceeded limit.
    #[cold]
    pub(super) fn limit(syntax: Syntax, limit: usize) -> Self {
        Self::Wrong(Error::new(syntax).with_limit(limit))
    }

    /// Turns the stop of a line into that of the head. Offsets then count from the start of the head.
    #[cold]
    pub(super) fn in_line_at(self, start: usize) -> Self {
        match self {
            Self::Wrong(error) => Self::Wrong(error.at(start + error.offset().unwrap_or_default())),
            more @ Self::More(_) => more,
        }
    }
}

/// Handles a stop in a head that is not complete. Takes it by reference because it is large.
#[cold]
pub(super) fn unfinished<T>(
    stop: &Stop,
    window: &[u8],
    scan: &mut Scan,
    limits: &Limits,
) -> Result<Option<T>, HeadError> {
    match *stop {
        Stop::Wrong(error) => Err(error),
        Stop::More(_) if window.len() >= limits.head => {
            Err(Error::new(Syntax::HeadTooLarge).with_limit(limits.head))
        }
        Stop::More(reached) => {
            scan.remember(reached, window);
            Ok(None)
        }
    }
}
