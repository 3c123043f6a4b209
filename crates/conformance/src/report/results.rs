//! What came of a run of the suite.

use serde::{Deserialize, Serialize};

use super::outcome::Outcome;
use crate::case::{Http, Role, Severity};

/// What came of a run of the suite: one outcome for each case.
///
/// [`Display`](std::fmt::Display) prints a table that fits into 80 columns.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// The version of the suite.
    pub suite: String,
    /// What was tested.
    pub role: Role,
    /// The HTTP version.
    pub http: Http,
    /// Whether it was tested over TLS.
    pub tls: bool,
    /// The URL or the command that was tested.
    pub target: String,
    /// An outcome for each case, in the order of the cases.
    pub results: Vec<Outcome>,
}

impl Report {
    /// A report without outcomes, of this version of the suite.
    pub fn new(role: Role, http: Http, tls: bool, target: impl Into<String>) -> Self {
        let suite = env!("CARGO_PKG_VERSION").to_owned();
        Self { suite, role, http, tls, target: target.into(), results: Vec::new() }
    }

    /// Returns whether no case of severity MUST or SHOULD failed, and any case was run at all.
    pub fn holds(&self) -> bool {
        self.was_run()
            && !self.failed().any(|outcome| matches!(outcome.severity, Severity::Must | Severity::Should))
    }

    /// Returns whether any case was run. If the peer does not speak the version of HTTP, for example, all are skipped.
    pub fn was_run(&self) -> bool {
        self.results.iter().any(|outcome| !outcome.is_skipped())
    }

    /// Returns the cases that failed, in the order of the cases.
    pub fn failed(&self) -> impl Iterator<Item = &Outcome> {
        self.results.iter().filter(|outcome| outcome.is_failed())
    }

    /// Returns the cases that were not run, in the order of the cases.
    pub fn skipped(&self) -> impl Iterator<Item = &Outcome> {
        self.results.iter().filter(|outcome| outcome.is_skipped())
    }
}
