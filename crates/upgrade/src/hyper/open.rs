//! A valid request that is not decided yet.

use crate::observe::caller::Caller;
use crate::observe::event;

/// A valid request that is not decided yet. Dropped so, by a handler that returns another response, panics or is
/// dropped itself, it is counted as rejected by the application.
#[derive(Debug)]
pub(crate) struct Open {
    caller: Caller,
    /// Whether the connection ends with another response, as far as is known here.
    closes: bool,
    decided: bool,
}

impl Open {
    pub(crate) fn new(caller: Caller, closes: bool) -> Self {
        Self { caller, closes, decided: false }
    }

    /// What comes of it is counted where it is known.
    pub(crate) fn decide(mut self) -> Caller {
        self.decided = true;
        self.caller
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.decided {
            event::answered_otherwise(&self.caller, self.closes);
        }
    }
}
