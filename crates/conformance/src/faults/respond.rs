//! The bytes of the server's answers.

use super::choice::{Choice, Manner};
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
pub(super) fn accept(request: &Judgement, due: &Due, manner: Manner) -> Answer {
    use Fault as F;
    let sent = request.sent();
    let mut head = match manner.fault {
        _ if manner.chooses(Choice::NoReason) => "HTTP/1.1 101 \r\n".to_owned(),
        Some(F::AnswerHttp10) => "HTTP/1.0 101 Switching Protocols\r\n".to_owned(),
        Some(F::AnswerOk) => "HTTP/1.1 200 OK\r\n".to_owned(),
        _ => "HTTP/1.1 101 Switching Protocols\r\n".to_owned(),
    };
    let key = sent.key.clone().unwrap_or_default();
    for (name, value) in &due.fields {
        let value = match (*name, manner.fault) {
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
    if let Some(name) = subprotocol(&sent, manner) {
        head.push_str(&line("Sec-WebSocket-Protocol", &name));
    }
    let mut agrees_on_deflate = false;
    match extensions(request, manner) {
        Extensions::None => {}
        Extensions::Agreed(list) => {
            agrees_on_deflate = list.contains("permessage-deflate");
            head.push_str(&line("Sec-WebSocket-Extensions", &list));
        }
        Extensions::Refused => {
            return Answer::Refuse(refusal(400, &[], "an offer can't be accepted", request, manner));
        }
    }
    if manner.chooses(Choice::OtherSpelling) {
        let lines = head.split_once("\r\n").map(|(line, fields)| (line, fields.to_owned()));
        if let Some((line, fields)) = lines {
            let fields = fields.lines().filter_map(|line| line.split_once(": ")).map(|(name, value)| {
                let value = if name == "Connection" { "keep-alive,upgrade ," } else { value };
                format!("{}:{value}\r\n", name.to_ascii_lowercase())
            });
            head = format!("{line}\r\n{}", fields.collect::<Vec<_>>().concat());
        }
    }
    if manner.has(Fault::AnswerWithLength) {
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
    if manner.chooses(Choice::EarlyHints) {
        head.insert_str(0, "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n");
    }
    Answer::Accept(head.into_bytes(), agreed.or(agrees_on_deflate.then_some(UNLIMITED)))
}

/// Refuses a request because of a broken rule.
pub(super) fn refuse(request: &Judgement, due: &Due, manner: Manner) -> Vec<u8> {
    let (id, text) = due.rule.map_or(("", ""), |rule| (rule.id, rule.text));
    let asks_for_other = matches!(id, "request/upgrade" | "request/http-11");
    match (due.status, &*due.fields) {
        (426, _) if asks_for_other && manner.chooses(Choice::PageForOthers) => {
            refusal(200, &[], "Welcome.", request, manner)
        }
        (426, [.., version]) if manner.chooses(Choice::VersionGets400) => {
            refusal(400, std::slice::from_ref(version), text, request, manner)
        }
        (status, fields) => refusal(status, fields, text, request, manner),
    }
}

/// Writes a refusal that closes the connection.
pub(super) fn refusal(
    status: u16,
    fields: &[(&'static str, String)],
    text: &str,
    request: &Judgement,
    manner: Manner,
) -> Vec<u8> {
    let mut body = format!("{text}\n");
    let upgrade = fields.iter().any(|(name, _)| *name == "Upgrade");
    let mut head = format!("HTTP/1.1 {status} Refused\r\n");
    head.push_str(&line("Connection", if upgrade { "close, Upgrade" } else { "close" }));
    for (name, value) in fields {
        let left_out = *name == "Connection"
            || *name == "Sec-WebSocket-Version" && manner.has(Fault::VersionWithoutList);
        if !left_out {
            head.push_str(&line(name, value));
        }
    }
    head.push_str(&line("Content-Type", "text/plain"));
    let missing = if manner.has(Fault::RefusalTruncated) { 100 } else { 0 };
    match manner.choice {
        // A client of HTTP/1.0 knows no chunks.
        Some(Choice::RefusalsChunked) if !request.sent().http_10 => {
            head.push_str(&line("Transfer-Encoding", "chunked"));
            body = format!("{:x};note=a\r\n{body}\r\n0\r\nX-Trailer: a\r\n\r\n", body.len());
        }
        Some(Choice::RefusalsUntilClose) => {}
        _ => head.push_str(&line("Content-Length", &(body.len() + missing).to_string())),
    }
    head.push_str("\r\n");
    if request.sent().method != "HEAD" {
        head.push_str(&body);
    }
    head.into_bytes()
}

fn line(name: &str, value: &str) -> String {
    format!("{name}: {value}\r\n")
}
