//! Tables of heads, and properties of those that are written here.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http3::qpack::{HeaderField, encode_stateless};
use proptest::prelude::*;
use websocket_upgrade_proto::Limits;

use super::field_section::{FieldSection, Pseudo};
use super::malformed::Malformed;
use super::{request, response};

/// Lines as a peer encodes them, whatever they are.
fn encoded(lines: &[(&str, &str)]) -> Bytes {
    let mut section = BytesMut::new();
    let fields = lines.iter().map(|(name, value)| HeaderField::new(*name, *value));
    encode_stateless(&mut section, fields).expect("can be encoded");
    section.freeze()
}

type Line = (&'static str, &'static str);
type Lines = Vec<Line>;

const GET: [Line; 4] =
    [(":method", "GET"), (":scheme", "https"), (":authority", "a.example"), (":path", "/")];

const CONNECT: [Line; 5] = [
    (":method", "CONNECT"),
    (":protocol", "websocket"),
    (":scheme", "https"),
    (":authority", "a.example"),
    (":path", "/"),
];

/// `lines` without the one of this name.
fn without(lines: &[Line], name: &str) -> Lines {
    lines.iter().filter(|(other, _)| *other != name).copied().collect()
}

/// `lines` with one of them replaced.
fn with(lines: &[Line], name: &'static str, value: &'static str) -> Lines {
    lines.iter().map(|line| if line.0 == name { (name, value) } else { *line }).collect()
}

/// `lines` with more of them behind.
fn and(lines: &[Line], more: &[Line]) -> Lines {
    [lines, more].concat()
}

