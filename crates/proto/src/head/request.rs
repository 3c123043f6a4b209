//! The head of a request, as a server reads it.

use super::line::{Line, field_line};
use super::scan::{Scan, Step};
use super::section::{FieldSection, field_section};
use super::stop::{Stop, unfinished};
use super::syntax::{HeadError, Syntax};
use crate::error::Error;
use crate::field::Lines;
use crate::limits::Limits;
use crate::rules::{TCHARS, behind_target, is_tchar};
use crate::scanners::{behind, find_line_feed};
use crate::shown::Shown;
use crate::shown_url::ShownUrl;

/// A request head of legal syntax. It can be any HTTP/1 request, not only an upgrade.
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    pub(crate) parts: Parts<'a>,
    pub(crate) lines: Lines<'a>,
}

/// The parts of a head other than its known lines.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) method: &'a [u8],
    pub(crate) target: &'a [u8],
    pub(crate) minor: u8,
    pub(crate) fields: FieldSection<'a>,
    pub(crate) len: usize,
}

impl<'a> RequestHead<'a> {
    /// Reads the bytes of a head that was read before, for callers that store them.
    pub fn reread(bytes: &'a [u8]) -> Option<Self> {
        read_request(bytes, &mut Scan::default(), &Limits::UNBOUNDED).ok()?
    }

    /// The method: a token (RFC 9110 §9.1).
    pub fn method(&self) -> &'a str {
        core::str::from_utf8(self.parts.method).unwrap_or_default()
    }

    /// The request target as it was sent (RFC 9112 §3.2): visible ASCII characters, without a fragment.
    pub fn target(&self) -> &'a str {
        self.parts.target()
    }

    /// The minor version of HTTP/1 (RFC 9112 §2.3).
    pub fn minor_version(&self) -> u8 {
        self.parts.minor
    }

    /// The fields.
    pub fn fields(&self) -> FieldSection<'a> {
        self.parts.fields
    }

    /// The length of the head in bytes, including the empty line. Bytes after it are not part of the head.
    pub fn head_len(&self) -> usize {
        self.parts.len
    }
}

impl core::fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", &self.method())
            .field("target", &ShownUrl::new(self.target()))
            .field("fields", &self.parts.fields)
            .finish_non_exhaustive()
    }
}

impl<'a> Parts<'a> {
    pub(crate) fn target(&self) -> &'a str {
        core::str::from_utf8(self.target).unwrap_or_default()
    }
}

/// Reads a request head from the start of `buf`. Returns `None` if more bytes are needed.
///
/// When more bytes have arrived, call it again with all of them and the same `scan`. Empty lines before the request
/// line are skipped (RFC 9112 §2.2). Some errors are reported before the head is complete: a byte that can't stand in
/// a method, a target that exceeds its limit, and every finished line that breaks the syntax.
///
/// # Errors
///
/// The first error, in the order of the bytes.
pub fn read_request<'a>(
    buf: &'a [u8],
    scan: &mut Scan,
    limits: &Limits,
) -> Result<Option<RequestHead<'a>>, HeadError> {
    let mut lines = Lines::default();
    let parts = read_parts(buf, scan, limits, &mut lines)?;
    Ok(parts.map(|parts| RequestHead { parts, lines }))
}

/// As [`read_request`], with the known lines in the caller's memory, because they are too large to be moved.
#[inline]
pub(crate) fn read_parts<'a>(
    buf: &'a [u8],
    scan: &mut Scan,
    limits: &Limits,
    lines: &mut Lines<'a>,
) -> Result<Option<Parts<'a>>, HeadError> {
    let window = buf.get(..limits.head).unwrap_or(buf);
    if !scan.is_new() {
        scan.go_on_with(window, scan.step.is_of_request());
    }
    if !scan.is_new() {
        // After the last piece, every line has been checked, and none is wrong.
        if let Err(stop) = resume(window, scan, limits) {
            return unfinished(&stop, window, scan, limits);
        }
    }
    match attempt(window, scan, limits, lines) {
        Ok(parts) => Ok(Some(parts)),
        Err(stop) => unfinished(&stop, window, scan, limits),
    }
}

