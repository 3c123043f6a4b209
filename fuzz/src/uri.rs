//! A URI and a client's options, and the server's reading of the resulting request.
//!
//! - The request has exactly the expected fields: nothing can be injected.
//! - The target means the same as path and query of the URI. Authority and target lead to the same request again.
//! - Our own server accepts it.

use websocket_upgrade_proto::client::{Handshake, Options, Request};
use websocket_upgrade_proto::head::{RequestHead, Scan, read_request};
use websocket_upgrade_proto::origin::OriginPolicy;
use websocket_upgrade_proto::subprotocol::Subprotocols;
use websocket_upgrade_proto::uri::Uri;
use websocket_upgrade_proto::{ExtraFields, Limits, server};

use crate::{Input, encode};

/// Checks one input: a URI, and perhaps subprotocols, an origin and field lines, separated by NUL.
pub fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    let Ok(text) = str::from_utf8(input.bytes) else { return };
    let mut parts = text.split('\0');
    let given = parts.next().unwrap_or_default();
    let Ok(uri) = Uri::parse(given) else { return };
    check_uri(given, &uri);

    let mut options = Options::new();
    let names = parts.next().unwrap_or_default();
    let Ok(subprotocols) = Subprotocols::parse(names) else { return };
    options.subprotocols = subprotocols;
    options.origin = parts.next().filter(|origin| !origin.is_empty());
    let Ok(fields) = ExtraFields::from_lines(parts.next().unwrap_or_default().as_bytes()) else { return };
    options.fields = fields;
    let Ok(request) = Request::new(&uri, &options) else { return };
    let handshake = Handshake::new(request, b"the sample nonce");
    let head = encode(|dst| handshake.encode_h1(dst));
    check_request(&head, &expected(given, &uri, &options), &uri);
}

/// Checks the meaning of a URI with separate code.
fn check_uri(given: &str, uri: &Uri<'_>) {
    let (authority, target) = (uri.authority().to_string(), uri.target().to_string());
    assert!(target.starts_with('/') && target.bytes().all(|byte| byte.is_ascii_graphic()), "{target}");
    assert!(authority.bytes().all(|byte| byte.is_ascii_graphic()), "{authority}");

    let (_, rest) = given.split_once("://").expect("a scheme");
    let resource = &rest[rest.find(['/', '?']).unwrap_or(rest.len())..];
    let resource = resource.strip_suffix('?').filter(|path| !path.contains('?')).unwrap_or(resource);
    let slash = if resource.starts_with('/') { "" } else { "/" };
    assert_eq!(
        percent_decode(&target),
        percent_decode(&format!("{slash}{resource}")),
        "the target's meaning"
    );

    let again = format!("{}://{authority}{target}", if uri.secure() { "wss" } else { "ws" });
    let again = Uri::parse(&again).expect("what was written can be read");
    assert_eq!(again.authority().to_string(), authority);
    assert_eq!(again.target().to_string(), target);
    assert_eq!((again.port(), again.secure()), (uri.port(), uri.secure()));
}

/// Returns the expected fields of the request, in order.
fn expected(given: &str, uri: &Uri<'_>, options: &Options<'_, '_>) -> Vec<(String, Vec<u8>)> {
    let mut fields = vec![
        ("Host", uri.authority().to_string()),
        ("Upgrade", "websocket".to_owned()),
        ("Connection", "Upgrade".to_owned()),
        ("Sec-WebSocket-Version", "13".to_owned()),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==".to_owned()),
    ];
    fields.extend(options.origin.map(|origin| ("Origin", origin.to_owned())));
    fields.extend(userinfo(given).map(|userinfo| ("Authorization", authorization(userinfo))));
    let subprotocols: Vec<&str> = options.subprotocols.iter().collect();
    if !subprotocols.is_empty() {
        fields.push(("Sec-WebSocket-Protocol", subprotocols.join(", ")));
    }
    let own = fields.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes()));
    let name = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    own.chain(options.fields.iter().map(|field| (name(field.name), field.value.to_vec()))).collect()
}

fn check_request(head: &[u8], expected: &[(String, Vec<u8>)], uri: &Uri<'_>) {
    let mut limits = Limits::new();
    (limits.head, limits.target, limits.fields) = (usize::MAX, usize::MAX, usize::MAX);
    let request = read_request(head, &mut Scan::default(), &limits);
    let request: RequestHead<'_> = request.expect("a legal request").expect("a whole request");
    assert_eq!(request.head_len(), head.len(), "something is behind the request");
    assert_eq!((request.method(), request.minor_version()), ("GET", 1));
    assert_eq!(request.target(), uri.target().to_string());
    let name = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    let fields = request.fields().iter().map(|field| (name(field.name), field.value.to_vec()));
    assert_eq!(fields.collect::<Vec<_>>(), expected);

    let request = server::read(head, &mut Scan::default(), &limits);
    let request = request.expect("our own server takes it").expect("a whole request");
    let mut options = server::Options::new();
    options.origins = OriginPolicy::DangerAny;
    // An application that adds the field `Origin` twice gets both.
    let origins = expected.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Origin"));
    if origins.count() < 2 {
        let _ = request.accept(&options).expect("our own server accepts it");
    }
}

fn userinfo(given: &str) -> Option<&str> {
    let (_, rest) = given.split_once("://")?;
    let authority = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
    authority.rsplit_once('@').map(|(userinfo, _)| userinfo)
}

/// Encodes user information as in RFC 7617 §2.
fn authorization(userinfo: &str) -> String {
    let mut credentials = percent_decode(userinfo);
    if !userinfo.contains(':') {
        credentials.push(b':');
    }
    let bits = credentials.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let bits: Vec<u8> = bits.collect();
    let digit = |bits: &[u8]| {
        let value = (0..6).fold(0, |value, place| value << 1 | bits.get(place).copied().unwrap_or_default());
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[usize::from(value)])
    };
    let digits: String = bits.chunks(6).map(digit).collect();
    format!("Basic {digits}{}", "=".repeat((3 - credentials.len() % 3) % 3))
}

fn percent_decode(text: &str) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = tail;
        let hex = tail.get(..2).and_then(|hex| str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(value) if *byte == b'%' => {
                decoded.push(value);
                rest = &tail[2..];
            }
            _ => decoded.push(*byte),
        }
    }
    decoded
}
