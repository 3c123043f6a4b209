//! The rules of a request to upgrade over HTTP/1.1, in the order in which a server judges them.

use super::framing::{self, broken};
use super::grammar::{Target, authority, is_authority, is_of_the_web, is_token, nonce};
use super::head::{Part, Start};
use super::offers;
use super::rule::Consequence::{Answer, None as Pass};
use super::rule::{Finding, Rule};
use super::subject::Subject;
use super::syntax;

/// A server answers with the consequence of the first rule that is broken.
#[rustfmt::skip]
pub(super) static RULES: &[Rule] = &[
    // The syntax of HTTP/1.1.
    Rule::must("request/empty-lines-before", "RFC 9112 §2.2", "No empty line stands before the request line.", Pass, syntax::no_empty_lines_before).early(),
    Rule::must("request/method-token", "RFC 9112 §3.1", "The method is a token.", Answer(400), syntax::method_token).early(),
    Rule::must("request/target-characters", "RFC 9112 §3.2", "The target consists of visible ASCII characters, without a fragment.", Answer(400), syntax::target_characters).early(),
    Rule::must("request/line", "RFC 9112 §3", "The request line is a method, a target and a version, with one space between each.", Answer(400), syntax::request_line).early(),
    Rule::must("request/http-version", "RFC 9112 §2.3", "The HTTP version has the form HTTP/1.1: HTTP in capital letters, a digit, a dot, a digit.", Answer(400), syntax::version_form).early(),
    Rule::must("request/http-1", "RFC 9110 §15.6.6", "The major version of HTTP is 1.", Answer(505), syntax::version_major).early(),
    Rule::must("request/line-ends", "RFC 9112 §2.2", "Every line ends in CR LF.", Pass, syntax::line_ends).early(),
    Rule::must("request/bare-cr", "RFC 9112 §2.2", "No CR stands without LF.", Answer(400), syntax::no_bare_cr).early(),
    Rule::must("request/fold", "RFC 9112 §5.2", "No line begins with white space: values are not folded.", Answer(400), syntax::no_fold).early(),
    Rule::must("request/field-name", "RFC 9112 §5", "Every field line has a name that is a token, and a colon.", Answer(400), syntax::field_names).early(),
    Rule::must("request/space-before-colon", "RFC 9112 §5.1", "No white space stands between a field's name and the colon.", Answer(400), syntax::no_space_before_colon).early(),
    Rule::must("request/field-value", "RFC 9110 §5.5", "No field's value has a control character other than HTAB.", Answer(400), syntax::field_values).early(),
    Rule::must("request/complete", "RFC 9112 §2.1", "The head ends with an empty line.", Pass, syntax::complete).early(),
    // What gets 400 whatever a request asks for.
    Rule::must("request/host-present", "RFC 9112 §3.2", "There is a Host field.", Answer(400), host_present),
    Rule::must("request/host-once", "RFC 9112 §3.2", "There is one line of Host.", Answer(400), host_once),
    Rule::must("request/host", "RFC 9110 §7.2", "Host is a host, and perhaps a port.", Answer(400), host),
    Rule::must("request/target-authority", "RFC 9110 §4.2.4", "A target in absolute-form has a host, and no user information.", Answer(400), target_authority),
    Rule::must("request/content-length", "RFC 9112 §6.3", "Content-Length is one number.", Answer(400), framing::content_length),
    Rule::must("request/transfer-encoding-http-10", "RFC 9112 §6.1", "HTTP/1.0 has no Transfer-Encoding.", Answer(400), framing::no_coding_in_http_10),
    Rule::must("request/framed-once", "RFC 9112 §6.2", "Content-Length and Transfer-Encoding do not stand together.", Answer(400), framing::framed_once),
    Rule::must("request/transfer-encoding", "RFC 9112 §6.3", "Transfer-Encoding has chunked at its end, and only there.", Answer(400), framing::chunked_last),
    // Whether it asks for WebSocket.
    Rule::must("request/http-11", "RFC 6455 §4.1", "The HTTP version is at least 1.1.", Answer(426), http_11),
    Rule::must("request/upgrade", "RFC 6455 §4.1", "Upgrade lists websocket.", Answer(426), upgrade),
    Rule::must("request/upgrade-members", "RFC 9110 §7.8", "Every member of Upgrade is a protocol: a token, and perhaps a slash and a version.", Answer(400), upgrade_members),
    Rule::must("request/connection", "RFC 6455 §4.1", "Connection lists upgrade.", Answer(400), connection),
    Rule::must("request/connection-members", "RFC 9110 §7.6.1", "Every member of Connection is a token.", Answer(400), connection_members),
    Rule::must("request/method-get", "RFC 6455 §4.1", "The method is GET.", Answer(405), method_get),
    Rule::robust("request/body", "RFC 9110 §7.8", "There is no body, which would have to be read before the upgrade.", Answer(400), framing::no_body),
    Rule::must("request/expect", "RFC 9110 §10.1.1", "There is no expectation of 100-continue, as there is no content.", Pass, no_expectation),
    Rule::must("request/target-form", "RFC 6455 §4.1", "The target is a path with perhaps a query, or an absolute http, https, ws or wss URI.", Answer(400), target_form),
    Rule::must("request/host-same-as-target", "RFC 9112 §3.2.2", "Beside a target in absolute-form, Host has the target's authority.", Pass, host_same_as_target),
    Rule::should("request/host-first", "RFC 9110 §7.2", "Host is the first field.", Pass, host_first),
    Rule::must("request/singletons", "RFC 9110 §5.3", "No field that is not a list has several lines.", Pass, singletons),
    // The fields of WebSocket.
    Rule::must("request/version-present", "RFC 6455 §4.1", "There is a Sec-WebSocket-Version field.", Answer(400), offers::version_present),
    Rule::must("request/version-once", "RFC 6455 §11.3.5", "There is one line of Sec-WebSocket-Version.", Answer(400), offers::version_once),
    Rule::must("request/version", "RFC 6455 §4.3", "Sec-WebSocket-Version is a number up to 255 without leading zeros.", Answer(400), offers::version),
    Rule::must("request/version-13", "RFC 6455 §4.1", "Sec-WebSocket-Version is 13.", Answer(426), offers::version_13),
    Rule::must("request/key-once", "RFC 6455 §11.3.1", "There is one line of Sec-WebSocket-Key.", Answer(400), key_once),
    Rule::must("request/key-length", "RFC 6455 §4.1", "Sec-WebSocket-Key has 24 characters.", Answer(400), key_length),
    Rule::must("request/key-base64", "RFC 6455 §4.1", "Sec-WebSocket-Key is the base64 of 16 bytes.", Answer(400), key_base64),
    Rule::must("request/key-present", "RFC 6455 §4.1", "There is a Sec-WebSocket-Key field.", Answer(400), key_present),
    Rule::robust("request/key-canonical", "RFC 4648 §3.5", "The bits of Sec-WebSocket-Key behind its 16th byte are zero.", Pass, key_canonical),
    Rule::must("request/origin-once", "RFC 6454 §7.3", "There is at most one line of Origin.", Answer(403), offers::origin_once),
    Rule::must("request/origin", "RFC 6454 §7.1", "Origin is a list of origins with spaces between, or null.", Pass, offers::origin),
    Rule::must("request/subprotocols", "RFC 6455 §4.1", "Sec-WebSocket-Protocol is a list of tokens.", Answer(400), offers::subprotocols),
    Rule::must("request/subprotocols-unique", "RFC 6455 §4.1", "No subprotocol is offered twice.", Pass, offers::subprotocols_unique),
    Rule::must("request/extensions", "RFC 6455 §9.1", "Sec-WebSocket-Extensions is a list of extensions with parameters that are tokens.", Answer(400), offers::extensions),
    Rule::robust("request/deflate-parameters", "RFC 7692 §7.1", "An offer of permessage-deflate has only the four parameters of the extension.", Pass, offers::deflate_parameters),
    Rule::robust("request/deflate-repeated", "RFC 7692 §7.1", "No parameter of an offer of permessage-deflate is repeated.", Pass, offers::deflate_repeated),
    Rule::robust("request/deflate-values", "RFC 7692 §7.1", "The parameters of permessage-deflate have the values of an offer: none, or a window of 8 to 15 bits.", Pass, offers::deflate_values),
    Rule::robust("request/accept-absent", "RFC 6455 §11.3.3", "There is no Sec-WebSocket-Accept, which a server sends.", Pass, accept_absent),
    Rule::must("request/nothing-behind", "RFC 6455 §4.1", "Nothing is sent behind the head before the server has answered.", Pass, syntax::nothing_behind),
];

