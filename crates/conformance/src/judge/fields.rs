//! Checks of field names and values over HTTP/2 (RFC 9113 §8.2).

use super::framing;
use super::grammar::is_token;
use super::head::Field;
use super::rule::Finding;
use super::subject::Subject;

/// Returns the name of a pseudo-header field without its colon.
pub(super) fn pseudo(field: &Field) -> Option<&[u8]> {
    field.name.strip_prefix(b":")
}

/// Shows the name of the first field that is wrong.
fn each(subject: &Subject<'_>, wrong: impl Fn(&Field) -> bool) -> Finding {
    match subject.fields.iter().find(|field| wrong(field)) {
        Some(field) => Finding::at(None, &[&*field.name, b": ", &*field.value].concat()),
        None => Finding::Kept,
    }
}

pub(super) fn names(subject: &Subject<'_>) -> Finding {
    each(subject, |field| !is_token(pseudo(field).unwrap_or(&field.name)))
}

pub(super) fn lower_case(subject: &Subject<'_>) -> Finding {
    each(subject, |field| field.name.iter().any(u8::is_ascii_uppercase))
}

/// NUL, CR and LF are malformed in HTTP/2; the other control characters in HTTP itself (RFC 9110 §5.5).
pub(super) fn values(subject: &Subject<'_>) -> Finding {
    each(subject, |field| field.value.iter().any(|&byte| byte.is_ascii_control() && byte != b'\t'))
}

pub(super) fn not_padded(subject: &Subject<'_>) -> Finding {
    each(subject, |field| matches!(&*field.value, [b' ' | b'\t', ..] | [.., b' ' | b'\t']))
}

/// The fields that are about one connection of HTTP/1.1 (RFC 9113 §8.2.2). `TE` may say `trailers` in a request.
pub(super) fn none_of_a_connection(subject: &Subject<'_>) -> Finding {
    each(subject, |field| is_of_a_connection(field) && !field.is("TE"))
}

/// As [`none_of_a_connection`], for a response, which has no `TE` at all.
pub(super) fn none_of_a_connection_nor_te(subject: &Subject<'_>) -> Finding {
    each(subject, is_of_a_connection)
}

fn is_of_a_connection(field: &Field) -> bool {
    let names = ["Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "TE"];
    // The last belongs to the upgrade from HTTP/1.1 (RFC 7540 §3.2.1).
    names.iter().chain(&["HTTP2-Settings"]).any(|name| field.is(name))
}

pub(super) fn te_trailers(subject: &Subject<'_>) -> Finding {
    if !subject.has("TE") {
        return Finding::NotApplicable;
    }
    each(subject, |field| field.is("TE") && !field.value.eq_ignore_ascii_case(b"trailers"))
}

pub(super) fn no_content(subject: &Subject<'_>) -> Finding {
    if subject.has("Content-Length") { framing::no_body(subject) } else { Finding::NotApplicable }
}
