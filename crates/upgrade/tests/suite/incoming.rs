//! Requests that an application decides on.

use std::net::IpAddr;
use std::time::Duration;

use vectors::{Added, AddedFieldCase, RejectionCase};
use websocket_upgrade::{ClientOptions, HandleError, Rejection, ServerOptions};

use super::answer::Answer;
use super::model::{Client, Decided, Decision, End, FRAME, REQUEST, Seen, Served};
use crate::driver;

const PLAIN: &str = "POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";

fn valid() -> Vec<u8> {
    [REQUEST.as_bytes(), b"\r\n", FRAME].concat()
}

fn decide(bytes: &[u8], closes: bool, headers: &[(&str, &str)], decision: Decision) -> (Decided, Answer) {
    let client = Client { closes, ..Client::new(bytes) };
    let Served { outcome, answer, writes, .. } =
        driver::receive(&client, &ServerOptions::new(), headers, decision);
    assert_eq!(writes, 1);
    (outcome.expect("received"), Answer::parse(&answer).expect("a response"))
}

#[test]
fn what_is_seen_of_a_request() {
    let broken = String::from_utf8_lossy(&valid()).replace("Version: 13", "Version: 8");
    let cases = [
        (valid(), true, Ok("/chat"), 101),
        (broken.into_bytes(), true, Err("Sec-WebSocket-Version: "), 426),
        (PLAIN.into(), false, Err("Upgrade: "), 426),
        // This is still plain HTTP; if it is answered, it gets HTTP's own error (RFC 9112 §3.2, §6.3).
        (PLAIN.replace("Host: a\r\n", "").into(), false, Err("Host: "), 400),
        (PLAIN.replace("Length: 4", "Length: 4, 5").into(), false, Err("Content-Length: "), 400),
    ];
    for (bytes, is_upgrade, request, status) in cases {
        let (seen, answer) = decide(&bytes, false, &[], Decision::Accept);
        assert_eq!(seen.is_upgrade, is_upgrade);
        match (&seen.request, request) {
            (Ok(path), Ok(expected)) => assert_eq!(path, expected),
            (Err(error), Err(start)) => assert!(error.starts_with(start), "{error}"),
            (got, expected) => panic!("got {got:?}, expected {expected:?}"),
        }
        assert!(bytes.starts_with(&seen.head) && seen.head.ends_with(b"\r\n\r\n"));
        assert_eq!(answer.status, status);
    }
}

#[test]
fn what_the_methods_of_a_request_return() {
    let peer = Some(IpAddr::from([192, 0, 2, 7]));
    let lines = "Origin: https://a.example\r\nSec-WebSocket-Protocol: a, b\r\n\
        Sec-WebSocket-Extensions: x; p=1, y\r\nSec-WebSocket-Protocol: c\r\n\r\n";
    let valid = Seen {
        path: "/chat".to_owned(),
        query: Some("token=1".to_owned()),
        origin: Some(b"https://a.example".to_vec()),
        authority: "server.example.com".to_owned(),
        subprotocols: ["a", "b", "c"].map(str::to_owned).to_vec(),
        extensions: ["x", "y"].map(str::to_owned).to_vec(),
        version: http::Version::HTTP_11,
        peer,
    };
    let plain = Seen { path: "/health".to_owned(), peer, ..Seen::default() };
    let old = Seen { version: http::Version::HTTP_10, ..plain.clone() };
    let elsewhere = PLAIN.replace("Host: ", "Origin: https://a.example\r\nHost: ");
    for (request, expected) in [
        (format!("{REQUEST}{lines}"), &valid),
        (elsewhere.clone(), &plain),
        (elsewhere.replace("HTTP/1.1", "HTTP/1.0"), &old),
    ] {
        let options = ServerOptions::new().peer(IpAddr::from([192, 0, 2, 7]));
        let served = driver::receive(&Client::new(request.as_bytes()), &options, &[], Decision::Drop);
        assert_eq!(&served.outcome.expect("received").seen, expected);
    }
}

#[test]
fn accepted_with_headers_of_its_own() {
    let cookies = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2; HttpOnly")];
    let (decided, answer) = decide(&valid(), false, &cookies, Decision::Accept);
    let End::Accepted(established) = decided.end else { panic!("{:?}", decided.end) };
    assert_eq!((&established.read_buf[..], &established.stream[..]), (FRAME, FRAME));
    assert_eq!(established.head, decided.head);
    assert_eq!(answer.status, 101);
    assert_eq!(answer.all("Set-Cookie"), ["a=1", "b=2; HttpOnly"]);
}

#[test]
fn accepted_and_yet_rejected_with_the_same_headers() {
    let (decided, answer) = decide(PLAIN.as_bytes(), false, &[("Set-Cookie", "a=1")], Decision::Accept);
    assert!(matches!(decided.end, End::Rejected(Some(HandleError::Rejected(_)))));
    answer.is_rejection(false).expect("a whole answer");
    assert_eq!(answer.status, 426);
    assert_eq!(answer.all("Set-Cookie"), ["a=1"]);
}

