//! Checks that the core takes no more instructions than before: `bench/core` counts them, and compares its ratios to a
//! floor with those of a committed file. It is built in seconds, unlike the other benchmarks.

use std::process::Command;

use crate::command::{cargo, own_cargo, run_reading};
use crate::gaps::Gaps;

const WHAT: &str = "instructions of the core";

/// The program that counts. It is measured as it is used, in release.
const COUNT: [&str; 6] = ["run", "--release", "--quiet", "--package", "bench-core", "--"];

/// Fails if a ratio has grown by more than 3 %. A machine without a counter is a gap.
pub(crate) fn check(gaps: &mut Gaps) -> Result<(), String> {
    let mut command = Command::new(own_cargo());
    let reasons = run_reading(WHAT, command.args(COUNT).arg("check"), reason)?;
    for reason in reasons {
        gaps.add(WHAT, reason);
    }
    Ok(())
}

/// Writes the committed file anew.
pub(crate) fn accept() -> Result<(), String> {
    cargo(WHAT, &[&COUNT[..], &["accept"]].concat())
}

/// Returns why the program could not count.
fn reason(line: &str) -> Option<String> {
    line.strip_prefix("not run: ").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_was_not_made_has_a_reason() {
        assert_eq!(reason("not run: no counter"), Some("no counter".to_owned()));
        assert_eq!(reason("client: 1.000 of floor A, committed 1.000"), None);
    }
}
