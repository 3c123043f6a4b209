extern crate std;

use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::line::{Line, field_line, unusual_line, usual_line};
use super::stop::Stop;
use super::{HeadError, RequestHead, ResponseHead, Scan, Syntax, read_request, read_response};
use crate::limits::Limits;

#[test]
fn a_head_that_was_read_is_read_again_from_its_bytes() {
    let bytes = b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let head = RequestHead::reread(bytes).map(|head| (head.target(), head.head_len()));
    assert_eq!(head, Some(("/", bytes.len())));
    assert!(RequestHead::reread(&bytes[..20]).is_none());
    let bytes = b"HTTP/1.1 403 No\r\nA: b\r\n\r\n";
    let head = ResponseHead::reread(bytes).map(|head| (head.status(), head.head_len()));
    assert_eq!(head, Some((403, bytes.len())));
    assert!(ResponseHead::reread(&bytes[..20]).is_none());
}

#[test]
fn a_head_that_was_read_is_read_again_whatever_its_size() {
    let default = Limits::new();
    for (target, value, fields) in
        [(default.target + 1, 0, 1), (1, default.head, 1), (1, 0, default.fields + 1)]
    {
        let line = [b"A: ", &*b"a".repeat(value), b"\r\n"].concat();
        let fields = [&*line.repeat(fields), b"\r\n"].concat();
        let request = [b"GET ", &*b"/".repeat(target), b" HTTP/1.1\r\n", &fields].concat();
        assert_eq!(RequestHead::reread(&request).map(|head| head.head_len()), Some(request.len()));
        let response = [&b"HTTP/1.1 200\r\n"[..], &fields].concat();
        assert_eq!(ResponseHead::reread(&response).map(|head| head.head_len()), Some(response.len()));
    }
}

#[test]
fn a_line_is_unfinished_until_it_ends_or_is_seen_to_be_wrong() {
    use Syntax::{BareCr, FieldName, FieldValue, Fold};
    // The line, whether a client reads it, and for a wrong line the bytes that show the error, and the error with its
    // offset.
    for (line, lenient, wrong) in [
        (&b"A: b\r\n"[..], false, None),
        (b"A: b\n", false, None),
        (b"A:\tb\tc \r\n", false, None),
        (b"A:\r\n", false, None),
        (b"\r\n", false, None),
        (b"\n", false, None),
        (b"A : b\r\n", true, None),
        (b"A \t : b\r\n", true, None),
        (b"A : b\r\n", false, Some((2, (FieldName, 1)))),
        (b"A\t: b\r\n", false, Some((2, (FieldName, 1)))),
        (b"A\r\n", false, Some((2, (FieldName, 1)))),
        (b"A\r\n", true, Some((2, (FieldName, 1)))),
        (b"A b: c\r\n", true, Some((3, (FieldName, 1)))),
        (b"A@: b\r\n", true, Some((2, (FieldName, 1)))),
        (b": b\r\n", false, Some((1, (FieldName, 0)))),
        (b" A: b\r\n", true, Some((1, (Fold, 0)))),
        (b"\tA: b\r\n", false, Some((1, (Fold, 0)))),
        (b"\rA: b\r\n", false, Some((2, (BareCr, 0)))),
        (b"A: b\rc\r\n", false, Some((6, (FieldValue, 4)))),
        (b"A: b\0\r\n", false, Some((5, (FieldValue, 4)))),
        (b"Abc:\x7F\n", true, Some((5, (FieldValue, 4)))),
    ] {
        for len in 0..=line.len() {
            let piece = &line[..len];
            let read = if lenient { field_line::<true>(piece) } else { field_line::<false>(piece) };
            let read = match read {
                Ok(_) => Ok(true),
                Err(Stop::More(_)) => Ok(false),
                Err(Stop::Wrong(error)) => Err((error.reason(), error.offset().unwrap_or_default())),
            };
            let expected = match wrong {
                Some((seen, error)) if len >= seen => Err(error),
                _ => Ok(len == line.len()),
            };
            assert_eq!(read, expected, "{} (lenient: {lenient})", piece.escape_ascii());
        }
    }
}

#[test]
fn a_line_of_usual_syntax_is_read_the_short_way() {
    for (line, is_usual) in [
        (&b"Host: a\r\nB: c\r\n"[..], true),
        (b"A: b c\r\n", true),
        (b"A: \xFF\r\n\r\n", true),
        (b"A-Long-Name-Of-1-Field: b c d e f g h i j k\r\n", true),
        (b"A_B: c\r\n", false),
        (b"A:b\r\n", false),
        (b"A: b\n", false),
        (b"A:  b\r\n", false),
        (b"A: b \r\n", false),
        (b"A: b\tc\r\n", false),
        (b"A: \r\n", false),
        (b"A: b\r", false),
        (b"A : b\r\n", false),
        (b": b\r\n", false),
        (b"\r\n", false),
        (b"\r: b\r\n", false),
    ] {
        assert_eq!(usual_line(line).is_some(), is_usual, "{}", line.escape_ascii());
    }
}

