//! `requests.json`: the status that is due, and the fields of the answer.

use websocket_upgrade_conformance::judge;

use crate::core::{answer_bytes, show};
use crate::differences::compare;

#[test]
fn requests() {
    let cases = vectors::requests();
    compare(
        "requests.json",
        cases.iter().map(|case| {
            let (judge, core) = both(&case.request);
            (&*case.name, judge, core)
        }),
    );
}

/// Shows the answer of both.
pub(crate) fn both(bytes: &[u8]) -> (String, String) {
    let judgement = judge::request(bytes);
    let due = judgement.due();
    let wanted = due.as_ref().map(|due| due.fields.clone()).unwrap_or_default();
    let judge = due.map_or("more".to_owned(), |due| {
        show(due.status, wanted.iter().map(|(name, value)| format!("{name}: {value}")))
    });
    let core = answer_bytes(bytes).map_or("more".to_owned(), |answer| answer.show(&wanted));
    (judge, core)
}