/// Reads all of the head in one pass.
fn attempt<'a>(
    window: &'a [u8],
    scan: &mut Scan,
    limits: &Limits,
    lines: &mut Lines<'a>,
) -> Result<Parts<'a>, Stop> {
    scan.line = if let Some(b'\r' | b'\n') = window.first() { empty_lines(window, 0)? } else { 0 };
    let RequestLine { method, target, minor, next: start } = request_line(window, scan.line, limits)?;
    let fields = field_section::<false>(window, start, scan, limits, lines)?;
    Ok(Parts { method, target, minor, fields, len: start + fields.0.len() })
}

/// Continues with a head that arrives in pieces. Returns `Ok` when its end has arrived and no line is wrong.
#[cold]
fn resume(window: &[u8], scan: &mut Scan, limits: &Limits) -> Result<(), Stop> {
    if scan.step != Step::Fields {
        finish_request_line(window, scan, limits)?;
    }
    while let Some(feed) = find_line_feed(window, scan.searched) {
        match field_line::<false>(window.get(scan.line..=feed).unwrap_or_default()) {
            Ok(Line::Field(..)) => {
                scan.fields += 1;
                if scan.fields > limits.fields {
                    return Err(Stop::limit(Syntax::TooManyFields, limits.fields));
                }
                scan.begin_line(feed + 1);
            }
            Ok(Line::End(_)) => return Ok(()),
            Err(stop) => return Err(stop.in_line_at(scan.line)),
        }
    }
    Err(Stop::More(Step::Fields))
}

/// Continues with the request line, or with the empty lines before it. Returns `Ok` when it is finished and not wrong.
fn finish_request_line(window: &[u8], scan: &mut Scan, limits: &Limits) -> Result<(), Stop> {
    if scan.step == Step::Method {
        scan.line = empty_lines(window, scan.line)?;
        scan.searched = scan.searched.max(scan.line);
    }
    find_request_line_end(window, scan, limits)?;
    let RequestLine { next, .. } = request_line(window, scan.line, limits)?;
    scan.begin_line(next);
    Ok(())
}

/// Searches the new bytes of a request line for its line feed. Some errors do not wait for it: a byte that can't stand
/// in a method, and a target that exceeds its limit.
fn find_request_line_end(window: &[u8], scan: &Scan, limits: &Limits) -> Result<(), Stop> {
    let mut step = scan.step;
    for (at, &byte) in window.iter().enumerate().skip(scan.searched) {
        step = match (step, byte) {
            (Step::Method, b' ') if at > scan.line => Step::Target { start: at + 1 },
            (Step::Method, byte) if is_tchar(byte) => step,
            (Step::Method, _) if is_half_line_end(window, scan.line) => step,
            (Step::Method, _) => return Err(Stop::byte(Syntax::Method, window, at)),
            (_, b'\n') => return Ok(()),
            (Step::Target { .. }, b' ' | b'\r') => Step::Version,
            (Step::Target { start }, _) if at - start >= limits.target => {
                return Err(Stop::limit(Syntax::TargetTooLong, limits.target));
            }
            _ => step,
        };
    }
    Err(Stop::More(step))
}

/// Returns the offset after the empty lines at `at`, which a server ignores before a request (RFC 9112 §2.2).
#[cold]
fn empty_lines(window: &[u8], mut at: usize) -> Result<usize, Stop> {
    loop {
        match window.get(at..).unwrap_or_default() {
            [b'\n', ..] => at += 1,
            [b'\r', b'\n', ..] => at += 2,
            [b'\r', _, ..] => return Err(Stop::wrong(Syntax::BareCr, at)),
            _ => return Ok(at),
        }
    }
}

/// Returns whether there is only the CR of an empty line so far.
fn is_half_line_end(window: &[u8], at: usize) -> bool {
    window.get(at..) == Some(b"\r")
}

/// `request-line = method SP request-target SP HTTP-version` (RFC 9112 §3), and the offset of the next line.
struct RequestLine<'a> {
    method: &'a [u8],
    target: &'a [u8],
    minor: u8,
    next: usize,
}