#[test]
fn rejected_with_an_answer_of_its_own() {
    let rejection =
        Rejection::new(401).expect("a status").header("WWW-Authenticate", "Bearer").expect("a header");
    let rejection = rejection.body("who are you?\n");
    let (decided, answer) =
        decide(&valid(), false, &[("Set-Cookie", "a=1")], Decision::Reject(rejection.clone()));
    assert!(matches!(decided.end, End::Rejected(None)), "{:?}", decided.end);
    answer.is_rejection(false).expect("a whole answer");
    assert_eq!((answer.status, answer.text().as_str()), (401, "who are you?\n"));
    assert_eq!(answer.all("WWW-Authenticate"), ["Bearer"]);
    assert_eq!(answer.all("Set-Cookie"), ["a=1"]);

    let head = String::from_utf8_lossy(&valid()).replace("GET", "HEAD");
    let (_, answer) = decide(head.as_bytes(), false, &[], Decision::Reject(rejection));
    answer.is_rejection(true).expect("no body");
    assert_eq!(answer.all("Content-Length"), ["13"]);

    let own = Rejection::new(404).expect("a status").header("Date", "Mon, 02 Nov 2026 10:00:00 GMT");
    let own = own.and_then(|rejection| rejection.header("Content-Type", "text/html")).expect("headers");
    let (_, answer) = decide(&valid(), false, &[], Decision::Reject(own.body("<p>no</p>")));
    assert_eq!(answer.all("Date"), ["Mon, 02 Nov 2026 10:00:00 GMT"]);
    assert_eq!(answer.all("Content-Type"), ["text/html"]);
}

/// `added_fields.json`: no field is overridden either.
#[test]
fn nothing_is_injected() {
    for AddedFieldCase { name: case, field: (name, value), client, server, .. } in vectors::added_fields() {
        let name = std::str::from_utf8(&name).expect("names of cases are ASCII");
        let wrong = [
            Rejection::new(403).expect("a status").header(name, &*value).is_err(),
            ServerOptions::new().header(name, &*value).is_err(),
        ];
        assert_eq!(wrong, [server == Added::Refused; 2], "{case}");
        let wrong = [
            ClientOptions::new().header(name, &*value).is_err(),
            ClientOptions::new().sensitive_header(name, &*value).is_err(),
        ];
        assert_eq!(wrong, [client == Added::Refused; 2], "{case}");
    }
}

/// `rejections.json`: the answer has the fields that its status requires.
#[test]
fn rejections() {
    for RejectionCase { name, status, headers, expect, .. } in vectors::rejections() {
        let rejection = Rejection::new(status).ok();
        let rejection = headers.iter().fold(rejection, |rejection, (name, value)| {
            rejection.and_then(|rejection| rejection.header(name, value).ok())
        });
        assert_eq!(rejection.is_some(), expect.is_some(), "{name}");
        let (Some(rejection), Some(expect)) = (rejection, expect) else { continue };
        let (_, answer) = decide(&valid(), false, &[], Decision::Reject(rejection));
        answer.is_rejection(false).expect("a whole answer");
        assert_eq!(answer.status, expect.status, "{name}");
        for (field, values) in &expect.fields {
            assert_eq!(&answer.all(field), values, "{name}: {field}");
        }
    }
}

#[test]
fn a_dropped_request_is_told_to_come_again() {
    for bytes in [valid(), PLAIN.into()] {
        let (_, answer) = decide(&bytes, false, &[], Decision::Drop);
        answer.is_rejection(false).expect("a whole answer");
        assert_eq!(answer.status, 503);
        assert_eq!(answer.all("Retry-After"), ["1"]);
    }
}

#[test]
fn a_dropped_request_that_is_wrong_whoever_decides_is_told_so() {
    for (bytes, names) in [
        (PLAIN.replace("Host: a\r\n", ""), "Host: missing"),
        (PLAIN.replace("Content-Length: 4", "Transfer-Encoding: gzip"), "Transfer-Encoding: "),
        (format!("{REQUEST}Host: b\r\n\r\n"), "Host: more than one line"),
    ] {
        let (_, answer) = decide(bytes.as_bytes(), false, &[("Set-Cookie", "a=1")], Decision::Drop);
        answer.is_rejection(false).expect("a whole answer");
        assert_eq!((answer.status, answer.all("Set-Cookie")), (400, vec!["a=1"]));
        assert!(answer.text().starts_with(names), "{}", answer.text());
    }
}

#[test]
fn a_dropped_request_to_head_has_no_body() {
    let (_, answer) = decide(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", false, &[], Decision::Drop);
    assert_eq!(answer.status, 503);
    answer.is_rejection(true).expect("no body");
}

#[test]
fn taken_back_nothing_is_lost() {
    let without_host = PLAIN.replace("Host: a\r\n", "");
    for bytes in [PLAIN.as_bytes(), &valid(), without_host.as_bytes()] {
        for decision in [Decision::IntoHttp, Decision::IntoUnread] {
            let (decided, answer) = decide(bytes, true, &[], decision);
            let End::Returned(returned) = decided.end else { panic!("{:?}", decided.end) };
            assert_eq!(returned.escape_ascii().to_string(), bytes.escape_ascii().to_string());
            assert_eq!(answer.status, 200, "the HTTP server's answer, and no other");
        }
    }
}

#[test]
fn an_empty_line_before_the_request_is_replayed_too() {
    let bytes = [b"\r\n", PLAIN.as_bytes()].concat();
    let (decided, _) = decide(&bytes, true, &[], Decision::IntoUnread);
    let End::Returned(returned) = decided.end else { panic!("{:?}", decided.end) };
    assert_eq!(returned, bytes);
}

#[test]
fn what_can_not_be_read_is_answered_before_anyone_sees_it() {
    let client = Client::new(b"GET /a b HTTP/1.1\r\n\r\n");
    let served = driver::receive(&client, &ServerOptions::new(), &[], Decision::Accept);
    assert!(matches!(served.outcome, Err(HandleError::Rejected(_))), "{:?}", served.outcome);
    assert_eq!(served.elapsed, Duration::ZERO);
    let answer = Answer::parse(&served.answer).expect("a response");
    assert_eq!(answer.status, 400);
    answer.is_rejection(false).expect("a whole answer");
}
