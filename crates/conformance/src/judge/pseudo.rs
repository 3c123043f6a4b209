//! Checks of pseudo-header fields (RFC 9113 §8.3, RFC 8441 §4).

use super::fields::pseudo;
use super::grammar::{authority, is_authority};
use super::offers;
use super::rule::Finding;
use super::subject::Subject;

pub(super) const OF_REQUESTS: [&str; 5] = [":method", ":protocol", ":scheme", ":authority", ":path"];

pub(super) fn first(subject: &Subject<'_>) -> Finding {
    let mut behind = subject.fields.iter().skip_while(|field| pseudo(field).is_some());
    match behind.find(|field| pseudo(field).is_some()) {
        Some(late) => Finding::at(None, &late.name),
        None => Finding::Kept,
    }
}

pub(super) fn once(subject: &Subject<'_>) -> Finding {
    let mut seen = Vec::new();
    for field in subject.fields.iter().filter(|field| pseudo(field).is_some()) {
        if seen.contains(&&field.name) {
            return Finding::at(None, &field.name);
        }
        seen.push(&field.name);
    }
    Finding::Kept
}

fn known(subject: &Subject<'_>, names: &[&str]) -> Finding {
    let unknown = |name: &[u8]| !names.iter().any(|known| known.as_bytes() == name);
    let mut fields = subject.fields.iter().filter(|field| pseudo(field).is_some());
    match fields.find(|field| unknown(&field.name)) {
        Some(field) => Finding::at(None, &field.name),
        None => Finding::Kept,
    }
}

pub(super) fn known_in_request(subject: &Subject<'_>) -> Finding {
    known(subject, &OF_REQUESTS)
}

pub(super) fn known_in_response(subject: &Subject<'_>) -> Finding {
    known(subject, &[":status"])
}

fn present(subject: &Subject<'_>, name: &str) -> Finding {
    Finding::kept_if(subject.has(name), &format!("{name} is missing"))
}

pub(super) fn method(subject: &Subject<'_>) -> Finding {
    match present(subject, ":method") {
        Finding::Kept => offers::first(subject, ":method", |method| method == b"CONNECT"),
        missing => missing,
    }
}

pub(super) fn protocol_present(subject: &Subject<'_>) -> Finding {
    present(subject, ":protocol")
}

pub(super) fn protocol(subject: &Subject<'_>) -> Finding {
    offers::first(subject, ":protocol", |protocol| protocol.eq_ignore_ascii_case(b"websocket"))
}

pub(super) fn scheme_present(subject: &Subject<'_>) -> Finding {
    present(subject, ":scheme")
}

pub(super) fn scheme(subject: &Subject<'_>) -> Finding {
    let legal =
        |scheme: &[u8]| [&b"http"[..], b"https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    offers::first(subject, ":scheme", legal)
}

pub(super) fn authority_present(subject: &Subject<'_>) -> Finding {
    present(subject, ":authority")
}

pub(super) fn authority_form(subject: &Subject<'_>) -> Finding {
    offers::first(subject, ":authority", is_authority)
}

pub(super) fn path_present(subject: &Subject<'_>) -> Finding {
    present(subject, ":path")
}

pub(super) fn path_slash(subject: &Subject<'_>) -> Finding {
    offers::first(subject, ":path", |path| path.starts_with(b"/"))
}

pub(super) fn path_characters(subject: &Subject<'_>) -> Finding {
    let legal = |path: &[u8]| path.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'#');
    offers::first(subject, ":path", legal)
}

pub(super) fn host_once(subject: &Subject<'_>) -> Finding {
    offers::once(subject, "Host")
}

pub(super) fn host(subject: &Subject<'_>) -> Finding {
    offers::first(subject, "Host", is_authority)
}

/// Host and port are compared after normalisation: a missing port is the scheme's (RFC 3986 §6.2.3).
pub(super) fn host_same(subject: &Subject<'_>) -> Finding {
    let https = subject.first(":scheme").is_some_and(|field| field.value.eq_ignore_ascii_case(b"https"));
    let place = |value: &[u8]| {
        authority(value).map(|(host, port)| (host, port.unwrap_or(if https { 443 } else { 80 })))
    };
    let Some(wanted) = subject.first(":authority").and_then(|field| place(&field.value)) else {
        return Finding::NotApplicable;
    };
    offers::first(subject, "Host", |host| place(host).as_ref() == Some(&wanted))
}

pub(super) fn status(subject: &Subject<'_>) -> Finding {
    match present(subject, ":status") {
        Finding::Kept => offers::first(subject, ":status", |_| subject.status().is_some()),
        missing => missing,
    }
}

pub(super) fn status_not_101(subject: &Subject<'_>) -> Finding {
    offers::first(subject, ":status", |status| status != b"101")
}
