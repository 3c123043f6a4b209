//! Some work done again and again in a process of its own, so that a counter can tell what one more costs.

use std::env;
use std::num::ParseIntError;
use std::process::Command;
use std::str::FromStr;
use std::thread;

use crate::steps;

/// How a process repeats its work. It is read from the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repetition {
    /// This many times, for a program that counts what the whole process does.
    Times(u32),
    /// A few times, each between two marks for [`Counter::Steps`](crate::Counter::Steps).
    Marked,
}

impl Repetition {
    /// Does the work as often as this says.
    ///
    /// # Errors
    /// The text of an error if the process can't be traced.
    pub fn run(self, mut work: impl FnMut()) -> Result<(), String> {
        match self {
            Self::Times(times) => (0..times).for_each(|_| work()),
            Self::Marked => return steps::mark(&mut work).map_err(|error| error.to_string()),
        }
        Ok(())
    }
}

impl FromStr for Repetition {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        if text == steps::MARKED { Ok(Self::Marked) } else { text.parse().map(Self::Times) }
    }
}

/// Returns the difference that `times` more repetitions make, as the average of one, so that the other work of the
/// process is not counted. `total` returns the count of a process that does some.
pub fn difference(times: u32, total: impl Fn(u32) -> Option<u64> + Sync) -> Option<f64> {
    let few = times / 5;
    let (less, more) = thread::scope(|scope| {
        let less = scope.spawn(|| total(few));
        let more = total(few + times);
        (less.join().ok().flatten(), more)
    });
    // Both are far below 2^52.
    #[allow(clippy::cast_precision_loss)]
    let more = more?.checked_sub(less?)? as f64;
    Some(more / f64::from(times))
}

/// Runs this program with these arguments under a program that counts, and returns what that prints.
pub fn under(counter: &[&str], arguments: &[&str]) -> Option<String> {
    let (counter, own) = counter.split_first()?;
    let output =
        Command::new(counter).args(own).arg(env::current_exe().ok()?).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_is_a_number_or_marked() {
        assert_eq!("500".parse(), Ok(Repetition::Times(500)));
        assert_eq!(steps::MARKED.parse(), Ok(Repetition::Marked));
        assert!("often".parse::<Repetition>().is_err());
    }

    #[test]
    fn work_of_the_process_itself_is_not_in_the_difference() {
        assert_eq!(difference(10, |times| Some(1000 + 7 * u64::from(times))), Some(7.0));
        assert_eq!(difference(10, |times| (times > 5).then_some(1)), None);
    }
}
