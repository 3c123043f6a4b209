//! The bytes of the server's answers.

use super::fault::Fault;
use super::negotiate::{Extensions, extensions, subprotocol};
use crate::judge::{Deflate, Due, Judgement, response};
use crate::key::{accept_value, changed_accept_value};

/// What the server does with a request.
pub(super) enum Answer {
    /// It accepts, with these bytes. Then messages are compressed as agreed.
    Accept(Vec<u8>, Option<Deflate>),
    /// It refuses, with these bytes.
    Refuse(Vec<u8>),
}

/// The largest windows, and context: what a server does that agreed on something illegal.
const UNLIMITED: Deflate = Deflate {
    server_no_context_takeover: false,
    client_no_context_takeover: false,
    server_max_window_bits: 15,
    client_max_window_bits: 15,
};

/// Accepts a request.
pub(super) fn accept(request: &Judgement, due: &Due, fault: Option<Fault>) -> Answer {
    use Fault as F;
    let sent = request.sent();
    let mut head = match fault {
        Some(F::AnswerHttp10) => "HTTP/1.0 101 Switching Protocols\r\n".to_owned(),
        Some(F::AnswerOk) => "HTTP/1.1 200 OK\r\n".to_owned(),
        _ => "HTTP/1.1 101 Switching Protocols\r\n".to_owned(),
    };
    let key = sent.key.clone().unwrap_or_default();
    for (name, value) in &due.fields {
        let value = match (*name, fault) {
            ("Connection", Some(F::NoConnection)) => continue,
            ("Sec-WebSocket-Accept", Some(F::AcceptConstant)) => accept_value("dGhlIHNhbXBsZSBub25jZQ=="),
            ("Sec-WebSocket-Accept", Some(F::AcceptCaseFolded)) => value.to_ascii_lowercase(),
            ("Sec-WebSocket-Accept", Some(F::AcceptOfNonce)) => {
                changed_accept_value(&key, "decoded").unwrap_or_default()
            }
            _ => value.clone(),
        };
        head.push_str(&line(name, &value));
    }
    if let Some(name) = subprotocol(&sent, fault) {
        head.push_str(&line("Sec-WebSocket-Protocol", &name));
    }
    let mut agrees_on_deflate = false;
    match extensions(request, fault) {
        Extensions::None => {}
        Extensions::Agreed(list) => {
            agrees_on_deflate = list.contains("permessage-deflate");
            head.push_str(&line("Sec-WebSocket-Extensions", &list));
        }
        Extensions::Refused => {
            return Answer::Refuse(refusal(400, &[], "an offer can't be accepted", request, fault));
        }
    }
    if fault == Some(F::AnswerWithLength) {
        head.push_str("Content-Length: 0\r\n");
    }
    head.push_str("\r\n");
    let agreed = response(head.as_bytes(), &sent).agreed.deflate;
    let expects = |name: &str, member: &str| {
        let mut lines = request.fields.iter().filter(|field| field.is(name));
        lines.any(|field| field.value.eq_ignore_ascii_case(member.as_bytes()))
    };
    // A client that waits for it gets a 100 first (RFC 9110 §7.8).
    if expects("Expect", "100-continue") {
        head.insert_str(0, "HTTP/1.1 100 Continue\r\n\r\n");
    }
    Answer::Accept(head.into_bytes(), agreed.or(agrees_on_deflate.then_some(UNLIMITED)))
}

/// Refuses a request because of a broken rule.
pub(super) fn refuse(request: &Judgement, due: &Due, fault: Option<Fault>) -> Vec<u8> {
    let text = due.rule.map_or("", |rule| rule.text);
    refusal(due.status, &due.fields, text, request, fault)
}

/// Writes a refusal that closes the connection.
pub(super) fn refusal(
    status: u16,
    fields: &[(&'static str, String)],
    text: &str,
    request: &Judgement,
    fault: Option<Fault>,
) -> Vec<u8> {
    let body = format!("{text}\n");
    let upgrade = fields.iter().any(|(name, _)| *name == "Upgrade");
    let mut head = format!("HTTP/1.1 {status} Refused\r\n");
    head.push_str(&line("Connection", if upgrade { "close, Upgrade" } else { "close" }));
    for (name, value) in fields {
        let left_out = *name == "Connection"
            || *name == "Sec-WebSocket-Version" && fault == Some(Fault::VersionWithoutList);
        if !left_out {
            head.push_str(&line(name, value));
        }
    }
    let missing = if fault == Some(Fault::RefusalTruncated) { 100 } else { 0 };
    head.push_str(&line("Content-Type", "text/plain"));
    head.push_str(&line("Content-Length", &(body.len() + missing).to_string()));
    head.push_str("\r\n");
    if request.sent().method != "HEAD" {
        head.push_str(&body);
    }
    head.into_bytes()
}

fn line(name: &str, value: &str) -> String {
    format!("{name}: {value}\r\n")
}
