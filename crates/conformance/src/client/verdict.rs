//! Whether a client has done what it may do.

use super::exchange::What;
use super::rules;
use crate::case::{ClientExchange, ClientExpect};
use crate::report::CaseResult;

/// Returns the result of a case.
pub(super) fn result(exchange: &ClientExchange, what: What) -> CaseResult {
    let expects = |expect| exchange.expect.contains(&expect);
    let fits = match &what {
        What::Skipped(reason) => return CaseResult::Skipped { reason: reason.clone() },
        What::RuleBroken(evidence) => {
            let rule = exchange.rule.as_deref().and_then(rules::text).unwrap_or_default();
            return CaseResult::Failed { expected: rule.to_owned(), got: evidence.clone() };
        }
        What::Established | What::Ended => expects(ClientExpect::Established),
        What::Failed(_) => expects(ClientExpect::Failed),
        What::Waiting => expects(ClientExpect::Waiting),
        What::Misbehaved(_) | What::Other(_) => false,
    };
    if fits {
        return CaseResult::Passed;
    }
    let valid = expects(ClientExpect::Established);
    let got = match what {
        What::Established => {
            "established although the client must fail: it echoed what it received".to_owned()
        }
        What::Ended => "ended without an error, although the client must fail".to_owned(),
        What::Failed(error) if valid => format!("failed although the response is valid: {error}"),
        What::Failed(error) => format!("failed: {error}"),
        What::Waiting => "hung: it neither sent a frame nor ended".to_owned(),
        What::Misbehaved(text) if valid => format!("established{text}"),
        What::Misbehaved(text) => format!("established although the client must fail{text}"),
        What::Other(text) | What::Skipped(text) | What::RuleBroken(text) => text,
    };
    CaseResult::Failed { expected: expected(&exchange.expect), got }
}

fn expected(expect: &[ClientExpect]) -> String {
    expect.iter().map(ToString::to_string).collect::<Vec<_>>().join("; or ")
}
