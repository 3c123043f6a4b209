//! The handshake as one JSON object.

use serde_json::{Value, json};
use websocket_upgrade_conformance::judge::Judgement;

use super::inspected::Inspected;
use super::recording::{Attempt, Message};
use crate::secrets;

pub(super) fn of(inspected: &Inspected<'_>) -> Value {
    let show = inspected.show_secrets;
    json!({
        "url": secrets::url(inspected.url, show),
        "established": inspected.agreed.is_some(),
        "agreed": inspected.agreed.as_ref().map(|agreed| json!({
            "subprotocol": agreed.subprotocol,
            "extensions": agreed.extensions,
            "bytes_behind_the_head": agreed.behind,
        })),
        "attempts": inspected.attempts.iter().map(|attempt| attempt_of(attempt, show)).collect::<Vec<_>>(),
        "report": inspected.report,
        "failure": inspected.failure.map(|failure| json!({
            "exit_code": failure.exit as u8,
            "message": failure.message,
            "hint": failure.hint,
            "error": inspected.error,
        })),
    })
}

fn attempt_of(attempt: &Attempt, show: bool) -> Value {
    let judgements = attempt.judgements();
    let heads: Vec<Value> = if attempt.responses.is_empty() {
        attempt.heads(&judgements).0.into_iter().map(|head| json!(secrets::lines(head, show))).collect()
    } else {
        attempt.responses.iter().map(|fields| fields_of(fields, show)).collect()
    };
    let verdicts: Vec<_> = judgements.iter().map(|judgement| &judgement.verdicts).collect();
    let spans = attempt.spans();
    let spans = spans.iter().map(|span| {
        json!({
            "name": span.name,
            "begin_ms": span.begin.as_secs_f64() * 1000.0,
            "end_ms": span.end.as_secs_f64() * 1000.0,
        })
    });
    json!({
        "url": attempt.url,
        "request": attempt.request.as_ref().map(|request| match request {
            Message::Bytes(bytes) => json!(secrets::lines(bytes, show)),
            Message::Fields(fields) => fields_of(fields, show),
        }),
        "responses": heads,
        "status": attempt.status(),
        "valid": judgements.iter().all(Judgement::is_valid),
        "verdicts": verdicts,
        "phases": spans.collect::<Vec<_>>(),
    })
}

fn fields_of(fields: &[(String, Vec<u8>)], show: bool) -> Value {
    let field = |(name, value): &(String, Vec<u8>)| {
        let value = String::from_utf8_lossy(value);
        let value = match name.as_str() {
            ":path" => secrets::target(&value, show),
            "location" => secrets::url(&value, show),
            name => secrets::value(name, &value, show),
        };
        format!("{name}: {value}")
    };
    fields.iter().map(field).collect()
}
