//! Ends a task's turn when it has read many times in a row.

use std::task::{Context, Poll};

/// Counts the reads that a task makes in one turn, and ends the turn when there are too many.
///
/// A stream that always has something to read would otherwise hide the deadline, hold up writing, and stop other
/// tasks. tokio's own streams prevent that in part. Other streams do not.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    in_a_row: u8,
}

impl Reads {
    /// Well below the budget that tokio gives a task for one turn, so that some is left for writes and timers.
    const MOST: u8 = 32;

    /// For an attempt before the deadline begins: the turn ends after one read.
    pub(super) fn one() -> Self {
        Self { in_a_row: Self::MOST - 1 }
    }

    /// Reads, unless the turn has to end first.
    pub(crate) fn poll<T>(
        &mut self,
        context: &mut Context<'_>,
        read: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        if self.in_a_row == Self::MOST {
            self.in_a_row = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let polled = read(context);
        self.in_a_row = if polled.is_ready() { self.in_a_row + 1 } else { 0 };
        polled
    }
}
