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
pub(crate) fn assert_honest(report: &Report) {
    let failed = report.results.iter().filter(|outcome| matches!(outcome.result, CaseResult::Failed { .. }));
    let failed: Vec<String> = failed
        .map(|outcome| format!("{} ({:?}): {:?}", outcome.id, outcome.severity, outcome.result))
        .collect();
    assert!(report.results.len() > 100, "{} cases", report.results.len());
    assert!(failed.is_empty(), "{} of {}\n{}", failed.len(), report.results.len(), failed.join("\n"));
}
