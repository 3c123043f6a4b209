//! The rules of a response that does not accept. A client takes each of them for a refusal, also one that breaks a
//! rule, unless its body has no certain length.

use super::agreed::accepts;
use super::body::Body;
use super::framing;
use super::grammar::{is_token, is_version};
use super::offers;
use super::rule::Consequence::{Fail, None as Pass};
use super::rule::{Finding, Rule};
use super::subject::Subject;

/// Those of HTTP/1.1 alone.
#[rustfmt::skip]
pub(super) static HTTP_1: &[Rule] = &[
    Rule::must("refusal/content-length", "RFC 9112 §6.3", "Content-Length is one number.", Fail, content_length),
    Rule::must("refusal/framed-once", "RFC 9112 §6.2", "Content-Length and Transfer-Encoding do not stand together.", Pass, framed_once),
    Rule::must("refusal/transfer-encoding", "RFC 9112 §6.1", "Transfer-Encoding has chunked at its end, or does not have it.", Pass, transfer_encoding),
    Rule::must("refusal/transfer-encoding-http-10", "RFC 9112 §6.1", "HTTP/1.0 has no Transfer-Encoding.", Pass, no_coding_in_http_10),
    Rule::should("refusal/length", "RFC 9112 §9.6", "The body has a length, or the connection is said to be closed after it.", Pass, length),
    Rule::must("refusal/connection-members", "RFC 9110 §7.6.1", "Every member of Connection is a token.", Pass, connection_members),
    Rule::must("refusal/upgrade-426", "RFC 9110 §15.5.22", "A 426 has an Upgrade field that names the protocols.", Pass, upgrade_426),
    Rule::must("refusal/upgrade-option", "RFC 9110 §7.8", "A response with Upgrade lists upgrade in Connection.", Pass, upgrade_option),
    Rule::must("refusal/upgrade-members", "RFC 9110 §7.8", "Every member of Upgrade is a protocol: a token, and perhaps a slash and a version.", Pass, upgrade_members),
];

/// Those of all versions of HTTP.
#[rustfmt::skip]
pub(super) static EVERY: &[Rule] = &[
    Rule::must("refusal/version-list", "RFC 6455 §4.2.2", "If the version of WebSocket is the cause, Sec-WebSocket-Version lists those that the server knows.", Pass, version_list),
    Rule::must("refusal/version-members", "RFC 6455 §4.3", "Every member of Sec-WebSocket-Version is a number up to 255 without leading zeros.", Pass, version_members),
    Rule::must("refusal/allow-405", "RFC 9110 §15.5.6", "A 405 has an Allow field with the methods of the resource.", Pass, allow_405),
    Rule::must("refusal/challenge-401", "RFC 9110 §15.5.2", "A 401 has a WWW-Authenticate field.", Pass, challenge_401),
    Rule::must("refusal/challenge-407", "RFC 9110 §15.5.8", "A 407 has a Proxy-Authenticate field.", Pass, challenge_407),
    Rule::should("refusal/location", "RFC 9110 §15.4", "A redirect has a Location field.", Pass, location),
    Rule::robust("refusal/accept-absent", "RFC 6455 §4.2.2", "A refusal has no Sec-WebSocket-Accept, which would say that the server is willing.", Pass, accept_absent),
];

fn status(subject: &Subject<'_>) -> Option<u16> {
    subject.status().filter(|status| *status >= 200 && !accepts(subject))
}

fn refusing(subject: &Subject<'_>, check: fn(&Subject<'_>) -> Finding) -> Finding {
    if status(subject).is_some() { check(subject) } else { Finding::NotApplicable }
}

/// A refusal of these statuses has the field.
fn has(subject: &Subject<'_>, statuses: &[u16], name: &str) -> Finding {
    match status(subject) {
        Some(status) if statuses.contains(&status) => {
            Finding::kept_if(subject.has(name), &format!("{name} is missing"))
        }
        _ => Finding::NotApplicable,
    }
}

/// Where there is no body in any case, nothing depends on it (RFC 9112 §6.3 item 1).
fn content_length(subject: &Subject<'_>) -> Finding {
    let bodiless = subject.sent.method == "HEAD" || matches!(subject.status(), Some(204 | 304));
    if bodiless { Finding::NotApplicable } else { refusing(subject, framing::content_length_alone) }
}

fn framed_once(subject: &Subject<'_>) -> Finding {
    refusing(subject, framing::framed_once)
}

fn transfer_encoding(subject: &Subject<'_>) -> Finding {
    refusing(subject, framing::chunked_last_or_not)
}

fn no_coding_in_http_10(subject: &Subject<'_>) -> Finding {
    refusing(subject, framing::no_coding_in_http_10)
}

fn length(subject: &Subject<'_>) -> Finding {
    refusing(subject, |subject| match Body::of(subject) {
        Body::UntilClose => {
            let said = subject.lists("Connection", "close") || subject.is_http_10();
            Finding::kept_if(said, "neither Content-Length nor chunked, and no close in Connection")
        }
        _ => Finding::Kept,
    })
}

fn connection_members(subject: &Subject<'_>) -> Finding {
    refusing(subject, |subject| offers::each_member(subject, "Connection", is_token))
}

fn upgrade_426(subject: &Subject<'_>) -> Finding {
    has(subject, &[426], "Upgrade")
}

fn upgrade_option(subject: &Subject<'_>) -> Finding {
    refusing(subject, |subject| {
        if subject.has("Upgrade") {
            offers::lists(subject, "Connection", "upgrade")
        } else {
            Finding::NotApplicable
        }
    })
}

fn upgrade_members(subject: &Subject<'_>) -> Finding {
    let protocol = |member: &[u8]| member.splitn(2, |&byte| byte == b'/').all(is_token);
    if status(subject).is_some() {
        offers::each_member(subject, "Upgrade", protocol)
    } else {
        Finding::NotApplicable
    }
}

const VERSION: &str = "Sec-WebSocket-Version";

/// The version is the cause if the request names another one than 13, and the status does not name another cause.
fn version_list(subject: &Subject<'_>) -> Finding {
    let other = subject.sent.version.as_deref().is_some_and(|version| version != "13");
    match status(subject) {
        Some(400 | 426) if other => {
            Finding::kept_if(subject.has(VERSION), "Sec-WebSocket-Version is missing")
        }
        _ => Finding::NotApplicable,
    }
}

fn version_members(subject: &Subject<'_>) -> Finding {
    refusing(subject, |subject| offers::each_member(subject, VERSION, is_version))
}

fn allow_405(subject: &Subject<'_>) -> Finding {
    has(subject, &[405], "Allow")
}

fn challenge_401(subject: &Subject<'_>) -> Finding {
    has(subject, &[401], "WWW-Authenticate")
}

fn challenge_407(subject: &Subject<'_>) -> Finding {
    has(subject, &[407], "Proxy-Authenticate")
}

fn location(subject: &Subject<'_>) -> Finding {
    has(subject, &[301, 302, 303, 307, 308], "Location")
}

fn accept_absent(subject: &Subject<'_>) -> Finding {
    refusing(subject, |subject| offers::absent(subject, "Sec-WebSocket-Accept"))
}