/// A line, and perhaps bytes after it, of which many are of usual syntax.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let end = prop::sample::select(vec!["\r\n", "\r\n\r\n", "\r\nA: b", "\n", "\r", ""]);
    let name = prop_oneof!["[!-~]{1,20}", "[A-Za-z0-9-]{1,40}"];
    let line = (name, ": ?", "[ -~\t\u{80}-\u{ff}]{0,40}", end)
        .prop_map(|(name, colon, value, end)| [&name, &colon, &value, end].concat().into_bytes());
    let piece =
        prop::sample::select(vec!["A", "a-b", ":", " ", "\t", "\r", "\n", "\r\n", "\0", "\x7F", "\u{e9}"]);
    let pieces =
        prop::collection::vec(piece, 0..12).prop_map(|pieces: Vec<&str>| pieces.concat().into_bytes());
    prop_oneof![line, pieces]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn a_line_that_is_read_the_short_way_is_read_alike_the_long_way(line in line()) {
        if let Some(short) = usual_line(&line) {
            for long in [unusual_line::<false>(&line), unusual_line::<true>(&line)] {
                let Ok(Line::Field(field, next)) = long else {
                    panic!("{} is none the long way", line.escape_ascii());
                };
                assert_eq!(short, (field, next), "{}", line.escape_ascii());
            }
        }
    }
}

#[test]
fn a_scan_begins_again_with_other_bytes() {
    // An unfinished head, and other bytes that come instead of its rest.
    let cases: [(&[u8], &[u8]); 8] = [
        // There are no more bytes than before.
        (b"GET / HTTP/1.1\r\nHost: a\r\nA: b", b"GET / HTTP/1.1\r\n\r\n"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nA: bcdefghi", b"GET / HTTP/2.1\r\nHost: a\r\nA: bcdefghi"),
        // There are more bytes, and those before the new ones differ.
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nA: b",
            b"GET / HTTP/1.1\r\nX-Long: a b c d e f g h\r\nHost: a\r\n\r\n",
        ),
        (b"GET / HTTP/1.1\r\nHost: a\r\nA: b", b"GET / HTTP/1.1\r\nHost: a\r\n\r\nbehind it"),
        (b"HTTP/1.1 200 a", b"HTTP/1.1 200\r\n\r\nbehind it"),
        (b"HTTP/1.1 200\r\nA: b\r\nC", b"HTTP/1.1 200\r\nX-Long: a b c d e f g h\r\n\r\n"),
        // The position belongs to a head of another kind.
        (b"HTTP/1.1 200\r\nA: b\r\n c", b"HTTP/1.1 200\r\nA: b   c\r\n\r\n"),
        (b"GET", b"GETX"),
    ];
    for (first, second) in cases {
        let first_kind = if first.starts_with(b"G") { request } else { response };
        for second_kind in [request, response] {
            let mut scan = Scan::default();
            assert_eq!(first_kind(first, &mut scan), Ok(None), "{}", first.escape_ascii());
            let (again, new) = (second_kind(second, &mut scan), second_kind(second, &mut Scan::default()));
            assert_eq!(again, new, "{} behind {}", second.escape_ascii(), first.escape_ascii());
        }
    }
}

#[test]
fn a_minor_version_is_the_digit_that_is_sent() {
    for minor in b'0'..=b'9' {
        for end in ["\r\n\r\n", "\n\n"] {
            let request = [b"GET / HTTP/1.", &[minor][..], end.as_bytes()].concat();
            let head = RequestHead::reread(&request).map(|head| head.minor_version());
            assert_eq!(head, Some(minor - b'0'), "{}", request.escape_ascii());
            let response = [b"HTTP/1.", &[minor][..], b" 200", end.as_bytes()].concat();
            let head = ResponseHead::reread(&response).map(|head| head.minor_version());
            assert_eq!(head, Some(minor - b'0'), "{}", response.escape_ascii());
        }
    }
}

fn request(bytes: &[u8], scan: &mut Scan) -> Result<Option<usize>, HeadError> {
    Ok(read_request(bytes, scan, &Limits::new())?.map(|head| head.head_len()))
}

fn response(bytes: &[u8], scan: &mut Scan) -> Result<Option<usize>, HeadError> {
    Ok(read_response(&mut bytes.to_vec(), scan, &Limits::new())?.map(|head| head.head_len()))
}
