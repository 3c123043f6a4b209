//! The head of a response, as a client reads it.

use super::scan::{Scan, Step};
use super::section::{FieldSection, field_section};
use super::stop::{Stop, unfinished};
use super::syntax::{HeadError, Syntax};
use crate::error::Error;
use crate::field::Lines;
use crate::limits::Limits;
use crate::scanners::{behind_value, find_line_feed};
use crate::shown::Shown;

/// A response head of legal syntax.
#[derive(Clone, Copy)]
pub struct ResponseHead<'a> {
    pub(crate) minor: u8,
    pub(crate) status: u16,
    pub(crate) reason: &'a [u8],
    pub(crate) fields: FieldSection<'a>,
    pub(crate) len: usize,
}

impl<'a> ResponseHead<'a> {
    /// Reads the bytes of a head that was read before and is unfolded, for callers that store them.
    pub fn reread(bytes: &'a [u8]) -> Option<Self> {
        read(bytes, &mut Scan::default(), &Limits::UNBOUNDED, &mut Lines::default()).ok()
    }

    /// The minor version of HTTP/1 (RFC 9112 §2.3).
    pub fn minor_version(&self) -> u8 {
        self.minor
    }

    /// The status: 100 to 999. A status above 599 is not one of HTTP and is treated as a 5xx (RFC 9110 §15).
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The reason phrase (RFC 9112 §4), without the space before it.
    pub fn reason(&self) -> &'a [u8] {
        self.reason
    }

    /// The fields.
    pub fn fields(&self) -> FieldSection<'a> {
        self.fields
    }

    /// The length of the head in bytes, including the empty line.
    pub fn head_len(&self) -> usize {
        self.len
    }
}

impl core::fmt::Debug for ResponseHead<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ResponseHead")
            .field("status", &self.status)
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}

/// Reads a response head from the start of `buf`. Returns `None` if more bytes are needed.
///
/// When more bytes have arrived, call it again with all of them and the same `scan`. Folded lines (obs-fold, RFC 9112
/// §5.2) are unfolded in place: CR and LF become spaces. The first byte that can't belong to an HTTP/1 response is an
/// error at once, a wrong status line when it is finished, and every other error when the head is complete.
///
/// # Errors
///
/// The first error, in the order of the bytes.
pub fn read_response<'a>(
    buf: &'a mut [u8],
    scan: &mut Scan,
    limits: &Limits,
) -> Result<Option<ResponseHead<'a>>, HeadError> {
    read_with_lines(buf, scan, limits, &mut Lines::default())
}

/// As [`read_response`], with the known lines in the caller's memory, because they are too large to be moved.
#[inline]
pub(crate) fn read_with_lines<'a>(
    buf: &'a mut [u8],
    scan: &mut Scan,
    limits: &Limits,
    lines: &mut Lines<'a>,
) -> Result<Option<ResponseHead<'a>>, HeadError> {
    let bound = buf.len().min(limits.head);
    let Some(window) = buf.get_mut(..bound) else {
        return Ok(None);
    };
    if !scan.is_new() {
        scan.go_on_with(window, scan.step.is_of_response());
    }
    // Nearly always the whole head has arrived, without a folded line, and it is read without a search for its end.
    let attempt = scan.is_new() && !has_fold(window);
    if !attempt {
        if let Err(stop) = unfold(window, scan) {
            return unfinished(&stop, window, scan, limits);
        }
    }
    let window: &'a [u8] = window;
    match read(window, scan, limits, lines) {
        Ok(head) => Ok(Some(head)),
        Err(stop) => not_read(&stop, attempt, window, scan, limits),
    }
}

