//! Several reports side by side.

use std::collections::HashMap;

use super::outcome::{CaseResult, Outcome, group};
use super::results::Report;
use super::summary::SEVERITIES;
use crate::case::Severity;

/// Several reports side by side: a row for each case that one of them has.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    targets: Vec<Target<'a>>,
    rows: Vec<Row<'a>>,
}

/// One of the reports that are compared.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Target<'a> {
    /// A short name of its column: `A`.
    pub letter: String,
    /// The name that it was given.
    pub name: &'a str,
    /// The report.
    pub report: &'a Report,
}

/// What came of one case in each report.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Row<'a> {
    /// The case's id.
    pub id: &'a str,
    /// The section that decides.
    pub section: &'a str,
    /// How much a failure matters.
    pub severity: Severity,
    /// Why the case matters.
    pub why: &'a str,
    /// The outcome in each report, if the report has the case.
    pub outcomes: Vec<Option<&'a Outcome>>,
}

impl<'a> Comparison<'a> {
    /// Compares reports that have a name each.
    ///
    /// The cases that matter most come first, and otherwise are in the order of the first report that has them.
    pub fn new(reports: impl IntoIterator<Item = (&'a str, &'a Report)>) -> Self {
        let targets: Vec<_> = reports
            .into_iter()
            .enumerate()
            .map(|(index, (name, report))| Target { letter: letters(index), name, report })
            .collect();
        let mut rows: Vec<Row<'a>> = Vec::new();
        let mut places = HashMap::new();
        for (column, target) in targets.iter().enumerate() {
            for outcome in &target.report.results {
                let Outcome { id, section, severity, why, .. } = outcome;
                let place = *places.entry(id.as_str()).or_insert_with(|| {
                    let outcomes = vec![None; targets.len()];
                    rows.push(Row { id, section, severity: *severity, why, outcomes });
                    rows.len() - 1
                });
                rows[place].outcomes[column] = Some(outcome);
            }
        }
        rows.sort_by_key(|row| SEVERITIES.iter().position(|severity| *severity == row.severity));
        Self { targets, rows }
    }

    /// Returns the reports, in the order of the columns.
    pub fn targets(&self) -> &[Target<'a>] {
        &self.targets
    }

    /// Returns all rows.
    pub fn rows(&self) -> &[Row<'a>] {
        &self.rows
    }

    /// Returns the rows of cases that did not come to the same in all reports.
    pub fn differences(&self) -> impl Iterator<Item = &Row<'a>> {
        self.rows.iter().filter(|row| row.differs())
    }
}

impl Row<'_> {
    /// Returns whether the case did not come to the same in all reports.
    pub fn differs(&self) -> bool {
        let marks = self.marks();
        marks.iter().any(|mark| Some(mark) != marks.first())
    }

    /// Returns a word for each outcome.
    pub(super) fn marks(&self) -> Vec<&'static str> {
        self.outcomes.iter().map(|outcome| mark(*outcome)).collect()
    }

    /// Returns the part of the id that groups cases.
    pub(super) fn group(&self) -> &str {
        group(self.id)
    }
}

/// Returns a word for an outcome.
fn mark(outcome: Option<&Outcome>) -> &'static str {
    match outcome.map(|outcome| &outcome.result) {
        Some(CaseResult::Passed) => "pass",
        Some(CaseResult::Failed { .. }) => "FAIL",
        Some(CaseResult::Skipped { .. }) => "skip",
        None => "-",
    }
}

/// Returns the name of a column, as spreadsheets have it: A to Z, AA, AB.
fn letters(mut index: usize) -> String {
    let mut letters = String::new();
    loop {
        // A remainder of 26 fits.
        let letter = u8::try_from(index % 26).unwrap_or_default();
        letters.insert(0, char::from(b'A' + letter));
        if index < 26 {
            return letters;
        }
        index = index / 26 - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn columns_are_named_as_in_spreadsheets() {
        for (index, expected) in
            [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
        {
            assert_eq!(letters(index), expected);
        }
    }
}
