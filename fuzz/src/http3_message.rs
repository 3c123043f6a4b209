//! The head of a request or a response over HTTP/3: an encoded field section.
//!
//! - No field section makes the decoder panic, or exceeds the limits.
//! - A head that is accepted has no rule of RFC 9114 §4.2 and §4.3 against it, and reads back as the same when it is
//!   written.
//! - The core judges every extended CONNECT.

use bytes::Bytes;
use http::HeaderMap;
use http3::error::Code;
use http3::qpack::{HeaderField, encode_stateless};
use websocket_upgrade_proto::Limits;
use websocket_upgrade_proto::server::Request;

use crate::Input;
use crate::message::field_section::largest;
use crate::message::malformed::Malformed;
use crate::message::{request, response};

/// Checks one input.
pub fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    let section = Bytes::copy_from_slice(input.bytes);
    let mut limits = Limits::new();
    if input.chooses(1) {
        (limits.head, limits.fields) = (200, 5);
    }
    if input.chooses(0) {
        check_response(section, &limits);
    } else {
        check_request(section, &limits);
    }
}

/// Makes a seed of these lines.
pub fn seed(lines: &[(&str, &[u8])]) -> Vec<u8> {
    let mut section = Vec::new();
    let fields = lines.iter().map(|(name, value)| HeaderField::new(*name, *value));
    // Only a value of more than 2^64 bytes fails.
    let _ = encode_stateless(&mut section, fields);
    section
}

fn check_request(section: Bytes, limits: &Limits) {
    let (head, protocol) = match request::decode(section, limits) {
        Ok(head) => head,
        Err(malformed) => return check_code(malformed),
    };
    check_fields(head.headers(), limits);
    if let Some(protocol) = protocol.as_deref() {
        assert_eq!(head.method(), http::Method::CONNECT);
        if let Ok(request) = Request::from_http_with_protocol(&head, Some(protocol)) {
            assert!(protocol.eq_ignore_ascii_case("websocket"));
            assert_eq!(
                head.uri().path_and_query().map(http::uri::PathAndQuery::as_str),
                Some(request.target().path_and_query())
            );
        }
    } else {
        for never in ["connection", "upgrade", "transfer-encoding", "keep-alive", "proxy-connection"] {
            assert!(!head.headers().contains_key(never), "{never}");
        }
        assert!(head.uri().authority().is_some_and(|authority| !authority.as_str().is_empty()));
        let is_connect = head.method() == http::Method::CONNECT;
        assert_eq!(head.uri().scheme().is_none(), is_connect);
    }
    // What is missing of an extended CONNECT is left to the core, so such a head can't be written.
    if protocol.is_some() && head.uri().scheme().is_none() {
        return;
    }
    let protocol = protocol.unwrap_or_default();
    let written = request::encode_request(&head, &protocol).expect("can be encoded");
    let (again, said) = request::decode(written, &Limits::new()).expect("well-formed");
    assert_eq!((again.method(), again.uri()), (head.method(), head.uri()));
    assert_eq!((again.headers(), said.unwrap_or_default()), (head.headers(), protocol));
}

fn check_response(section: Bytes, limits: &Limits) {
    let head = match response::decode(section, limits) {
        Ok(head) => head,
        Err(malformed) => return check_code(malformed),
    };
    check_fields(head.headers(), limits);
    let written = response::encode_response(&head).expect("can be encoded");
    let again = response::decode(written, &Limits::new()).expect("well-formed");
    assert_eq!((again.status(), again.headers()), (head.status(), head.headers()));
}

fn check_fields(fields: &HeaderMap, limits: &Limits) {
    assert!(fields.len() <= limits.fields);
    let bytes = fields.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>();
    assert!(bytes <= limits.head);
    assert!(bytes as u64 <= largest(limits));
}

fn check_code(malformed: Malformed) {
    let expected = match malformed {
        Malformed::Qpack => Code::QPACK_DECOMPRESSION_FAILED,
        Malformed::TooLarge => Code::H3_EXCESSIVE_LOAD,
        Malformed::Message(_) => Code::H3_MESSAGE_ERROR,
    };
    assert_eq!(malformed.code(), expected);
    assert!(!malformed.what().is_empty());
}
