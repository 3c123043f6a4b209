//! Holds an answer against what a case expects, as far as the answer alone decides it.

use std::fmt::Write;

use super::answer::first_broken;
use crate::case::{Accepted, After, Refused, ServerExpect};
use crate::judge::Judgement;
use crate::text::{self, Names};

/// Checks a 101: every rule that is a MUST, and what the case expects of it.
///
/// # Errors
///
/// Says what is wrong with it.
pub(super) fn acceptance(judgement: &Judgement, expected: &Accepted, names: &Names) -> Result<(), String> {
    if !judgement.is_valid() {
        return Err(format!("a 101 that breaks {}", first_broken(judgement)));
    }
    let agreed = &judgement.agreed;
    if let Some(subprotocol) = &expected.subprotocol {
        let expected = text::bytes(subprotocol, names).map_err(|error| error.to_string())?;
        let got = agreed.subprotocol.as_deref().unwrap_or_default();
        if got.as_bytes() != expected {
            return Err(if got.is_empty() {
                "a 101 without a subprotocol".to_owned()
            } else {
                format!("a 101 with the subprotocol \"{}\"", got.escape_default())
            });
        }
    }
    let extensions: Vec<String> = agreed.extensions.iter().map(ToString::to_string).collect();
    let in_use: Vec<&str> = agreed.extensions.iter().map(|extension| extension.name.as_str()).collect();
    let in_use = if in_use.is_empty() { "none".to_owned() } else { in_use.join(", ") };
    if !expected.extensions.is_empty() && !expected.extensions.contains(&in_use) {
        return Err(format!("a 101 with the extensions \"{}\"", extensions.join(", ").escape_default()));
    }
    let deflate = agreed.extensions.iter().find(|extension| extension.name == "permessage-deflate");
    let Some(deflate) = deflate else {
        if expected.agreed {
            return Err("a 101 without permessage-deflate".to_owned());
        }
        return fields(judgement, &expected.fields, &expected.absent);
    };
    let has = |name: &String| deflate.params.iter().any(|(param, _)| param == name);
    if let Some(missing) = expected.with.iter().find(|name| !has(name)) {
        return Err(format!("a 101 with \"{deflate}\", which lacks {missing}"));
    }
    if let Some(wrong) = expected.without.iter().find(|name| has(name)) {
        return Err(format!("a 101 with \"{deflate}\", which has {wrong}"));
    }
    fields(judgement, &expected.fields, &expected.absent)
}

/// Checks another final response.
///
/// # Errors
///
/// Says what is wrong with it.
pub(super) fn response(judgement: &Judgement, expected: &Refused, refuses: bool) -> Result<(), String> {
    let status = judgement.status.unwrap_or_default();
    if refuses && !(300..=599).contains(&status) {
        return Err(format!("a {status} response"));
    }
    if !expected.status.is_empty() && !expected.status.contains(&status) {
        return Err(format!("a {status} response"));
    }
    if expected.judged && !judgement.is_valid() {
        return Err(format!("a {status} response that breaks {}", first_broken(judgement)));
    }
    fields(judgement, &expected.fields, &expected.absent)
}

fn fields(judgement: &Judgement, expected: &[String], absent: &[String]) -> Result<(), String> {
    let status = judgement.status.unwrap_or_default();
    for line in expected {
        let (name, member) =
            line.split_once(':').map_or((line.as_str(), None), |(name, member)| (name, Some(member.trim())));
        let mut values = judgement.fields.iter().filter(|field| field.is(name)).map(|field| &field.value);
        let found = match member {
            None => values.next().is_some(),
            Some(member) => values.any(|value| {
                let mut members = value.split(|&byte| byte == b',');
                members.any(|listed| listed.trim_ascii().eq_ignore_ascii_case(member.as_bytes()))
            }),
        };
        if !found {
            return Err(format!("a {status} response without \"{line}\""));
        }
    }
    match absent.iter().find(|name| judgement.fields.iter().any(|field| field.is(name))) {
        Some(name) => Err(format!("a {status} response with the field {name}")),
        None => Ok(()),
    }
}

/// Describes what may come back.
pub(super) fn describe(expect: &[ServerExpect]) -> String {
    expect.iter().map(one).collect::<Vec<_>>().join(", or ")
}

fn one(expect: &ServerExpect) -> String {
    match expect {
        ServerExpect::Accepted(accepted) => described(accepted),
        ServerExpect::Refused(refused) => responded("a whole refusal", refused),
        ServerExpect::Answered(answered) => responded("a whole response that is not a 101", answered),
        ServerExpect::Closed => "no answer, and the end of the connection".to_owned(),
        ServerExpect::Any => {
            "an acceptance that works, a whole response or the end of the connection, and a server \
                              that accepts a good request afterwards"
                .to_owned()
        }
    }
}

/// Writing into a string does not fail.
fn described(accepted: &Accepted) -> String {
    let mut text = "a valid 101".to_owned();
    match accepted.subprotocol.as_deref() {
        Some("") => text.push_str(" without a subprotocol"),
        Some("{subprotocol}") => text.push_str(" with the known subprotocol"),
        Some(name) => _ = write!(text, " with the subprotocol {name}"),
        None => {}
    }
    match accepted.extensions.as_slice() {
        [] => {}
        [none] if none == "none" => text.push_str(" without extensions"),
        names => _ = write!(text, " with the extensions {}", names.join(" or ")),
    }
    if accepted.agreed {
        text.push_str(" with permessage-deflate");
    }
    if !accepted.with.is_empty() {
        _ = write!(text, ", with {} if permessage-deflate is agreed on", accepted.with.join(" and "));
    }
    if !accepted.without.is_empty() {
        _ = write!(text, ", without {}", accepted.without.join(" and "));
    }
    named(&mut text, &accepted.fields, &accepted.absent);
    match accepted.then {
        After::Echo => text.push_str(", and echoes"),
        After::Failed => text.push_str(", and then neither a message nor HTTP"),
        After::Nothing => {}
    }
    text
}

fn responded(what: &str, refused: &Refused) -> String {
    let mut text = what.to_owned();
    if !refused.status.is_empty() {
        let statuses: Vec<_> = refused.status.iter().map(ToString::to_string).collect();
        _ = write!(text, " with the status {}", statuses.join(" or "));
    }
    if refused.judged {
        text.push_str(" that keeps every rule of a response");
    }
    named(&mut text, &refused.fields, &refused.absent);
    if refused.closes {
        text.push_str(", and the end of the connection");
    }
    text
}

fn named(text: &mut String, fields: &[String], absent: &[String]) {
    for field in fields {
        _ = write!(text, ", with \"{field}\"");
    }
    for field in absent {
        _ = write!(text, ", without {field}");
    }
}
