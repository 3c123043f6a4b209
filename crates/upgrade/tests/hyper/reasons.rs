//! The reasons why a request is not accepted, as types.

use std::error::Error;

use http::{Request, Version};
use websocket_upgrade::ServerOptions;
use websocket_upgrade::hyper::{handle_upgrade_request, receive};
use websocket_upgrade::proto::server::{RequestError, RequestReason};

fn request(version: Version, fields: &[(&str, &str)]) -> Request<()> {
    let request = Request::builder().uri("/chat").version(version).header("Host", "server.example.com");
    let request = fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(()).expect("a legal request")
}

const UPGRADE: [(&str, &str); 4] = [
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Version", "13"),
];

#[test]
fn plain_http_is_told_apart_and_untouched() {
    for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
        let mut request = request(version, &[("Accept", "*/*")]);
        request.extensions_mut().insert("untouched");
        let rejected = handle_upgrade_request(&mut request, &ServerOptions::new()).expect_err("plain HTTP");
        assert!(rejected.is_not_upgrade(), "{version:?}: {rejected:?}");
        assert!(receive(&mut request).expect_err("plain HTTP").is_not_upgrade(), "{version:?}");
        assert_eq!(request.extensions().get(), Some(&"untouched"));
        assert_eq!(request.headers().len(), 2);
        // The status if it is answered all the same.
        let expected = if version == Version::HTTP_2 { 400 } else { 426 };
        assert_eq!(rejected.status(), expected, "{version:?}");
        assert_eq!(rejected.into_http().status(), expected, "{version:?}");
    }
}

#[test]
fn plain_http_that_http_itself_refuses_is_plain_http() {
    let mut request = request(Version::HTTP_11, &[("Host", "another.example.com")]);
    let rejected = handle_upgrade_request(&mut request, &ServerOptions::new()).expect_err("plain HTTP");
    assert!(rejected.is_not_upgrade());
    assert_eq!(rejected.error().map(RequestError::reason), Some(RequestReason::HostRepeated));
    let answer = rejected.into_http();
    assert_eq!(
        (answer.status().as_u16(), &answer.body()[..]),
        (400, b"Host: more than one line\n".as_slice())
    );
}

#[test]
fn a_broken_upgrade_is_none_of_plain_http() {
    let mut request = request(Version::HTTP_11, &UPGRADE[..3]);
    let rejected = handle_upgrade_request(&mut request, &ServerOptions::new()).expect_err("no version");
    assert!(!rejected.is_not_upgrade());
    let reason = rejected.error().map(RequestError::reason);
    assert_eq!(reason, Some(RequestReason::VersionMissing));
    assert_eq!(rejected.to_string(), "rejected with status 400: Sec-WebSocket-Version: missing");
    assert!(rejected.source().is_none(), "the text has it all");
    let answer = rejected.into_http();
    assert_eq!(answer.headers()["sec-websocket-version"], "13");
    assert_eq!(answer.headers()["connection"], "close");
    assert_eq!(answer.headers()["content-length"], answer.body().len().to_string());
}

#[test]
fn a_request_that_hyper_has_not_read_can_not_be_upgraded() {
    let mut request = request(Version::HTTP_11, &UPGRADE);
    let rejected = handle_upgrade_request(&mut request, &ServerOptions::new()).expect_err("no connection");
    assert!(!rejected.is_not_upgrade());
    assert_eq!(rejected.error(), None);
    assert_eq!(rejected.status(), 500);
    let mut incoming = receive(&mut request).expect("a valid request");
    incoming.header("Set-Cookie", "a=b").expect("a legal field");
    let answer = incoming.accept(&ServerOptions::new()).expect_err("no connection").into_http();
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.headers()["set-cookie"], "a=b");
}
