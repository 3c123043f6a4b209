//! How many cases passed, failed and were skipped.

use super::outcome::{CaseResult, Outcome};
use super::results::Report;
use crate::case::Severity;

/// How many cases passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Cases that passed.
    pub passed: usize,
    /// Cases that failed.
    pub failed: usize,
    /// Cases that were not run.
    pub skipped: usize,
}

impl Counts {
    /// Counts outcomes.
    pub fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Self {
        let mut counts = Self::default();
        for outcome in outcomes {
            *match outcome.result {
                CaseResult::Passed => &mut counts.passed,
                CaseResult::Failed { .. } => &mut counts.failed,
                CaseResult::Skipped { .. } => &mut counts.skipped,
            } += 1;
        }
        counts
    }

    /// The cases that were run.
    pub fn run(self) -> usize {
        self.passed + self.failed
    }

    /// All cases.
    pub fn all(self) -> usize {
        self.run() + self.skipped
    }

    /// Returns the cases that passed, of those that were run: `3/4`.
    pub(super) fn shown(self) -> String {
        if self.run() == 0 { "-".to_owned() } else { format!("{}/{}", self.passed, self.run()) }
    }
}

impl Report {
    /// Counts all cases.
    pub fn counts(&self) -> Counts {
        Counts::of(&self.results)
    }

    /// Counts the cases of one severity.
    pub fn counts_of(&self, severity: Severity) -> Counts {
        Counts::of(self.results.iter().filter(|outcome| outcome.severity == severity))
    }

    /// Returns the outcomes by group, in the order of the first case of each group.
    pub fn groups(&self) -> Vec<(&str, Vec<&Outcome>)> {
        by(&self.results, Outcome::group)
    }

    /// Returns the cases that were not run by reason, those with the most cases first.
    pub fn skipped_by_reason(&self) -> Vec<(&str, Vec<&Outcome>)> {
        let mut reasons = by(self.skipped(), |outcome| match &outcome.result {
            CaseResult::Skipped { reason } => reason,
            _ => "",
        });
        reasons.sort_by_key(|(_, outcomes)| usize::MAX - outcomes.len());
        reasons
    }

    /// Returns the failed cases, those that matter most first.
    pub(super) fn failed_by_severity(&self) -> Vec<&Outcome> {
        SEVERITIES
            .iter()
            .flat_map(|&severity| self.failed().filter(move |failed| failed.severity == severity))
            .collect()
    }
}

/// Groups outcomes by a key, in the order of the first outcome of each group.
pub(super) fn by<'a>(
    outcomes: impl IntoIterator<Item = &'a Outcome>,
    key: impl Fn(&'a Outcome) -> &'a str,
) -> Vec<(&'a str, Vec<&'a Outcome>)> {
    let mut groups: Vec<(&str, Vec<&Outcome>)> = Vec::new();
    for outcome in outcomes {
        let name = key(outcome);
        match groups.iter_mut().find(|(group, _)| *group == name) {
            Some((_, members)) => members.push(outcome),
            None => groups.push((name, vec![outcome])),
        }
    }
    groups
}

/// All severities, those that matter most first.
pub(super) const SEVERITIES: [Severity; 4] =
    [Severity::Must, Severity::Should, Severity::Security, Severity::Robustness];

/// Returns the width of the column of a severity.
pub(super) fn column(severity: Severity) -> usize {
    severity.to_string().len().max("150/150".len())
}