fn parts<'s>(subject: &'s Subject<'_>) -> Option<(&'s Part, &'s Part, &'s Part)> {
    match &subject.start {
        Start::Request { method, target, version } => Some((method, target, version)),
        _ => None,
    }
}

fn part(kept: bool, part: &Part) -> Finding {
    if kept { Finding::Kept } else { Finding::at(Some(part.range()), &part.bytes) }
}

fn host_present(subject: &Subject<'_>) -> Finding {
    if subject.is_http_10() {
        return Finding::NotApplicable;
    }
    Finding::kept_if(subject.has("Host"), "Host is missing")
}

fn host_once(subject: &Subject<'_>) -> Finding {
    offers::once(subject, "Host")
}

fn host(subject: &Subject<'_>) -> Finding {
    offers::first(subject, "Host", is_authority)
}

fn target_authority(subject: &Subject<'_>) -> Finding {
    let Some((_, target, _)) = parts(subject) else {
        return Finding::NotApplicable;
    };
    match Target::of(&target.bytes) {
        Target::Absolute { scheme, authority } if is_of_the_web(scheme) => {
            part(is_authority(authority.as_bytes()), target)
        }
        _ => Finding::NotApplicable,
    }
}

fn http_11(subject: &Subject<'_>) -> Finding {
    match parts(subject) {
        Some((_, _, version)) => part(!subject.is_http_10(), version),
        None => Finding::NotApplicable,
    }
}

