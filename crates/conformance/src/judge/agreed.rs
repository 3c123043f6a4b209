//! Checks of what an accepting response agrees to, which are the same over HTTP/1.1 and HTTP/2.

use serde::{Deserialize, Serialize};

use super::deflate::{self, Deflate, Side};
use super::extension::Extension;
use super::framing::broken;
use super::grammar::is_token;
use super::offers::{self, EXTENSIONS, SUBPROTOCOL, each_deflate, listed};
use super::rule::Finding;
use super::subject::Subject;

/// What an accepting response agrees to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Agreed {
    /// The subprotocol in use.
    pub subprotocol: Option<String>,
    /// The extensions in use, in order.
    pub extensions: Vec<Extension>,
    /// What permessage-deflate does, if it is in use and its response is legal.
    pub deflate: Option<Deflate>,
}

impl Agreed {
    pub(super) fn of(subject: &Subject<'_>) -> Self {
        let extensions = listed(subject);
        let deflate = extensions.iter().find(|extension| extension.name == deflate::NAME);
        Self {
            subprotocol: subject
                .first(SUBPROTOCOL)
                .map(|field| String::from_utf8_lossy(&field.value).into_owned()),
            deflate: deflate.and_then(|response| deflate::agreement(response, &subject.sent.extensions)),
            extensions,
        }
    }
}

/// Returns whether a response accepts: a 101, or a 2xx to an extended CONNECT.
pub(super) fn accepts(subject: &Subject<'_>) -> bool {
    match subject.status() {
        Some(200..=299) => subject.sent.method == "CONNECT",
        status => status == Some(101) && subject.sent.method != "CONNECT",
    }
}

/// Judges a rule of accepting responses.
fn accepting(subject: &Subject<'_>, check: impl FnOnce(&Subject<'_>) -> Finding) -> Finding {
    if accepts(subject) { check(subject) } else { Finding::NotApplicable }
}

pub(super) fn subprotocol_once(subject: &Subject<'_>) -> Finding {
    accepting(subject, |subject| offers::once(subject, SUBPROTOCOL))
}

pub(super) fn subprotocol_token(subject: &Subject<'_>) -> Finding {
    accepting(subject, |subject| offers::first(subject, SUBPROTOCOL, is_token))
}

/// Names of subprotocols compare byte by byte.
pub(super) fn subprotocol_offered(subject: &Subject<'_>) -> Finding {
    let offered = |name: &[u8]| subject.sent.subprotocols.iter().any(|offer| offer.as_bytes() == name);
    accepting(subject, |subject| offers::first(subject, SUBPROTOCOL, offered))
}

pub(super) fn extensions_once(subject: &Subject<'_>) -> Finding {
    accepting(subject, |subject| offers::once(subject, EXTENSIONS))
}

pub(super) fn extensions(subject: &Subject<'_>) -> Finding {
    accepting(subject, offers::extensions)
}

/// Judges the members of the list, and shows the first that is wrong.
fn members(subject: &Subject<'_>, wrong: impl Fn(&[Extension]) -> Option<String>) -> Finding {
    accepting(subject, |subject| {
        let listed = listed(subject);
        let field = subject.first(EXTENSIONS).filter(|_| !listed.is_empty());
        match (field, wrong(&listed)) {
            (None, _) => Finding::NotApplicable,
            (Some(_), None) => Finding::Kept,
            (Some(field), Some(name)) => Finding::at(field.value_at.clone(), name.as_bytes()),
        }
    })
}

/// Names of extensions compare byte by byte.
pub(super) fn extensions_offered(subject: &Subject<'_>) -> Finding {
    let offers = &subject.sent.extensions;
    members(subject, |listed| {
        let offered = |extension: &&Extension| offers.iter().any(|offer| offer.name == extension.name);
        listed.iter().find(|extension| !offered(extension)).map(|extension| extension.name.clone())
    })
}

pub(super) fn extensions_unique(subject: &Subject<'_>) -> Finding {
    members(subject, |listed| {
        let mut seen = Vec::new();
        listed.iter().map(|extension| &extension.name).find_map(|name| {
            let again = seen.contains(&name);
            seen.push(name);
            again.then(|| name.clone())
        })
    })
}

/// All extensions for compression use the first reserved bit.
pub(super) fn one_compression(subject: &Subject<'_>) -> Finding {
    members(subject, |listed| {
        let compress = |extension: &&Extension| {
            extension.name.starts_with("permessage-") || extension.name.ends_with("deflate-frame")
        };
        listed.iter().filter(compress).map(|extension| &extension.name).nth(1).cloned()
    })
}

fn deflate_finding(subject: &Subject<'_>, wrong: impl Fn(&Extension) -> Option<String>) -> Finding {
    accepting(subject, |subject| each_deflate(subject, wrong))
}

pub(super) fn deflate_parameters(subject: &Subject<'_>) -> Finding {
    deflate_finding(subject, |extension| deflate::unknown(extension).map(str::to_owned))
}

pub(super) fn deflate_repeated(subject: &Subject<'_>) -> Finding {
    deflate_finding(subject, |extension| deflate::repeated(extension).map(str::to_owned))
}

pub(super) fn deflate_values(subject: &Subject<'_>) -> Finding {
    deflate_finding(subject, |extension| deflate::wrong_value(extension, Side::Response).map(str::to_owned))
}

/// Whether the response fits at least one of the offers, in one respect or in all.
fn fits(subject: &Subject<'_>, fit: fn(&Extension, &Extension) -> bool) -> Finding {
    let offers = deflate::offers(&subject.sent.extensions);
    if offers.is_empty() {
        return Finding::NotApplicable;
    }
    deflate_finding(subject, |response| {
        let fits = offers.iter().any(|offer| fit(response, offer));
        (!fits).then(|| response.to_string())
    })
}

pub(super) fn deflate_server_context(subject: &Subject<'_>) -> Finding {
    fits(subject, deflate::keeps_server_context)
}

pub(super) fn deflate_server_window(subject: &Subject<'_>) -> Finding {
    fits(subject, deflate::keeps_server_window)
}

pub(super) fn deflate_client_window(subject: &Subject<'_>) -> Finding {
    fits(subject, deflate::limits_client_window)
}

pub(super) fn deflate_offer(subject: &Subject<'_>) -> Finding {
    fits(subject, deflate::answers)
}

/// The server's accept value proves nothing over HTTP/2; it is passed on by some proxies.
pub(super) fn accept_absent(subject: &Subject<'_>) -> Finding {
    accepting(subject, |subject| subject.first("Sec-WebSocket-Accept").map_or(Finding::NotApplicable, broken))
}