#[test]
fn requests_are_malformed_for_one_reason_each() {
    let cases: &[(Lines, Option<&str>)] = &[
        (GET.into(), None),
        (CONNECT.into(), None),
        (vec![(":method", "CONNECT"), (":authority", "a.example:443")], None),
        // RFC 9114 §4.2.
        (and(&GET, &[("Accept", "*/*")]), Some("a field name in upper case")),
        (and(&CONNECT, &[("sec-webSocket-version", "13")]), Some("a field name in upper case")),
        (and(&GET, &[("a b", "c")]), Some("a field name that is no token")),
        (and(&GET, &[("", "c")]), Some("a field name that is no token")),
        (and(&GET, &[("a", "b\r\nc: d")]), Some("a field value with a forbidden character")),
        (and(&GET, &[("a", "b\0")]), Some("a field value with a forbidden character")),
        (and(&GET, &[("connection", "close")]), Some("a field that is specific to a connection")),
        (and(&GET, &[("keep-alive", "5")]), Some("a field that is specific to a connection")),
        (and(&GET, &[("proxy-connection", "close")]), Some("a field that is specific to a connection")),
        (and(&GET, &[("transfer-encoding", "chunked")]), Some("a field that is specific to a connection")),
        (and(&GET, &[("upgrade", "websocket")]), Some("a field that is specific to a connection")),
        (and(&GET, &[("te", "gzip")]), Some("a field that is specific to a connection")),
        (and(&GET, &[("te", "trailers")]), None),
        // RFC 9114 §4.3.
        (and(&GET, &[("a", "b"), (":path", "/")]), Some("a pseudo-header field behind a field")),
        (and(&[("a", "b")], &CONNECT), Some("a pseudo-header field behind a field")),
        (and(&GET, &[(":method", "GET")]), Some("a repeated pseudo-header field")),
        (and(&CONNECT, &[(":protocol", "websocket")]), Some("a repeated pseudo-header field")),
        (and(&GET, &[(":unknown", "a")]), Some("an unknown pseudo-header field")),
        (and(&GET, &[(":Path", "/")]), Some("an unknown pseudo-header field")),
        (and(&GET, &[(":status", "200")]), Some("a request with :status")),
        // RFC 9114 §4.3.1.
        (without(&GET, ":method"), Some("a request without :method")),
        (with(&GET, ":method", "G T"), Some("a :method that is no token")),
        (with(&GET, ":method", ""), Some("a :method that is no token")),
        (without(&GET, ":scheme"), Some("a request without :scheme or :path")),
        (without(&GET, ":path"), Some("a request without :scheme or :path")),
        (without(&GET, ":authority"), Some("a request without :authority and Host")),
        (and(&without(&GET, ":authority"), &[("host", "a.example")]), None),
        (and(&without(&GET, ":authority"), &[("host", "")]), Some("a malformed Host")),
        (and(&GET, &[("host", "A.example")]), None),
        (and(&GET, &[("host", "b.example")]), Some("a Host other than :authority")),
        (and(&GET, &[("host", "a.example"), ("host", "a.example")]), Some("a repeated Host")),
        (with(&GET, ":path", ""), Some("an empty :path")),
        (with(&GET, ":path", "a"), Some("a malformed :path")),
        (with(&GET, ":path", "/a b"), Some("a malformed :path")),
        (with(&GET, ":path", "*"), None),
        (with(&GET, ":scheme", ""), Some("a malformed :scheme")),
        (with(&GET, ":scheme", "ht tp"), Some("a malformed :scheme")),
        (with(&GET, ":authority", ""), Some("a malformed :authority")),
        (with(&GET, ":authority", "a b"), Some("a malformed :authority")),
        (with(&GET, ":authority", "me@a.example"), Some("an :authority with user information")),
        // RFC 9114 §4.4.
        (with(&without(&CONNECT, ":protocol"), ":path", "/"), Some("a CONNECT with :scheme or :path")),
        (vec![(":method", "CONNECT")], Some("a CONNECT without :authority")),
        // RFC 9220 §3, RFC 8441 §4.
        (with(&CONNECT, ":method", "GET"), Some(":protocol with another method than CONNECT")),
        (with(&CONNECT, ":protocol", ""), Some("a :protocol with a forbidden character")),
        (with(&CONNECT, ":protocol", "web\tsocket"), Some("a :protocol with a forbidden character")),
        (without(&CONNECT, ":path"), Some("an extended CONNECT without :path")),
        (with(&CONNECT, ":path", ""), Some("an empty :path")),
        // These are the core's.
        (with(&CONNECT, ":protocol", "webtransport"), None),
        (without(&CONNECT, ":scheme"), None),
        (without(&CONNECT, ":authority"), None),
        (with(&CONNECT, ":authority", "me@a.example"), None),
        (and(&CONNECT, &[("connection", "upgrade")]), None),
        (and(&CONNECT, &[("host", "b.example")]), None),
        (and(&CONNECT, &[("cookie", "a=1"), ("cookie", "b=2")]), None),
    ];
    for (lines, expected) in cases {
        let decoded = request::decode(encoded(lines), &Limits::new());
        let problem = decoded.as_ref().err().map(|malformed| malformed.what());
        assert_eq!(problem, *expected, "{lines:?}");
    }
}

#[test]
fn what_an_extended_connect_lacks_can_be_seen_by_the_core() {
    let uri = |lines: Vec<(&str, &str)>| {
        let decoded = request::decode(encoded(&lines), &Limits::new());
        decoded.expect("well-formed").0.into_parts().0.uri
    };
    assert_eq!(uri(CONNECT.into()), "https://a.example/");
    let uri_without_scheme = uri(without(&CONNECT, ":scheme"));
    assert_eq!((uri_without_scheme.scheme(), uri_without_scheme.host()), (None, Some("a.example")));
    assert_eq!(uri(without(&CONNECT, ":authority")).authority(), None);
}

