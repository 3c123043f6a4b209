//! Records the checks that this machine can't run. The last lines of output list each of them with its reason. If `CI`
//! is `true`, a missing check is a failure, unless `xtask/may_be_missing.toml` allows it and says why.

use std::{env, fmt};

use serde::Deserialize;

use crate::output::say;
use crate::tree::{read, workspace};

const TABLE: &str = "xtask/may_be_missing.toml";

/// The checks that were not run.
#[derive(Default)]
pub(crate) struct Gaps(Vec<Gap>);

struct Gap {
    check: String,
    reason: String,
}

/// The table of checks that may be missing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MayBeMissing {
    #[serde(default)]
    check: Vec<Check>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    name: String,
    reason: String,
}

impl Gaps {
    /// Records that a check is not run, and prints the reason.
    pub(crate) fn add(&mut self, check: impl Into<String>, reason: impl Into<String>) {
        let gap = Gap { check: check.into(), reason: reason.into() };
        say(&format!("\n== {gap}"));
        self.0.push(gap);
    }

    /// Adds the checks that others have recorded.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Prints the last lines.
    pub(crate) fn finish(&self) -> Result<(), String> {
        let text = read(workspace(), TABLE)?;
        let table: MayBeMissing = toml::from_str(&text).map_err(|error| format!("{TABLE}: {error}"))?;
        let must_be_complete = env::var("CI").is_ok_and(|value| value == "true");
        let said = self.said(&table, must_be_complete)?;
        println!("\n{said}");
        Ok(())
    }

    fn said(&self, table: &MayBeMissing, must_be_complete: bool) -> Result<String, String> {
        if let Some(check) = table.check.iter().find(|check| check.reason.trim().is_empty()) {
            return Err(format!("{TABLE}: {} may be missing without a reason", check.name));
        }
        if self.0.is_empty() {
            return Ok("All of it holds.".into());
        }
        let allowed = |gap: &Gap| table.check.iter().find(|check| check.name == gap.check);
        let mut lines: Vec<String> = Vec::new();
        for gap in &self.0 {
            lines.push(gap.to_string());
            lines.extend(allowed(gap).map(|check| format!("  It may be missing: {}", check.reason.trim())));
        }
        let lines = lines.join("\n");
        if must_be_complete && !self.0.iter().all(|gap| allowed(gap).is_some()) {
            return Err(format!(
                "{lines}\nWhere CI is true, each check must be run that {TABLE} does not name."
            ));
        }
        Ok(format!("What was run holds. Of the checks, {} could not be run here:\n{lines}", self.0.len()))
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not run: {}: {}", self.check, self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> MayBeMissing {
        toml::from_str(text).expect("a table")
    }

    #[test]
    fn no_check_disappears() {
        let of = |checks: &[&str]| {
            Gaps(checks.iter().map(|&check| Gap { check: check.into(), reason: "no c".into() }).collect())
        };
        let listed = table("[[check]]\nname = \"a\"\nreason = \"b\"");
        for must_be_complete in [false, true] {
            assert_eq!(of(&[]).said(&listed, must_be_complete), Ok("All of it holds.".into()));
            let said = of(&["a"]).said(&listed, must_be_complete).expect("it may be missing");
            assert!(
                said.ends_with("1 could not be run here:\nnot run: a: no c\n  It may be missing: b"),
                "{said}"
            );
        }
        assert!(of(&["a", "d"]).said(&listed, false).is_ok_and(|said| said.ends_with("not run: d: no c")));
        let said = of(&["a", "d"]).said(&listed, true).expect_err("it may not be missing");
        assert!(said.contains("not run: d: no c\nWhere CI is true"), "{said}");
        assert!(of(&[]).said(&table("[[check]]\nname = \"a\"\nreason = \" \""), false).is_err());
    }

    #[test]
    fn the_table_names_checks_that_there_are() {
        let text = read(workspace(), TABLE).expect("the table");
        let names: Vec<String> = table(&text).check.into_iter().map(|check| check.name).collect();
        let is_known = |name: &str| {
            name == crate::oldest::check()
                || name == crate::instructions::WHAT_HERE
                || crate::targets::checks().any(|check| name == check)
        };
        assert!(names.iter().all(|name| is_known(name)), "{names:?}");
    }
}
