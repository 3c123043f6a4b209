//! The handshake in the HTTP Archive format (HAR 1.2), as the tools of browsers read it.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use websocket_upgrade::proto::uri::Uri;
use websocket_upgrade_conformance::judge::Start;

use super::inspected::Inspected;
use super::recording::{Attempt, fields_of};
use crate::secrets;

pub(super) fn of(inspected: &Inspected<'_>) -> Value {
    let entries: Vec<_> = inspected.attempts.iter().map(|attempt| entry(attempt, inspected)).collect();
    json!({
        "log": {
            "version": "1.2",
            "creator": { "name": "wsupgrade", "version": env!("CARGO_PKG_VERSION") },
            "entries": entries,
        }
    })
}

/// One request and its final response.
fn entry(attempt: &Attempt, inspected: &Inspected<'_>) -> Value {
    let is_last = inspected.attempts.last().is_some_and(|last| std::ptr::eq(last, attempt));
    let started = OffsetDateTime::from(attempt.at).format(&Rfc3339).unwrap_or_default();
    let took = attempt.ended.saturating_sub(attempt.begun).as_secs_f64() * 1000.0;
    let mut entry = json!({
        "startedDateTime": started,
        "time": took,
        "request": request(attempt, inspected.show_secrets),
        "response": response(attempt, inspected),
        "cache": {},
        "timings": timings(attempt),
        "_resourceType": "websocket",
        "_webSocketMessages": [],
    });
    if let (Some(address), true) = (inspected.report.remote_address, is_last) {
        entry["serverIPAddress"] = json!(address.ip().to_string());
    }
    entry
}

fn headers(fields: &[(String, String)], show: bool) -> Vec<Value> {
    fields
        .iter()
        .map(|(name, value)| {
            let value = match name.to_ascii_lowercase().as_str() {
                ":path" => secrets::target(value, show),
                "location" => secrets::url(value, show),
                _ => secrets::value(name, value, show),
            };
            json!({ "name": name, "value": value })
        })
        .collect()
}

/// The HTTP version as HAR names it.
fn version(attempt: &Attempt) -> &'static str {
    if attempt.is_http2() { "h2" } else { "HTTP/1.1" }
}

fn request(attempt: &Attempt, show: bool) -> Value {
    let fields = attempt.request.as_ref().map(super::recording::Message::fields).unwrap_or_default();
    // The query is a secret, unless it is asked for: then the target has it.
    let target = attempt.target().unwrap_or_default();
    let url = match Uri::parse(&attempt.url) {
        Ok(uri) => {
            let scheme = if uri.secure() { "wss" } else { "ws" };
            format!("{scheme}://{}{}", uri.authority(), secrets::target(&target, show))
        }
        Err(_) => attempt.url.clone(),
    };
    let query = target.split_once('?').filter(|_| show).map(|(_, query)| query).unwrap_or_default();
    let query = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        json!({ "name": name, "value": value })
    });
    json!({
        "method": if attempt.is_http2() { "CONNECT" } else { "GET" },
        "url": url,
        "httpVersion": version(attempt),
        "cookies": [],
        "headers": headers(&fields, show),
        "queryString": query.collect::<Vec<_>>(),
        "headersSize": -1,
        "bodySize": 0,
    })
}

fn response(attempt: &Attempt, inspected: &Inspected<'_>) -> Value {
    let judgements = attempt.judgements();
    let last = judgements.last();
    let fields = last.map(fields_of).unwrap_or_default();
    let reason = match last.map(|judgement| &judgement.start) {
        Some(Start::Response { reason, .. }) => reason.text(),
        _ => String::new(),
    };
    let is_last = inspected.attempts.last().is_some_and(|last| std::ptr::eq(last, attempt));
    let body =
        inspected.error.filter(|_| is_last).and_then(|error| error.refused()).map(|refused| &*refused.body);
    let find = |name: &str| {
        fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    json!({
        // HAR has 0 for a response that did not come.
        "status": attempt.status().unwrap_or_default(),
        "statusText": reason,
        "httpVersion": version(attempt),
        "cookies": [],
        "headers": headers(&fields, inspected.show_secrets),
        "content": {
            "size": body.map_or(0, <[u8]>::len),
            "mimeType": find("Content-Type").cloned().unwrap_or_default(),
            "text": String::from_utf8_lossy(body.unwrap_or_default()),
        },
        "redirectURL": find("Location").map(|url| secrets::url(url, inspected.show_secrets)).unwrap_or_default(),
        "headersSize": -1,
        "bodySize": body.map_or(-1, |body| i64::try_from(body.len()).unwrap_or(-1)),
    })
}

/// In HAR the time of TLS is a part of that of the connection, and -1 stands for what did not happen.
fn timings(attempt: &Attempt) -> Value {
    let spans = attempt.spans();
    let of = |names: &[&str]| {
        let mut times = spans.iter().filter(|span| names.contains(&span.name)).peekable();
        times.peek()?;
        Some(times.map(|span| span.end.saturating_sub(span.begin).as_secs_f64() * 1000.0).sum::<f64>())
    };
    json!({
        "blocked": -1,
        "dns": of(&["resolve"]).unwrap_or(-1.0),
        "connect": of(&["connect", "proxy", "tls"]).unwrap_or(-1.0),
        "ssl": of(&["tls"]).unwrap_or(-1.0),
        "send": of(&["request"]).unwrap_or(0.0),
        "wait": of(&["response"]).unwrap_or(0.0),
        "receive": 0,
    })
}