#[test]
fn responses_are_malformed_for_one_reason_each() {
    let cases: &[(&[Line], Option<&str>)] = &[
        (&[(":status", "200")], None),
        (&[(":status", "103"), ("link", "</a>")], None),
        (&[(":status", "200"), ("set-cookie", "a=1"), ("set-cookie", "b=2")], None),
        (&[], Some("a response without :status")),
        (&[("a", "b")], Some("a response without :status")),
        (&[("a", "b"), (":status", "200")], Some("a pseudo-header field behind a field")),
        (&[(":status", "200"), (":status", "200")], Some("a repeated pseudo-header field")),
        (&[(":status", "200"), (":path", "/")], Some("a response with a request's pseudo-header field")),
        (&[(":method", "GET")], Some("a response with a request's pseudo-header field")),
        (&[(":status", "20")], Some("a malformed :status")),
        (&[(":status", "2000")], Some("a malformed :status")),
        (&[(":status", "099")], Some("a malformed :status")),
        (&[(":status", "+20")], Some("a malformed :status")),
        (&[(":status", "")], Some("a malformed :status")),
        (&[(":status", "200"), ("A", "b")], Some("a field name in upper case")),
        (&[(":status", "200"), ("a", "\n")], Some("a field value with a forbidden character")),
    ];
    for (lines, expected) in cases {
        let decoded = response::decode(encoded(lines), &Limits::new());
        let problem = decoded.as_ref().err().map(|malformed| malformed.what());
        assert_eq!(problem, *expected, "{lines:?}");
    }
}

