//! Checks of the fields that say how long a body is (RFC 9112 §6, RFC 9110 §8.6).

use super::extension::parse;
use super::head::Field;
use super::rule::Finding;
use super::subject::{Subject, trim};

const LENGTH: &str = "Content-Length";
const CODING: &str = "Transfer-Encoding";

pub(super) fn broken(field: &Field) -> Finding {
    Finding::at(field.value_at.clone(), &field.value)
}

/// Returns the number of `Content-Length` without leading zeros, 0 as the empty text. It may be repeated if it is the
/// same number. `Err` is a line that is wrong.
pub(super) fn number<'s>(subject: &'s Subject<'_>) -> Result<Option<&'s [u8]>, &'s Field> {
    let mut number = None;
    for field in subject.all(LENGTH) {
        for member in field.value.split(|&byte| byte == b',').map(trim) {
            let zeros = member.iter().take_while(|&&byte| byte == b'0').count();
            let digits = &member[zeros..];
            let legal = !member.is_empty() && digits.iter().all(u8::is_ascii_digit);
            if !legal || number.is_some_and(|number| number != digits) {
                return Err(field);
            }
            number = Some(digits);
        }
    }
    Ok(number)
}

/// Returns the names of the codings, in order; whether each has no parameter. `None` if the list is malformed.
fn codings(subject: &Subject<'_>) -> Option<Vec<(String, bool)>> {
    // The grammar of extensions is nearly that of codings: no registered coding has a parameter that is not a token.
    let list = parse(subject.all(CODING).map(|field| &*field.value)).ok()?;
    Some(
        list.into_iter().map(|coding| (coding.name.to_ascii_lowercase(), coding.params.is_empty())).collect(),
    )
}

/// Returns whether `chunked` is the last coding.
pub(super) fn is_chunked(subject: &Subject<'_>) -> bool {
    codings(subject).and_then(|codings| codings.last().cloned()) == Some(("chunked".to_owned(), true))
}

pub(super) fn content_length(subject: &Subject<'_>) -> Finding {
    match number(subject) {
        Ok(None) => Finding::NotApplicable,
        Ok(Some(_)) => Finding::Kept,
        Err(field) => broken(field),
    }
}

/// As [`content_length`], where no `Transfer-Encoding` overrides it.
pub(super) fn content_length_alone(subject: &Subject<'_>) -> Finding {
    if subject.has(CODING) { Finding::NotApplicable } else { content_length(subject) }
}

pub(super) fn framed_once(subject: &Subject<'_>) -> Finding {
    match (subject.first(LENGTH), subject.first(CODING)) {
        (Some(length), Some(_)) => broken(length),
        (None, None) => Finding::NotApplicable,
        _ => Finding::Kept,
    }
}

/// In a request: `chunked` once, at the end.
pub(super) fn chunked_last(subject: &Subject<'_>) -> Finding {
    let Some(field) = subject.all(CODING).last() else {
        return Finding::NotApplicable;
    };
    let once = codings(subject).is_some_and(|codings| {
        codings.iter().filter(|(name, _)| name == "chunked").count() == 1
            && codings.last().is_some_and(|(name, bare)| name == "chunked" && *bare)
    });
    if once { Finding::Kept } else { broken(field) }
}

/// In a response: no `chunked`, or once, at the end.
pub(super) fn chunked_last_or_not(subject: &Subject<'_>) -> Finding {
    let Some(field) = subject.all(CODING).last() else {
        return Finding::NotApplicable;
    };
    let legal = codings(subject).is_some_and(|codings| {
        let before = codings.iter().rev().skip(1);
        before.filter(|(name, _)| name == "chunked").count() == 0
    });
    if legal { Finding::Kept } else { broken(field) }
}

/// No `Transfer-Encoding` in a message of HTTP/1.0, nor to a client of HTTP/1.0.
pub(super) fn no_coding_in_http_10(subject: &Subject<'_>) -> Finding {
    match subject.first(CODING) {
        Some(field) if subject.is_http_10() || subject.sent.http_10 => broken(field),
        Some(_) => Finding::Kept,
        None => Finding::NotApplicable,
    }
}

/// A request to upgrade has no body.
pub(super) fn no_body(subject: &Subject<'_>) -> Finding {
    let not_zero = matches!(number(subject), Ok(Some([_, ..])) | Err(_));
    match (subject.first(CODING), subject.first(LENGTH).filter(|_| not_zero)) {
        (Some(field), _) | (None, Some(field)) => broken(field),
        (None, None) => Finding::Kept,
    }
}

/// Nothing says that there is a body, not even that it is empty.
pub(super) fn no_framing(subject: &Subject<'_>) -> Finding {
    match subject.first(CODING).or_else(|| subject.first(LENGTH)) {
        Some(field) => broken(field),
        None => Finding::Kept,
    }
}
