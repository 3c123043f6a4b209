//! The rules of a response over HTTP/1.1, in the order in which a client judges them. Those of refusals stand in
//! `refusal.rs`.

use super::agreed;
use super::framing::{self, broken};
use super::grammar::is_token;
use super::head::Start;
use super::offers;
use super::rule::Consequence::{Fail, None as Pass};
use super::rule::{Finding, Rule, shown};
use super::subject::Subject;
use super::syntax;
use crate::key::accept_value;

/// A client fails the connection if one is broken that says so.
#[rustfmt::skip]
pub(super) static RULES: &[Rule] = &[
    // The syntax of HTTP/1.1.
    Rule::must("response/line", "RFC 9112 §4", "The status line is a version, a status and perhaps a reason phrase, with one space between each.", Fail, syntax::status_line).early(),
    Rule::must("response/http-version", "RFC 9112 §2.3", "The HTTP version has the form HTTP/1.1: HTTP in capital letters, a digit, a dot, a digit.", Fail, syntax::version_form).early(),
    Rule::must("response/http-1", "RFC 9112 §2.3", "The major version of HTTP is 1.", Fail, syntax::version_major).early(),
    Rule::must("response/status", "RFC 9112 §4", "The status has three digits, and is at least 100.", Fail, syntax::status_digits).early(),
    Rule::must("response/status-range", "RFC 9110 §15", "The status is at most 599.", Pass, status_range).early(),
    Rule::must("response/space-behind-status", "RFC 9112 §4", "A space stands behind the status, even if there is no reason phrase.", Pass, syntax::space_behind_status).early(),
    Rule::must("response/reason", "RFC 9112 §4", "The reason phrase has no control character other than HTAB.", Fail, syntax::reason_characters).early(),
    Rule::must("response/line-ends", "RFC 9112 §2.2", "Every line ends in CR LF.", Pass, syntax::line_ends).early(),
    Rule::must("response/bare-cr", "RFC 9112 §2.2", "No CR stands without LF.", Fail, syntax::no_bare_cr).early(),
    Rule::must("response/fold", "RFC 9112 §5.2", "No line begins with white space: values are not folded.", Pass, syntax::no_fold).early(),
    Rule::must("response/fold-first", "RFC 9112 §2.2", "No white space stands between the status line and the first field.", Fail, no_fold_first).early(),
    Rule::must("response/field-name", "RFC 9112 §5", "Every field line has a name that is a token, and a colon.", Fail, syntax::field_names).early(),
    Rule::must("response/space-before-colon", "RFC 9112 §5.1", "No white space stands between a field's name and the colon.", Pass, syntax::no_space_before_colon).early(),
    Rule::must("response/field-value", "RFC 9110 §5.5", "No field's value has a control character other than HTAB.", Fail, syntax::field_values).early(),
    Rule::must("response/complete", "RFC 9112 §2.1", "The head ends with an empty line.", Pass, syntax::complete).early(),
    Rule::must("response/singletons", "RFC 9110 §5.3", "No field that is not a list has several lines.", Pass, singletons),
    // What a 101 must be.
    Rule::must("response/http-11", "RFC 9110 §7.8", "A 101 is a response of HTTP/1.1.", Fail, http_11),
    Rule::must("response/framing", "RFC 9110 §8.6", "A response of 1xx or 204 has neither Content-Length nor Transfer-Encoding.", Pass, no_framing),
    Rule::must("response/body", "RFC 9110 §15.2", "A 101 has no body: the bytes behind it are frames.", Fail, no_body),
    Rule::must("response/upgrade", "RFC 6455 §4.1", "Upgrade has the value websocket.", Fail, upgrade),
    Rule::must("response/connection", "RFC 6455 §4.1", "Connection lists upgrade.", Fail, connection),
    Rule::must("response/connection-members", "RFC 9110 §7.6.1", "Every member of Connection is a token.", Fail, connection_members),
    Rule::must("response/accept-present", "RFC 6455 §4.1", "There is a Sec-WebSocket-Accept field.", Fail, accept_present),
    Rule::must("response/accept-once", "RFC 6455 §11.3.3", "There is one line of Sec-WebSocket-Accept.", Fail, accept_once),
    Rule::must("response/accept", "RFC 6455 §4.1", "Sec-WebSocket-Accept is the accept value of the key that was sent.", Fail, accept),
    // What it agrees to.
    Rule::must("response/extensions", "RFC 6455 §9.1", "Sec-WebSocket-Extensions is a list of extensions with parameters that are tokens.", Fail, agreed::extensions),
    Rule::must("response/extensions-once", "RFC 6455 §11.3.2", "There is one line of Sec-WebSocket-Extensions.", Pass, agreed::extensions_once),
    Rule::must("response/extensions-offered", "RFC 6455 §4.1", "Every extension is one that was offered.", Fail, agreed::extensions_offered),
    Rule::must("response/extensions-unique", "RFC 6455 §9.1", "No extension is in use twice.", Fail, agreed::extensions_unique),
    Rule::must("response/extensions-compression", "RFC 7692 §5", "At most one extension for compression is in use: they share a reserved bit.", Fail, agreed::one_compression),
    Rule::must("response/deflate-parameters", "RFC 7692 §7.1", "A response of permessage-deflate has only the four parameters of the extension.", Fail, agreed::deflate_parameters),
    Rule::must("response/deflate-repeated", "RFC 7692 §7.1", "No parameter of permessage-deflate is repeated.", Fail, agreed::deflate_repeated),
    Rule::must("response/deflate-values", "RFC 7692 §7.1", "The parameters of permessage-deflate have the values of a response: none, or a window of 8 to 15 bits.", Fail, agreed::deflate_values),
    Rule::must("response/deflate-server-context", "RFC 7692 §7.1.1.1", "If server_no_context_takeover was asked for, the response has it.", Fail, agreed::deflate_server_context),
    Rule::must("response/deflate-server-window", "RFC 7692 §7.1.2.1", "If server_max_window_bits was asked for, the response has it, and it is not larger.", Fail, agreed::deflate_server_window),
    Rule::must("response/deflate-client-window", "RFC 7692 §7.1.2.2", "client_max_window_bits is in the response only if the offer has it.", Fail, agreed::deflate_client_window),
    Rule::must("response/deflate-offer", "RFC 7692 §5", "The response of permessage-deflate answers one of the offers in all respects.", Fail, agreed::deflate_offer),
    Rule::must("response/subprotocol-once", "RFC 6455 §11.3.4", "There is at most one line of Sec-WebSocket-Protocol.", Fail, agreed::subprotocol_once),
    Rule::must("response/subprotocol", "RFC 6455 §4.3", "Sec-WebSocket-Protocol is one token.", Fail, agreed::subprotocol_token),
    Rule::must("response/subprotocol-offered", "RFC 6455 §4.1", "The subprotocol is one that was offered.", Fail, agreed::subprotocol_offered),
];