#[test]
fn a_section_that_refers_to_nothing_can_not_be_decoded() {
    let cases: &[(&'static [u8], &str)] = &[
        (&[], "no prefix"),
        (&[0], "half a prefix"),
        (&[1, 0, 0xd1], "a reference to the dynamic table is announced"),
        (&[0xff, 0xff, 0x01, 0, 0xd1], "a long reference is announced"),
        (&[0, 0x80, 0xd1], "a base below 0"),
        (&[0, 0, 0x80], "the dynamic table"),
        (&[0, 0, 0x10], "the dynamic table, behind the base"),
        (&[0, 0, 0x40, 0], "a name of the dynamic table"),
        (&[0, 0, 0x00, 0], "a name of the dynamic table, behind the base"),
        (&[0, 0, 0xff, 0x24], "the static table has 99 lines"),
        (&[0, 0, 0x5f, 0x60, 0], "a name of the static table that there is not"),
        (&[0, 0, 0x51, 0x81, 0x18], "a Huffman code that is not padded with ones"),
        (&[0, 0, 0x51, 0x05, b'a'], "a value that is cut off"),
        (
            &[0, 0, 0x51, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            "a length over 64 bits",
        ),
        (&[0, 0, 0x51, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x7f], "a length of gigabytes"),
    ];
    for (section, what) in cases {
        let decoded = request::decode(Bytes::from_static(section), &Limits::new());
        assert_eq!(decoded.err(), Some(Malformed::Qpack), "{what}");
    }
}

/// What the decoder of the HTTP/3 crate takes, although RFC 7541 §5.2 wants an error. Each reads as a value, which is
/// checked like any other, so nothing depends on it. A row that fails belongs into the table above.
#[test]
fn some_wrong_huffman_codes_are_read() {
    let cases: &[(&'static [u8], &str, &str)] = &[
        (&[0x81, 0xff], "", "8 bits of padding"),
        (&[0x84, 0xff, 0xff, 0xff, 0xff], "", "the symbol for the end"),
    ];
    for (value, read, what) in cases {
        let section = [&[0, 0, 0x51], *value].concat();
        let decoded = FieldSection::decode(section.into(), &Limits::new()).expect(what);
        assert_eq!(decoded.pseudo, [(Pseudo::Path, Bytes::from(*read))], "{what}");
    }
}

#[test]
fn sensitive_values_are_never_indexed() {
    for len in [0, 1, 6, 7, 8, 126, 127, 128, 255, 4000] {
        let mut request = Request::get("https://a.example/").header("accept", "*/*").body(()).unwrap();
        let mut value = HeaderValue::from_bytes(&vec![b'x'; len]).unwrap();
        value.set_sensitive(true);
        request.headers_mut().insert("authorization", value);
        request.headers_mut().insert("a", HeaderValue::from_static("b"));
        let encoded = request::encode_request(&request, "").unwrap();
        // Literal with N: the name has 13 bytes, 7 of which the prefix holds.
        let line = [&[0b0011_0111, 6], &b"authorization"[..]].concat();
        assert_eq!(encoded.windows(line.len()).filter(|window| *window == line).count(), 1, "{len}");
        let (decoded, _) = request::decode(encoded, &Limits::new()).unwrap();
        assert_eq!(decoded.headers(), request.headers(), "{len}");
    }
}

#[test]
fn limits_are_kept() {
    let mut limits = Limits::new();
    (limits.head, limits.fields) = (200, 3);
    let long = "a".repeat(200);
    let cases: [(Vec<(&str, &str)>, bool); 4] = [
        (and(&GET, &[("a", "1"), ("b", "2"), ("c", "3")]), true),
        (and(&GET, &[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]), false),
        ([&GET[..], &[("a", &long[..100])]].concat(), true),
        ([&GET[..], &[("a", &long[..])]].concat(), false),
    ];
    for (lines, fits) in cases {
        let decoded = request::decode(encoded(&lines), &limits);
        assert_eq!(decoded.err(), (!fits).then_some(Malformed::TooLarge), "{lines:?}");
    }
}

/// Fields as an application may send them.
fn fields() -> impl Strategy<Value = HeaderMap> {
    let line = ("[a-z][a-z0-9-]{0,20}", "[!-~]([ -~\\x80-\\xff]{0,30}[!-~])?");
    prop::collection::vec(line, 0..8).prop_map(|lines| {
        let lines = lines.into_iter().filter(|(name, _)| name != "host" && name != "te");
        let lines = lines.map(|(name, value)| {
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("legal");
            (HeaderName::from_bytes(name.as_bytes()).expect("legal"), value)
        });
        lines.collect()
    })
}

proptest! {
    #[test]
    fn a_request_is_what_was_written(
        fields in fields(),
        path in "/[a-z0-9/]{0,20}(\\?[a-z=&]{0,10})?",
        is_connect: bool,
    ) {
        let (method, protocol) = if is_connect { (Method::CONNECT, "websocket") } else { (Method::POST, "") };
        let mut request = Request::new(());
        (*request.method_mut(), *request.headers_mut()) = (method, fields);
        *request.uri_mut() = format!("https://a.example:8443{path}").parse().expect("legal");
        let encoded = request::encode_request(&request, protocol).expect("can be encoded");
        let (decoded, said) = request::decode(encoded, &Limits::new()).expect("well-formed");
        prop_assert_eq!(decoded.method(), request.method());
        prop_assert_eq!(decoded.uri(), request.uri());
        prop_assert_eq!(decoded.headers(), request.headers());
        prop_assert_eq!(said.as_deref(), is_connect.then_some("websocket"));
    }

    #[test]
    fn a_response_is_what_was_written(fields in fields(), status in 100_u16..1000) {
        let mut response = Response::new(());
        (*response.status_mut(), *response.headers_mut()) = (status.try_into().expect("legal"), fields);
        let encoded = response::encode_response(&response).expect("can be encoded");
        let decoded = response::decode(encoded, &Limits::new()).expect("well-formed");
        prop_assert_eq!(decoded.status(), response.status());
        prop_assert_eq!(decoded.headers(), response.headers());
    }

    #[test]
    fn any_bytes_can_be_decoded(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = request::decode(bytes.clone().into(), &Limits::new());
        let behind = Bytes::from([&[0, 0], &bytes[..]].concat());
        let _ = request::decode(behind.clone(), &Limits::new());
        let _ = response::decode(behind, &Limits::new());
    }
}
