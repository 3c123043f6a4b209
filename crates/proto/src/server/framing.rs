//! The checks of a request body's length (RFC 9112 §6).

use super::reason::{Fault, RequestReason};
use crate::content_length::content_length;
use crate::error::Error;
use crate::extension::{self, Member};
use crate::field::{Known, Lines};
use crate::head::Source;
use crate::shown::Shown;

/// Checks that the length of a body is certain. If it is not, a server answers 400 and closes (RFC 9112 §6.3),
/// whatever the request asks for. Otherwise one reader could see a body where another sees the next request.
///
/// | fields | result | rule |
/// |---|---|---|
/// | `Content-Length` of one number, repeated in a list or on lines of its own perhaps | certain | §6.3 item 5 |
/// | `Content-Length` of two different numbers, or of something else | 400 | §6.3 item 5 |
/// | `Transfer-Encoding` with `chunked` at its end | certain | §6.3 item 4 |
/// | `Transfer-Encoding` without it, with it elsewhere, or malformed | 400 | §6.3 item 4, §6.1, §7.1 |
/// | `Transfer-Encoding` in HTTP/1.0 | 400 | §6.1 |
/// | both | 400 | §6.1, §6.3 item 3 |
#[inline]
pub(super) fn check_length(minor_version: u8, lines: &Lines<'_>, source: Source<'_>) -> Result<(), Fault> {
    let wrong = |reason, value| Err(Error::new(reason).with_value(Shown::list(value)));
    match (lines.first(Known::TransferEncoding), lines.first(Known::ContentLength)) {
        (None, None) => Ok(()),
        (None, Some(_)) => check_content_length(lines, source),
        (Some(coding), _) if minor_version == 0 => wrong(RequestReason::TransferEncodingHttp10, coding),
        (Some(_), Some(length)) => wrong(RequestReason::FramedTwice, length),
        (Some(_), None) if ends_chunked(lines.all(Known::TransferEncoding, source)) => Ok(()),
        (Some(coding), None) => wrong(RequestReason::TransferEncodingMalformed, coding),
    }
}

/// Checks that `Content-Length` is one number, if there is any (RFC 9112 §6.3 item 5).
pub(super) fn check_content_length(lines: &Lines<'_>, source: Source<'_>) -> Result<(), Fault> {
    match content_length(lines, source) {
        Ok(_) => Ok(()),
        Err(line) => Err(Error::new(RequestReason::ContentLengthMalformed).with_value(Shown::list(line))),
    }
}

/// Returns whether `Transfer-Encoding` ends in `chunked`. It must be applied once, at the end (RFC 9112 §6.1), and
/// has no parameters (§7.1).
///
/// ```text
/// Transfer-Encoding  = #transfer-coding
/// transfer-coding    = token *( OWS ";" OWS transfer-parameter )
/// transfer-parameter = token BWS "=" BWS ( token / quoted-string )
/// ```
///
/// The grammar of extensions is used, which is nearly the same. It refuses a quoted parameter that is not a token; no
/// registered coding has one.
fn ends_chunked<'a>(lines: impl Iterator<Item = &'a [u8]>) -> bool {
    let (mut once, mut last) = (true, false);
    let legal = extension::visit(lines, |coding: Member<'_>| {
        once &= !last;
        last = coding.name().eq_ignore_ascii_case("chunked") && coding.params().is_empty();
    });
    legal.is_ok() && once && last
}

/// Checks that there is no body. The bytes after the head of an upgrade belong to WebSocket, and a body would have to
/// be read first (RFC 9110 §7.8).
#[inline]
pub(super) fn check_no_body(lines: &Lines<'_>) -> Result<(), Fault> {
    let not_zero = |length: &&[u8]| length.iter().any(|byte| matches!(byte, b'1'..=b'9'));
    if let Some(value) = lines.first(Known::TransferEncoding) {
        Err(body(Known::TransferEncoding, value))
    } else if let Some(value) = lines.first(Known::ContentLength).filter(not_zero) {
        // All lines have been found to have the same number.
        Err(body(Known::ContentLength, value))
    } else {
        Ok(())
    }
}

#[cold]
fn body(known: Known, value: &[u8]) -> Fault {
    Error::new(RequestReason::Body).with_name(known.name().as_bytes()).with_value(Shown::list(value))
}
