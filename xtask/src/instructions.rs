//! Checks that the core takes no more instructions than before: `bench/core` counts them, and compares its ratios to a
//! floor with those of a committed file. It is built in seconds, unlike the other benchmarks.

use std::process::Command;

use crate::command::{cargo, own_cargo, run_reading};
use crate::gaps::Gaps;

const WHAT: &str = "instructions of the core";

/// The name of the check where the processor has other instructions than that of the committed figures.
pub(crate) const WHAT_HERE: &str = "instructions of the core on this processor";

/// The program that counts. It is measured as it is used, in release.
const COUNT: [&str; 6] = ["run", "--release", "--quiet", "--package", "bench-core", "--"];

/// Fails if a ratio has grown by more than 3 %. A machine without a counter is a gap, and so is a processor whose
/// figures are not comparable.
pub(crate) fn check(gaps: &mut Gaps) -> Result<(), String> {
    let mut command = Command::new(own_cargo());
    let missing = run_reading(WHAT, command.args(COUNT).arg("check"), missing)?;
    for (check, reason) in missing {
        gaps.add(check, reason);
    }
    Ok(())
}

/// Writes the committed file anew.
pub(crate) fn accept() -> Result<(), String> {
    cargo(WHAT, &[&COUNT[..], &["accept"]].concat())
}

/// Returns the name of the check that the program could not make, and why.
fn missing(line: &str) -> Option<(&'static str, String)> {
    let begins = |(begin, check)| line.strip_prefix(begin).map(|reason| (check, reason.to_owned()));
    [("not run: ", WHAT), ("not comparable: ", WHAT_HERE)].into_iter().find_map(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_was_not_made_has_a_reason() {
        assert_eq!(missing("not run: no counter"), Some((WHAT, "no counter".to_owned())));
        let reason = "this processor is x86_64; the figures are of x86_64, sha";
        assert_eq!(missing(&format!("not comparable: {reason}")), Some((WHAT_HERE, reason.to_owned())));
        assert_eq!(missing("client: 1.000 of floor A, committed 1.000"), None);
    }
}
