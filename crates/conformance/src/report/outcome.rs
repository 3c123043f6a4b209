//! What came of one case.

use serde::{Deserialize, Serialize};

use super::event::Event;
use crate::case::Severity;

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

impl Outcome {
    /// Returns the part of the id that groups cases: `server/connection` of `server/connection/substring`.
    pub fn group(&self) -> &str {
        self.id.rsplit_once('/').map_or("", |(group, _)| group)
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