/// Reads the request line at `at`. A minor version above 1 is treated as 1 (RFC 9110 §6.2).
///
/// The length of the target is checked before its bytes, and without waiting for the rest of the line.
#[inline(always)]
#[allow(clippy::inline_always)] // measured: otherwise its large result is moved
fn request_line<'a>(window: &'a [u8], at: usize, limits: &Limits) -> Result<RequestLine<'a>, Stop> {
    let offset = |rest: &[u8]| window.len() - rest.len();
    let line = window.get(at..).unwrap_or_default();
    let behind_method = behind(line, &TCHARS);
    let method = line.get(..line.len() - behind_method.len()).unwrap_or_default();
    let rest = match behind_method {
        [b' ', rest @ ..] if !method.is_empty() => rest,
        _ => return Err(no_method(window, at, offset(behind_method))),
    };
    let behind_target = behind_target(rest);
    let target = rest.get(..rest.len() - behind_target.len()).unwrap_or_default();
    if target.is_empty() || target.len() > limits.target || !behind_target.starts_with(b" ") {
        return Err(no_target(window, offset(rest), offset(behind_target), limits));
    }
    match behind_target.strip_prefix(b" HTTP/1.") {
        Some([minor @ b'0'..=b'9', b'\r', b'\n', next @ ..] | [minor @ b'0'..=b'9', b'\n', next @ ..]) => {
            Ok(RequestLine { method, target, minor: minor - b'0', next: offset(next) })
        }
        _ => Err(no_version(window, offset(behind_target))),
    }
}

#[cold]
fn no_method(window: &[u8], at: usize, wrong: usize) -> Stop {
    if wrong == window.len() || is_half_line_end(window, at) {
        Stop::More(Step::Method)
    } else {
        Stop::byte(Syntax::Method, window, wrong)
    }
}

#[cold]
fn no_target(window: &[u8], start: usize, wrong: usize, limits: &Limits) -> Stop {
    // No byte before the wrong one ends a target.
    let rest = window.get(wrong..).unwrap_or_default();
    let end = rest.iter().position(|byte| matches!(byte, b' ' | b'\r' | b'\n')).map(|len| wrong + len);
    if end.unwrap_or(window.len()) - start > limits.target {
        return Stop::limit(Syntax::TargetTooLong, limits.target);
    }
    if end.is_none() {
        return Stop::More(Step::Target { start });
    }
    if find_line_feed(window, wrong).is_none() {
        return Stop::More(Step::Version);
    }
    match rest {
        // The line ends after the target.
        [b'\n', ..] | [b'\r', b'\n', ..] if wrong > start => Stop::wrong(Syntax::Version, wrong),
        // The target is missing.
        [b' ' | b'\n', ..] | [b'\r', b'\n', ..] => Stop::wrong(Syntax::RequestLine, wrong),
        _ => Stop::byte(Syntax::Target, window, wrong),
    }
}