/// The fields of HTTP itself that are not lists; those of the handshake have rules of their own.
fn singletons(subject: &Subject<'_>) -> Finding {
    let http = ["Age", "Content-Location", "Content-Type", "Date", "ETag", "Expires", "Last-Modified"];
    offers::each_once(subject, &[&http[..], &["Location", "Retry-After", "Server"]].concat())
}

fn switching(subject: &Subject<'_>, check: impl FnOnce(&Subject<'_>) -> Finding) -> Finding {
    if subject.status() == Some(101) { check(subject) } else { Finding::NotApplicable }
}

fn status_range(subject: &Subject<'_>) -> Finding {
    match (&subject.start, subject.status()) {
        (Start::Response { status, .. }, Some(600..)) => Finding::at(Some(status.range()), &status.bytes),
        (_, Some(_)) => Finding::Kept,
        (_, None) => Finding::NotApplicable,
    }
}

fn no_fold_first(subject: &Subject<'_>) -> Finding {
    let Some(line) = subject.lines.get(1) else {
        return Finding::NotApplicable;
    };
    match subject.bytes.get(line.at.clone()) {
        Some(text @ [b' ' | b'\t', ..]) => Finding::at(Some(line.at.clone()), text),
        _ => Finding::Kept,
    }
}

fn http_11(subject: &Subject<'_>) -> Finding {
    switching(subject, |subject| match &subject.start {
        Start::Response { version, .. } if subject.is_http_10() => {
            Finding::at(Some(version.range()), &version.bytes)
        }
        _ => Finding::Kept,
    })
}

fn no_framing(subject: &Subject<'_>) -> Finding {
    match subject.status() {
        Some(100..=199 | 204) => framing::no_framing(subject),
        _ => Finding::NotApplicable,
    }
}

fn no_body(subject: &Subject<'_>) -> Finding {
    switching(subject, framing::no_body)
}

/// The client compares the value, where a server looks for a member: nothing else may stand there.
fn upgrade(subject: &Subject<'_>) -> Finding {
    switching(subject, |subject| {
        let mut members = subject.members("Upgrade");
        match (members.next(), members.next()) {
            (None, _) => Finding::missing("Upgrade is missing"),
            (Some((_, member)), None) if member.eq_ignore_ascii_case(b"websocket") => Finding::Kept,
            (Some((field, _)), _) => broken(field),
        }
    })
}

fn connection(subject: &Subject<'_>) -> Finding {
    switching(subject, |subject| offers::lists(subject, "Connection", "upgrade"))
}

fn connection_members(subject: &Subject<'_>) -> Finding {
    switching(subject, |subject| offers::each_member(subject, "Connection", is_token))
}

const ACCEPT: &str = "Sec-WebSocket-Accept";

fn accept_present(subject: &Subject<'_>) -> Finding {
    switching(subject, |subject| match &subject.sent.key {
        Some(_) => Finding::kept_if(subject.has(ACCEPT), "Sec-WebSocket-Accept is missing"),
        None => Finding::NotApplicable,
    })
}

fn accept_once(subject: &Subject<'_>) -> Finding {
    switching(subject, |subject| offers::once(subject, ACCEPT))
}

/// Base64 has upper and lower case, so the values compare byte by byte.
fn accept(subject: &Subject<'_>) -> Finding {
    switching(subject, |subject| match (&subject.sent.key, subject.first(ACCEPT)) {
        (Some(key), Some(field)) => {
            let expected = accept_value(key);
            if field.value == expected.as_bytes() {
                return Finding::Kept;
            }
            let evidence = format!("{}, expected \"{expected}\"", shown(&field.value));
            Finding::Broken { at: field.value_at.clone(), evidence }
        }
        _ => Finding::NotApplicable,
    })
}
