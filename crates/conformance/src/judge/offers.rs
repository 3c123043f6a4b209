//! Checks of what a request asks for and offers, which are the same over HTTP/1.1 and HTTP/2; and the checks of one
//! field from which most rules are made.

use super::deflate::{self, Side};
use super::extension::{Extension, parse};
use super::framing::broken;
use super::grammar::{is_origin, is_token, is_version};
use super::rule::Finding;
use super::subject::Subject;

/// The field has at most one line.
pub(super) fn once(subject: &Subject<'_>, name: &str) -> Finding {
    match (subject.first(name), subject.all(name).nth(1)) {
        (None, _) => Finding::NotApplicable,
        (Some(_), None) => Finding::Kept,
        (Some(_), Some(second)) => broken(second),
    }
}

/// Each of the fields has at most one line, as none of them is a list.
pub(super) fn each_once(subject: &Subject<'_>, names: &[&str]) -> Finding {
    let findings = names.iter().map(|name| once(subject, name));
    let mut findings = findings.filter(|finding| *finding != Finding::NotApplicable).peekable();
    if findings.peek().is_none() {
        return Finding::NotApplicable;
    }
    findings.find(Finding::is_broken).unwrap_or(Finding::Kept)
}

/// The field is not there.
pub(super) fn absent(subject: &Subject<'_>, name: &str) -> Finding {
    subject.first(name).map_or(Finding::Kept, broken)
}

/// The first line of the field has a legal value.
pub(super) fn first(subject: &Subject<'_>, name: &str, legal: impl Fn(&[u8]) -> bool) -> Finding {
    match subject.first(name) {
        None => Finding::NotApplicable,
        Some(field) if legal(&field.value) => Finding::Kept,
        Some(field) => broken(field),
    }
}

/// The list-based field has a member.
pub(super) fn lists(subject: &Subject<'_>, name: &str, wanted: &str) -> Finding {
    match subject.first(name) {
        _ if subject.lists(name, wanted) => Finding::Kept,
        None => Finding::missing(&format!("{name} is missing")),
        Some(field) => broken(field),
    }
}

/// All members of the list-based field are legal.
pub(super) fn each_member(subject: &Subject<'_>, name: &str, legal: impl Fn(&[u8]) -> bool) -> Finding {
    if !subject.has(name) {
        return Finding::NotApplicable;
    }
    match subject.members(name).find(|(_, member)| !legal(member)) {
        Some((field, member)) => Finding::at(field.value_at.clone(), member),
        None => Finding::Kept,
    }
}

const VERSION: &str = "Sec-WebSocket-Version";

pub(super) fn version_present(subject: &Subject<'_>) -> Finding {
    Finding::kept_if(subject.has(VERSION), "Sec-WebSocket-Version is missing")
}

pub(super) fn version_once(subject: &Subject<'_>) -> Finding {
    once(subject, VERSION)
}

pub(super) fn version(subject: &Subject<'_>) -> Finding {
    first(subject, VERSION, is_version)
}

pub(super) fn version_13(subject: &Subject<'_>) -> Finding {
    first(subject, VERSION, |version| version == b"13")
}

pub(super) fn origin_once(subject: &Subject<'_>) -> Finding {
    once(subject, "Origin")
}

pub(super) fn origin(subject: &Subject<'_>) -> Finding {
    first(subject, "Origin", |value| value == b"null" || value.split(|&byte| byte == b' ').all(is_origin))
}

pub(super) const SUBPROTOCOL: &str = "Sec-WebSocket-Protocol";
pub(super) const EXTENSIONS: &str = "Sec-WebSocket-Extensions";

pub(super) fn subprotocols(subject: &Subject<'_>) -> Finding {
    match (subject.first(SUBPROTOCOL), subject.members(SUBPROTOCOL).next()) {
        (Some(field), None) => broken(field),
        _ => each_member(subject, SUBPROTOCOL, is_token),
    }
}

pub(super) fn subprotocols_unique(subject: &Subject<'_>) -> Finding {
    let mut seen = Vec::new();
    for (field, member) in subject.members(SUBPROTOCOL) {
        if seen.contains(&member) {
            return Finding::at(field.value_at.clone(), member);
        }
        seen.push(member);
    }
    if seen.is_empty() { Finding::NotApplicable } else { Finding::Kept }
}

pub(super) fn extensions(subject: &Subject<'_>) -> Finding {
    match parse(subject.all(EXTENSIONS).map(|field| &*field.value)) {
        _ if !subject.has(EXTENSIONS) => Finding::NotApplicable,
        Ok(_) => Finding::Kept,
        Err((line, offset)) => {
            let field = subject.all(EXTENSIONS).nth(line);
            let (value, at) = field.map(|field| (&*field.value, field.value_at.clone())).unwrap_or_default();
            let at = at.map(|at| at.start + offset..at.end);
            Finding::at(at, value.get(offset..).unwrap_or_default())
        }
    }
}

/// Returns the members of `Sec-WebSocket-Extensions`, if the list keeps the grammar.
pub(super) fn listed(subject: &Subject<'_>) -> Vec<Extension> {
    parse(subject.all(EXTENSIONS).map(|field| &*field.value)).unwrap_or_default()
}

/// Finds nothing wrong with any member that is permessage-deflate.
pub(super) fn each_deflate(subject: &Subject<'_>, wrong: impl Fn(&Extension) -> Option<String>) -> Finding {
    let listed = listed(subject);
    let mut deflates = listed.iter().filter(|extension| extension.name == deflate::NAME).peekable();
    if deflates.peek().is_none() {
        return Finding::NotApplicable;
    }
    match deflates.find_map(wrong) {
        Some(wrong) => {
            let at = subject.first(EXTENSIONS).and_then(|field| field.value_at.clone());
            Finding::at(at, wrong.as_bytes())
        }
        None => Finding::Kept,
    }
}

pub(super) fn deflate_parameters(subject: &Subject<'_>) -> Finding {
    each_deflate(subject, |extension| deflate::unknown(extension).map(str::to_owned))
}

pub(super) fn deflate_repeated(subject: &Subject<'_>) -> Finding {
    each_deflate(subject, |extension| deflate::repeated(extension).map(str::to_owned))
}

pub(super) fn deflate_values(subject: &Subject<'_>) -> Finding {
    each_deflate(subject, |extension| deflate::wrong_value(extension, Side::Offer).map(str::to_owned))
}