#[cold]
fn no_version(window: &[u8], at: usize) -> Stop {
    let rest = window.get(at + 1..).unwrap_or_default();
    let Some(feed) = rest.iter().position(|&byte| byte == b'\n') else {
        return Stop::More(Step::Version);
    };
    let line = rest.get(..feed).unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let syntax = match line {
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => Syntax::VersionUnsupported,
        _ if line.contains(&b'\r') => Syntax::BareCr,
        _ if line.contains(&b' ') => Syntax::RequestLine,
        _ => Syntax::Version,
    };
    // Text that is not a version may be a piece of a target that contains a space.
    let is_version = line
        .strip_prefix(b"HTTP/")
        .is_some_and(|numbers| numbers.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'));
    let shown = if is_version { Shown::value } else { Shown::length };
    Stop::Wrong(Error::new(syntax).with_value(shown(line)).at(at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns whether the line is finished, or its error.
    fn is_done(done: &Result<(), Stop>) -> Result<bool, Syntax> {
        match done {
            Ok(()) => Ok(true),
            Err(Stop::More(_)) => Ok(false),
            Err(Stop::Wrong(error)) => Err(error.reason()),
        }
    }

    #[test]
    fn a_request_line_is_read_or_refused_wherever_it_begins() {
        let mut limits = Limits::new();
        limits.target = 5;
        for (line, expected) in [
            (&b"GET / HTTP/1.1\r\n"[..], Ok((&b"GET"[..], &b"/"[..], 1))),
            (b"GET /chat HTTP/1.1\r\nHost: a\r\n", Ok((b"GET", b"/chat", 1))),
            (b"get * HTTP/1.9\n", Ok((b"get", b"*", 9))),
            (b"GET /chats HTTP/1.1\r\n", Err(Some(Syntax::TargetTooLong))),
            (b"GET  HTTP/1.1\r\n", Err(Some(Syntax::RequestLine))),
            (b"GET / HTTP/1.1 \r\n", Err(Some(Syntax::RequestLine))),
            (b"GET /\t HTTP/1.1\r\n", Err(Some(Syntax::Target))),
            (b"GET / HTTP/2.0\r\n", Err(Some(Syntax::VersionUnsupported))),
            (b"GET /\r\n", Err(Some(Syntax::Version))),
            (b" / HTTP/1.1\r\n", Err(Some(Syntax::Method))),
            (b"GET / HTTP/1.1\r", Err(None)),
            (b"GET", Err(None)),
            (b"", Err(None)),
        ] {
            for at in [0, 2] {
                let window = [&b"\r\n"[..at], line].concat();
                let read = match request_line(&window, at, &limits) {
                    Ok(RequestLine { method, target, minor, .. }) => Ok((method, target, minor)),
                    Err(Stop::More(_)) => Err(None),
                    Err(Stop::Wrong(error)) => Err(Some(error.reason())),
                };
                assert_eq!(read, expected, "{}", window.escape_ascii());
            }
        }
    }

    #[test]
    fn a_start_line_is_looked_at_until_its_line_feed_and_refused_as_soon_as_it_is_wrong() {
        let mut limits = Limits::new();
        limits.target = 5;
        for (line, wrong) in [
            (&b"GET / HTTP/1.1\r\n"[..], None),
            (b"GET /chat HTTP/1.1\n", None),
            // The rest is checked when the line is complete.
            (b"GET  x y z\n", None),
            (b"GET\t/\n", Some((3, Syntax::Method))),
            (b" GET / HTTP/1.1\r\n", Some((0, Syntax::Method))),
            (b"G@T / HTTP/1.1\r\n", Some((1, Syntax::Method))),
            (b"GET /chats HTTP/1.1\r\n", Some((9, Syntax::TargetTooLong))),
        ] {
            for len in 0..=line.len() {
                let scan = Scan { step: Step::Method, ..Scan::default() };
                let expected = match wrong {
                    Some((at, syntax)) if len > at => Err(syntax),
                    _ => Ok(len == line.len()),
                };
                let done = is_done(&find_request_line_end(&line[..len], &scan, &limits));
                assert_eq!(done, expected, "{}", line[..len].escape_ascii());
            }
        }
    }

    #[test]
    fn a_head_in_pieces_is_not_read_before_its_end_is_there() {
        let limits = Limits::new();
        for head in [
            &b"\r\n\nGET /chat HTTP/1.1\r\nHost: a\r\nA:b\r\n\r\n"[..],
            b"GET /chat HTTP/1.1\nHost: a\nA:b\n\n",
        ] {
            for step in [1, 2, 3, 7, 20] {
                let mut scan = Scan { step: Step::Method, ..Scan::default() };
                for end in (0..head.len()).step_by(step) {
                    let window = &head[..end];
                    let stop = resume(window, &mut scan, &limits).expect_err("not the end");
                    let unfinished = unfinished::<()>(&stop, window, &mut scan, &limits);
                    assert_eq!(unfinished, Ok(None), "{}", window.escape_ascii());
                }
                let done = is_done(&resume(head, &mut scan, &limits));
                assert_eq!(done, Ok(true), "{}", head.escape_ascii());
            }
        }
    }
}
