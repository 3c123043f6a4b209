//! A report as `JUnit` XML, which services for continuous integration read.

use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::escape::{Piece, Visible, pieces};
use super::event::{Event, Side};
use super::outcome::{CaseResult, Outcome};
use super::results::Report;

impl Report {
    /// Returns the report as `JUnit` XML: a suite for each group of cases.
    pub fn junit(&self) -> String {
        let mut junit = quick_junit::Report::new(self.title());
        for (group, outcomes) in self.groups() {
            let mut suite = TestSuite::new(visible(group));
            suite.add_property(("target", visible(&self.target).as_str()));
            suite.add_property(("suite", visible(&self.suite).as_str()));
            suite.add_test_cases(outcomes.into_iter().map(test_case));
            junit.add_test_suite(suite);
        }
        // It writes to a string, and leaves out what XML can't have.
        junit.to_string().unwrap_or_else(|error| error.to_string())
    }
}

fn test_case(outcome: &Outcome) -> TestCase {
    let status = match &outcome.result {
        CaseResult::Passed => TestCaseStatus::success(),
        CaseResult::Failed { expected, got } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let (expected, got) = (Visible(expected), Visible(got));
            let (section, why) = (Visible(&outcome.section), Visible(&outcome.why));
            let wire: String = outcome.wire.iter().map(line).collect();
            status.set_type(outcome.severity.to_string());
            status.set_message(format!("expected {expected}; got {got}"));
            status.set_description(format!("{section}: {why}\nexpected: {expected}\ngot: {got}\n{wire}"));
            status
        }
        CaseResult::Skipped { reason } => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(visible(reason));
            status
        }
    };
    let mut case = TestCase::new(visible(&outcome.id), status);
    case.set_classname(visible(outcome.group())).set_time(Duration::from_millis(outcome.ms));
    case.add_property(("section", visible(&outcome.section).as_str()));
    case.add_property(("severity", outcome.severity.to_string().as_str()));
    case
}

/// Returns an event as a line.
fn line(event: &Event) -> String {
    let from = match event.from {
        Side::Peer => "peer",
        Side::Suite => "suite",
    };
    let shown = &event.bytes[..event.bytes.len().min(SHOWN)];
    let text: String = pieces(shown)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) | Piece::Escape(text) => text,
            Piece::LineEnd => String::new(),
        })
        .collect();
    let cut = match (event.bytes.len() - shown.len()).saturating_add(event.cut) {
        0 => String::new(),
        cut => format!(" and {cut} more bytes"),
    };
    let note = if event.note.is_empty() { String::new() } else { format!("{} ", Visible(&event.note)) };
    format!("{from} +{} ms: {note}{text}{cut}\n", event.at_ms)
}

/// Returns text without control characters. XML can't have most of them.
fn visible(text: &str) -> String {
    Visible(text).to_string()
}

/// How many bytes of an event are shown.
const SHOWN: usize = 1024;