fn upgrade(subject: &Subject<'_>) -> Finding {
    offers::lists(subject, "Upgrade", "websocket")
}

/// `protocol = protocol-name [ "/" protocol-version ]`, both tokens.
fn upgrade_members(subject: &Subject<'_>) -> Finding {
    offers::each_member(subject, "Upgrade", |member| member.splitn(2, |&byte| byte == b'/').all(is_token))
}

fn connection(subject: &Subject<'_>) -> Finding {
    offers::lists(subject, "Connection", "upgrade")
}

fn connection_members(subject: &Subject<'_>) -> Finding {
    offers::each_member(subject, "Connection", is_token)
}

fn method_get(subject: &Subject<'_>) -> Finding {
    match parts(subject) {
        Some((method, _, _)) => part(method.bytes == b"GET", method),
        None => Finding::NotApplicable,
    }
}

fn no_expectation(subject: &Subject<'_>) -> Finding {
    match subject.first("Expect") {
        Some(field) if subject.lists("Expect", "100-continue") => broken(field),
        Some(_) => Finding::Kept,
        None => Finding::NotApplicable,
    }
}

fn target_form(subject: &Subject<'_>) -> Finding {
    let Some((_, target, _)) = parts(subject) else {
        return Finding::NotApplicable;
    };
    match Target::of(&target.bytes) {
        Target::Origin => Finding::Kept,
        Target::Absolute { scheme, .. } => part(is_of_the_web(scheme), target),
        Target::Other => part(false, target),
    }
}

fn host_same_as_target(subject: &Subject<'_>) -> Finding {
    let (Some((_, target, _)), Some(field)) = (parts(subject), subject.first("Host")) else {
        return Finding::NotApplicable;
    };
    let Target::Absolute { authority: wanted, .. } = Target::of(&target.bytes) else {
        return Finding::NotApplicable;
    };
    if authority(&field.value) == authority(wanted.as_bytes()) { Finding::Kept } else { broken(field) }
}

fn host_first(subject: &Subject<'_>) -> Finding {
    match (subject.fields.first(), subject.first("Host")) {
        (Some(first), Some(_)) if !first.is("Host") => Finding::at(first.name_at.clone(), &first.name),
        (_, Some(_)) => Finding::Kept,
        (_, None) => Finding::NotApplicable,
    }
}

/// The fields of HTTP itself that are not lists; those of the handshake have rules of their own.
fn singletons(subject: &Subject<'_>) -> Finding {
    let http = ["Authorization", "Content-Type", "From", "Max-Forwards", "Proxy-Authorization", "Referer"];
    offers::each_once(subject, &[&http[..], &["User-Agent"]].concat())
}

const KEY: &str = "Sec-WebSocket-Key";

fn key_present(subject: &Subject<'_>) -> Finding {
    Finding::kept_if(subject.has(KEY), "Sec-WebSocket-Key is missing")
}

fn key_once(subject: &Subject<'_>) -> Finding {
    offers::once(subject, KEY)
}

fn key_length(subject: &Subject<'_>) -> Finding {
    offers::first(subject, KEY, |key| key.len() == 24)
}

fn key_base64(subject: &Subject<'_>) -> Finding {
    offers::first(subject, KEY, |key| nonce(key).is_some_and(|nonce| nonce.len() == 16))
}

/// The 22nd character has two bits that belong to the 16th byte.
fn key_canonical(subject: &Subject<'_>) -> Finding {
    match subject.first(KEY) {
        Some(field) if nonce(&field.value).is_some_and(|nonce| nonce.len() == 16) => {
            let last = field.value.get(21).copied().unwrap_or_default();
            if b"AQgw".contains(&last) { Finding::Kept } else { broken(field) }
        }
        _ => Finding::NotApplicable,
    }
}

fn accept_absent(subject: &Subject<'_>) -> Finding {
    offers::absent(subject, "Sec-WebSocket-Accept")
}
