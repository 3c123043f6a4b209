//! How long a request's body is (RFC 9112 §6): whether that is certain, and that there is none.

use super::{RequestError, RequestReason};
use crate::error::Error;
use crate::extension::{self, Member};
use crate::field::{Known, Lines, Source, content_length};
use crate::shown::Shown;

/// Whether the length of a body is certain. Where it is not, a server answers 400 and closes (RFC 9112 §6.3), whatever
/// the request asks for: what follows could be the body to one reader and a request to another.
///
/// | fields | here | rule |
/// |---|---|---|
/// | `Content-Length` of one number, in a list or on lines of their own perhaps | certain | §6.3 item 5 |
/// | `Content-Length` of two numbers, or of something else | 400 | §6.3 item 5 |
/// | `Transfer-Encoding` with `chunked` at its end | certain | §6.3 item 4 |
/// | `Transfer-Encoding` without it, with it elsewhere, or malformed | 400 | §6.3 item 4, §6.1, §7.1 |
/// | `Transfer-Encoding` in HTTP/1.0 | 400 | §6.1 |
/// | both | 400 | §6.1, §6.3 item 3 |
pub(super) fn check_length(
    minor_version: u8,
    lines: &Lines<'_>,
    source: Source<'_>,
) -> Result<(), RequestError> {
    let Some(coding) = lines.first(Known::TransferEncoding) else {
        return check_content_length(lines, source);
    };
    let wrong = |reason, value| Err(Error::new(reason).with_value(Shown::list(value)));
    if minor_version == 0 {
        wrong(RequestReason::TransferEncodingHttp10, coding)
    } else if let Some(length) = lines.first(Known::ContentLength) {
        wrong(RequestReason::FramedTwice, length)
    } else if !ends_chunked(lines.all(Known::TransferEncoding, source)) {
        wrong(RequestReason::TransferEncodingMalformed, coding)
    } else {
        Ok(())
    }
}

/// One number, if there is any (RFC 9112 §6.3 item 5).
pub(super) fn check_content_length(lines: &Lines<'_>, source: Source<'_>) -> Result<(), RequestError> {
    match content_length(lines, source) {
        Ok(_) => Ok(()),
        Err(line) => Err(Error::new(RequestReason::ContentLengthMalformed).with_value(Shown::list(line))),
    }
}

/// ```text
/// Transfer-Encoding  = #transfer-coding
/// transfer-coding    = token *( OWS ";" OWS transfer-parameter )
/// transfer-parameter = token BWS "=" BWS ( token / quoted-string )
/// ```
///
/// `chunked` is applied once, at the end (RFC 9112 §6.1), and has no parameters (§7.1). The grammar is nearly that of
/// extensions; a parameter in quotes that is no token, which no registered coding has, makes the list malformed here.
fn ends_chunked<'a>(lines: impl Iterator<Item = &'a [u8]>) -> bool {
    let (mut once, mut last) = (true, false);
    let legal = extension::visit(lines, |coding: Member<'_>| {
        once &= !last;
        last = coding.name().eq_ignore_ascii_case("chunked") && coding.params().is_empty();
    });
    legal.is_ok() && once && last
}

/// That there is none: what is behind the head of an upgrade is WebSocket's, and a body would have to be read first
/// (RFC 9110 §7.8).
pub(super) fn check_no_body(lines: &Lines<'_>) -> Result<(), RequestError> {
    let body = |known: Known, value| {
        let error = Error::new(RequestReason::Body).with_name(known.name().as_bytes());
        Err(error.with_value(Shown::list(value)))
    };
    if let Some(value) = lines.first(Known::TransferEncoding) {
        return body(Known::TransferEncoding, value);
    }
    // All lines have the same number.
    match lines.first(Known::ContentLength) {
        Some(value) if value.iter().any(|byte| matches!(byte, b'1'..=b'9')) => {
            body(Known::ContentLength, value)
        }
        _ => Ok(()),
    }
}