/// Handles a head that could not be read: it is wrong, or its end has not arrived.
#[cold]
fn not_read<T>(
    stop: &Stop,
    attempt: bool,
    window: &[u8],
    scan: &mut Scan,
    limits: &Limits,
) -> Result<Option<T>, HeadError> {
    if attempt {
        if let Err(stop) = find_end(window, scan) {
            return unfinished(&stop, window, scan, limits);
        }
    }
    match *stop {
        Stop::Wrong(error) => Err(error),
        Stop::More(_) => {
            // The end that was found is not one, so the scan belonged to another buffer.
            *scan = Scan::default();
            Ok(None)
        }
    }
}

/// Returns whether any line may continue on the next one (RFC 9112 §5.2).
fn has_fold(window: &[u8]) -> bool {
    let pairs = window.iter().zip(window.iter().skip(1));
    pairs.fold(false, |found, (&end, &next)| found | ((end == b'\n') & ((next == b' ') | (next == b'\t'))))
}

/// Searches the new bytes for the end of the head. Unfolds in place the lines that have arrived (RFC 9112 §5.2): CR
/// and LF become spaces.
#[cold]
fn unfold(window: &mut [u8], scan: &mut Scan) -> Result<(), Stop> {
    while let Found::Fold { feed } = find_end(window, scan)? {
        if let Some(end) = window.get_mut(feed - 1..=feed) {
            let cr = usize::from(end.first() != Some(&b'\r'));
            end.iter_mut().skip(cr).for_each(|byte| *byte = b' ');
        }
        scan.step = Step::Folded;
    }
    Ok(())
}

/// What a search for the end of a head has found.
enum Found {
    /// The empty line that ends the head.
    End,
    /// The line feed of a line that continues on the next line.
    Fold { feed: usize },
}

/// Searches the new bytes for the empty line that ends the head, or for a folded line.
fn find_end(window: &[u8], scan: &mut Scan) -> Result<Found, Stop> {
    if matches!(scan.step, Step::Start | Step::Status) {
        finish_status_line(window, scan)?;
    }
    loop {
        if let Step::LineEnd { may_fold } = scan.step {
            match window.get(scan.searched) {
                None => return Err(Stop::More(scan.step)),
                Some(b' ' | b'\t') if may_fold => return Ok(Found::Fold { feed: scan.searched - 1 }),
                Some(_) => scan.begin_line(scan.searched),
            }
        }
        let Some(feed) = find_line_feed(window, scan.searched) else {
            return Err(Stop::More(scan.step));
        };
        let line = window.get(scan.line..=feed).unwrap_or_default();
        if matches!(line, b"\n" | b"\r\n") {
            return Ok(Found::End);
        }
        // Only a field's value can be folded, after its colon.
        let may_fold = scan.step == Step::Folded || line.contains(&b':');
        scan.step = Step::LineEnd { may_fold };
        scan.searched = feed + 1;
    }
}

/// Continues with the status line. Returns `Ok` when it is finished and not wrong. A first byte that can't belong to
/// an HTTP/1 response is an error at once.
fn finish_status_line(window: &[u8], scan: &mut Scan) -> Result<(), Stop> {
    const PREFIX: &[u8] = b"HTTP/1.";
    let same = window.iter().zip(PREFIX).take_while(|(a, b)| a == b).count();
    if same < PREFIX.len().min(window.len()) {
        let syntax = match window {
            // `ContentType` of a TLS record: a server that expects TLS answers plain HTTP with an alert.
            [20..=23, ..] => Syntax::Tls,
            _ => Syntax::StatusLine,
        };
        return Err(Stop::byte(syntax, window, same));
    }
    let Some(feed) = find_line_feed(window, scan.searched) else {
        return Err(Stop::More(Step::Status));
    };
    status_line(window)?;
    scan.begin_line(feed + 1);
    Ok(())
}

/// Reads a head that is complete.
fn read<'a>(
    window: &'a [u8],
    scan: &mut Scan,
    limits: &Limits,
    lines: &mut Lines<'a>,
) -> Result<ResponseHead<'a>, Stop> {
    let (minor, status, reason, start) = status_line(window)?;
    let fields = field_section::<true>(window, start, scan, limits, lines)?;
    Ok(ResponseHead { minor, status, reason, fields, len: start + fields.0.len() })
}

