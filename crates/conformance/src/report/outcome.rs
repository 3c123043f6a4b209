//! What came of one case.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::event::Event;
use crate::case::{Case, Severity};

/// What came of one case.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Outcome {
    /// The case's id: `server/connection/substring`.
    pub id: String,
    /// The section that decides: `RFC 6455 §4.2.1`.
    pub section: String,
    /// How much a failure matters.
    pub severity: Severity,
    /// Why the case matters, in one line.
    pub why: String,
    /// The sentence that decides, if well-known software disagrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disagree: Option<String>,
    /// Whether the case passed.
    #[serde(flatten)]
    pub result: CaseResult,
    /// What went over the wire, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wire: Vec<Event>,
    /// How long the case took, in milliseconds.
    pub ms: u64,
}

/// Whether a case passed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum CaseResult {
    /// The peer did what it may do.
    Passed,
    /// The peer did something else.
    Failed {
        /// What the peer may do.
        expected: String,
        /// What the peer did.
        got: String,
    },
    /// The case was not run.
    Skipped {
        /// Why: the same words for all cases that are skipped for the same reason.
        reason: String,
    },
}

impl CaseResult {
    /// The peer may do one thing, and did another.
    pub fn failed(expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self::Failed { expected: expected.into(), got: got.into() }
    }

    /// The case was not run, for this reason.
    pub fn skipped(reason: impl Into<String>) -> Self {
        Self::Skipped { reason: reason.into() }
    }
}

impl Outcome {
    /// What came of a case, without what went over the wire and without a duration.
    pub fn new(case: &Case, result: CaseResult) -> Self {
        let Case { id, section, severity, why, disagree, .. } = case;
        Self {
            id: id.clone(),
            section: section.clone(),
            severity: *severity,
            why: why.clone(),
            disagree: disagree.clone(),
            result,
            wire: Vec::new(),
            ms: 0,
        }
    }

    /// Adds what went over the wire, and how long the case took.
    #[must_use]
    pub fn with_wire(self, wire: Vec<Event>, took: Duration) -> Self {
        Self { wire, ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX), ..self }
    }

    /// Returns the part of the id that groups cases: `server/connection` of `server/connection/substring`.
    pub fn group(&self) -> &str {
        group(&self.id)
    }

    /// Returns whether the case passed.
    pub fn is_passed(&self) -> bool {
        self.result == CaseResult::Passed
    }

    /// Returns whether the case was run and did not pass.
    pub fn is_failed(&self) -> bool {
        matches!(self.result, CaseResult::Failed { .. })
    }

    /// Returns whether the case was not run.
    pub fn is_skipped(&self) -> bool {
        matches!(self.result, CaseResult::Skipped { .. })
    }
}

/// Returns the part of an id that groups cases.
pub(super) fn group(id: &str) -> &str {
    id.rsplit_once('/').map_or("", |(group, _)| group)
}
