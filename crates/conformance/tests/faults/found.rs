//! What a report says about a fault.

use websocket_upgrade_conformance::faults::Fault;
use websocket_upgrade_conformance::report::{CaseResult, Report};

/// Checks that the case meant for a fault fails.
pub(crate) fn is_noticed(fault: Fault, report: &Report) -> Result<(), String> {
    let outcome = report.results.iter().find(|outcome| outcome.id == fault.caught_by());
    match outcome.map(|outcome| &outcome.result) {
        Some(CaseResult::Failed { .. }) => Ok(()),
        other => Err(format!("{fault}: {} gives {other:?}", fault.caught_by())),
    }
}

/// Checks that no case fails.
pub(crate) fn is_honest(name: &str, report: &Report) -> Result<(), String> {
    let failed: Vec<String> = report
        .failed()
        .map(|outcome| format!("    {} ({:?}): {:?}", outcome.id, outcome.severity, outcome.result))
        .collect();
    match (report.results.len(), failed.len()) {
        (100.., 0) => Ok(()),
        (all, count) => Err(format!("{name}: {count} of {all} cases failed\n{}", failed.join("\n"))),
    }
}