/// Reads `status-line = HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 §4) and returns the offset of the
/// next line too. The last space is optional.
fn status_line(window: &[u8]) -> Result<(u8, u16, &[u8], usize), Stop> {
    let end = behind_value(window);
    let line = window.get(..window.len() - end.len()).unwrap_or_default();
    let ([b'\r', b'\n', next @ ..] | [b'\n', next @ ..]) = end else {
        return Err(no_status_line(window));
    };
    let digit = |byte: u8| u16::from(byte.wrapping_sub(b'0'));
    match line.split_first_chunk() {
        Some((
            b"HTTP/1.",
            [minor @ b'0'..=b'9', b' ', a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..],
        )) if rest.is_empty() || rest.starts_with(b" ") => {
            let status = digit(*a) * 100 + digit(*b) * 10 + digit(*c);
            let reason = rest.strip_prefix(b" ").unwrap_or_default();
            Ok((minor - b'0', status, reason, window.len() - next.len()))
        }
        _ => Err(no_status_line(window)),
    }
}

#[cold]
fn no_status_line(window: &[u8]) -> Stop {
    let line = window.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    // Only version and status are shown: the rest of the line can be anything.
    let shown = line.get(..b"HTTP/1.1 200".len()).unwrap_or(line);
    Stop::Wrong(Error::new(Syntax::StatusLine).with_value(Shown::Text(shown, shown.len() < line.len())))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn a_head_that_is_there_whole_is_read_without_a_search_for_its_end() {
        let limits = Limits::new();
        for (head, at_once) in [
            (&b"HTTP/1.1 200\r\n\r\n"[..], true),
            (b"HTTP/1.1 200 A\nB: c\nD:\te\n\nbehind it", true),
            (b"HTTP/1.1 200\r\nA: b\r\n c\r\n\r\n", false),
        ] {
            let mut scan = Scan::default();
            let mut bytes = [0; 64];
            let bytes = &mut bytes[..head.len()];
            bytes.copy_from_slice(head);
            assert!(read_response(bytes, &mut scan, &limits).is_ok_and(|head| head.is_some()));
            assert_eq!(scan.searched == 0, at_once, "{}", head.escape_ascii());
            assert_eq!(scan.step == Step::Start, at_once, "{}", head.escape_ascii());
        }
    }

    #[test]
    fn nothing_is_unfolded_where_no_line_goes_on() {
        for (window, expected) in [
            (&b""[..], false),
            (b"HTTP/1.1 200\r\nA: b\r\n\r\n", false),
            (b"HTTP/1.1 200\nA:\tb c\n\n", false),
            (b" \t\r\n", false),
            (b"A: b\r\n c\r\n", true),
            (b"A: b\n\tc\n", true),
            (b"\n ", true),
            (b"\n\t", true),
        ] {
            assert_eq!(has_fold(window), expected, "{}", window.escape_ascii());
        }
    }

    #[test]
    fn a_wrong_status_line_is_shown_as_far_as_its_status() {
        for (line, shown) in [
            (&b"HTTP/1.1\r\n"[..], "\"HTTP/1.1\""),
            (b"HTTP/1.1 99\r\n", "\"HTTP/1.1 99\""),
            (b"HTTP/1.1 099\n", "\"HTTP/1.1 099\""),
            (b"HTTP/1.1 1010\r\nA: b\r\n", "\"HTTP/1.1 101\"..."),
            (b"HTTP/1.1 2OO secret\r\n", "\"HTTP/1.1 2OO\"..."),
        ] {
            let Err(Stop::Wrong(error)) = status_line(line) else {
                panic!("{} is one", line.escape_ascii());
            };
            assert_eq!(
                error.to_string(),
                std::format!("status line: not an HTTP version and a status, got {shown}")
            );
        }
    }
}
