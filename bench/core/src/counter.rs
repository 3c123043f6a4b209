//! The counters of instructions, and which of them this machine has.

use crate::{callgrind, steps};

/// A counter of the instructions that a program takes for some work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Single steps of the processor.
    Steps,
    /// valgrind, which knows no SHA instructions.
    Valgrind,
}

impl Counter {
    /// The counters, the better one first.
    pub const ALL: [Self; 2] = [Self::Steps, Self::Valgrind];

    /// Returns the first counter that works on this machine. The program does next to nothing with these arguments.
    pub fn find(arguments: &[&str]) -> Option<Self> {
        Self::ALL.into_iter().find(|counter| counter.works(arguments))
    }

    /// Returns whether the counter works on this machine. The program does next to nothing with these arguments.
    pub fn works(self, arguments: &[&str]) -> bool {
        self.instructions(arguments, 5).is_some()
    }

    /// Returns the name, as tables show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Steps => "single steps",
            Self::Valgrind => "valgrind, which knows no SHA instructions",
        }
    }

    /// Returns whether a SHA instruction counts as one. Otherwise the program runs as on a processor without them.
    pub fn knows_sha(self) -> bool {
        self == Self::Steps
    }

    /// Returns the instructions of one repetition. This program is run with these arguments and a
    /// [`Repetition`](crate::Repetition). `times` is how often valgrind has to see the work.
    pub fn instructions(self, arguments: &[&str], times: u32) -> Option<f64> {
        match self {
            // It is far below 2^52.
            #[allow(clippy::cast_precision_loss)]
            Self::Steps => steps::instructions(arguments).map(|count| count as f64),
            Self::Valgrind => callgrind::instructions(arguments, times),
        }
    }
}
