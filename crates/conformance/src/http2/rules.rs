//! Rules for a client's extended CONNECT: those of the judge, and some that look at more than its fields.

use crate::judge::{self, Finding, Judgement};
use crate::text::Names;

/// Every rule of this file, with what it says.
const RULES: [(&str, &str); 4] = [
    ("exchange/authority-of-url", "The authority is that of the URL."),
    ("exchange/path-of-url", "The path is path and query of the URL."),
    ("exchange/scheme-of-url", "The scheme is https for wss, and http for ws."),
    ("exchange/stream-open", "The request does not end its stream."),
];

/// Returns what a rule says, or `None` if there is no rule with this id.
pub(crate) fn text(id: &str) -> Option<&'static str> {
    let own = RULES.iter().find(|(own, _)| *own == id).map(|(_, text)| *text);
    own.or_else(|| judge::rule(id).map(|rule| rule.text))
}

/// Returns how a request breaks a rule, or `None` if it keeps it. `ends`: the request ends its stream.
pub(crate) fn broken(id: &str, request: &Judgement, ends: bool, names: &Names) -> Option<String> {
    let differs = |field: &str, expected: &str| {
        let got = request.get(field).unwrap_or_default();
        (got != expected.as_bytes())
            .then(|| format!("{field} is \"{}\", and not \"{expected}\"", got.escape_ascii()))
    };
    match id {
        "exchange/authority-of-url" => differs(":authority", &names.host),
        "exchange/path-of-url" => differs(":path", &names.path),
        "exchange/scheme-of-url" => differs(":scheme", names.origin.split(':').next().unwrap_or_default()),
        "exchange/stream-open" => ends.then(|| "the request ends its stream".to_owned()),
        _ => match request.finding(id) {
            Some(Finding::Broken { evidence, .. }) => Some(format!("a request that breaks {id}: {evidence}")),
            Some(_) => None,
            None => Some(format!("there is no rule {id}")),
        },
    }
}
