//! A server's answers.

use std::time::Duration;

use websocket_upgrade::{HandleError, ServerOptions};

use super::answer::Answer;
use super::model::{Client, FRAME, REQUEST, Served};
use super::report::{Outcome, holds, run, same, same_bytes};
use crate::driver;

fn request(more: &str) -> Vec<u8> {
    format!("{REQUEST}{more}\r\n").into_bytes()
}

#[test]
fn settings_and_leftover_are_handed_over() {
    let options =
        ServerOptions::new().subprotocol("chat").expect("a token").extension("x-test").expect("a token");
    let fields = "Sec-WebSocket-Protocol: superchat, chat\r\nSec-WebSocket-Extensions: x-other, x-test\r\n";
    let head = request(fields);
    let bytes = [&head[..], FRAME, FRAME].concat();
    for piece in [usize::MAX, 1, head.len(), head.len() + 1] {
        let served = driver::accept(&Client { piece, ..Client::new(&bytes) }, &options);
        let established = served.outcome.expect("accepted");
        assert_eq!(established.settings.subprotocol(), Some("chat"));
        assert_eq!(established.settings.extensions().as_str(), "x-test");
        assert_eq!(established.head, head);
        assert_eq!(established.stream, [FRAME, FRAME].concat(), "in pieces of {piece}");
        assert_eq!(served.writes, 1);
        if piece == usize::MAX {
            assert_eq!(established.read_buf, [FRAME, FRAME].concat(), "all of it was read with the head");
        }
    }
}

#[test]
fn nothing_shared_is_nothing_agreed() {
    let fields = "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: x-test\r\n";
    let served = driver::accept(&Client::new(&request(fields)), &ServerOptions::new());
    let established = served.outcome.expect("accepted");
    assert!(established.settings.is_empty());
    assert_eq!(established.settings.subprotocol(), None);
    assert!(established.settings.extensions().is_empty());
    assert_eq!(established.settings.permessage_deflate(), None);
    let answer = Answer::parse(&served.answer).expect("a response");
    assert!(
        answer.all("Sec-WebSocket-Protocol").is_empty() && answer.all("Sec-WebSocket-Extensions").is_empty()
    );
}

#[test]
fn a_100_comes_before_the_101_where_it_is_expected() {
    let served = driver::accept(&Client::new(&request("Expect: 100-continue\r\n")), &ServerOptions::new());
    assert!(served.outcome.is_ok());
    assert!(served.answer.starts_with(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n"));
    assert_eq!(served.writes, 1);
    let served = driver::accept(&Client::new(&request("")), &ServerOptions::new());
    assert!(served.answer.starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
}

/// A 100 before a refusal would be useless, and HTTP/1.0 does not have it.
#[test]
fn a_request_that_is_refused_gets_no_100() {
    let expected = String::from_utf8(request("Expect: 100-continue\r\n")).expect("ASCII");
    for (from, to, status) in [
        ("HTTP/1.1", "HTTP/1.0", 426),
        ("Upgrade: websocket", "Upgrade: h2c", 426),
        ("Version: 13", "Version: 8", 426),
        ("GET", "POST", 405),
    ] {
        let request = expected.replacen(from, to, 1);
        let served = driver::accept(&Client::new(request.as_bytes()), &ServerOptions::new());
        assert!(served.answer.starts_with(format!("HTTP/1.1 {status} ").as_bytes()), "{to}");
    }
}

#[test]
fn a_key_may_be_missing_if_the_options_say_so_and_only_then() {
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let without = |replacement: &str| {
        let request = String::from_utf8(request("")).expect("ASCII").replace(key, replacement);
        driver::accept(&Client::new(request.as_bytes()), &ServerOptions::new().danger_no_key())
    };
    let served = without("");
    assert!(served.outcome.is_ok(), "{:?}", served.outcome);
    let answer = Answer::parse(&served.answer).expect("a response");
    assert_eq!((answer.status, answer.all("Sec-WebSocket-Accept").len()), (101, 0));
    for wrong in ["Sec-WebSocket-Key: short\r\n", &key.repeat(2)] {
        is_rejected(&without(wrong), 400, false, &[]).expect("rejected");
    }
    let answer = Answer::parse(&without(key).answer).expect("a response");
    assert_eq!((answer.status, answer.all("Sec-WebSocket-Accept").len()), (101, 1));
}

#[test]
fn own_fields_are_in_the_answer_that_accepts_alone() {
    let options = ServerOptions::new().header("Server", "demo").expect("a legal header");
    let served = driver::accept(&Client::new(&request("")), &options);
    Answer::parse(&served.answer).and_then(|answer| answer.has("Server", "demo")).expect("accepted");
    let served = driver::accept(&Client::new(&request("Origin: https://elsewhere.example\r\n")), &options);
    let answer = Answer::parse(&served.answer).expect("a response");
    assert_eq!((answer.status, answer.all("Server").len()), (403, 0));
}

/// Rejected requests, with the status and fields that the answer must have.
type Rejected = (&'static str, String, u16, &'static [(&'static str, &'static str)]);

fn rejected() -> Vec<Rejected> {
    let with = |from: &str, to: &str| String::from_utf8(request("")).expect("ASCII").replace(from, to);
    vec![
        ("no HTTP", "\x16\x03\x01\x02\x00".into(), 400, &[]),
        ("an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(), 505, &[]),
        ("no Host", with("Host: server.example.com\r\n", ""), 400, &[]),
        ("another origin", with("\r\n\r\n", "\r\nOrigin: https://elsewhere.example\r\n\r\n"), 403, &[]),
        ("POST", with("GET", "POST"), 405, &[("Allow", "GET")]),
        ("HEAD", with("GET", "HEAD"), 405, &[("Allow", "GET")]),
        ("HEAD, and broken", with("GET /chat", "HEAD /ch at"), 400, &[]),
        ("HEAD of plain HTTP", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n".into(), 426, &[]),
        ("a long target", with("/chat", &"/a".repeat(8 * 1024)), 414, &[]),
        ("plain HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n".into(), 426, &[("Sec-WebSocket-Version", "13")]),
        ("version 8", with("Version: 13", "Version: 8"), 426, &[("Sec-WebSocket-Version", "13")]),
        ("a large head", with("\r\n\r\n", &format!("\r\nA: {}\r\n\r\n", "a".repeat(20_000))), 431, &[]),
        ("many fields", with("\r\n\r\n", &format!("\r\n{}\r\n", "A: b\r\n".repeat(100))), 431, &[]),
        ("HTTP/3.0", with("HTTP/1.1", "HTTP/3.0"), 505, &[]),
    ]
}

#[test]
fn every_rejection_is_a_whole_answer_that_closes() {
    run(
        "rejections",
        &rejected(),
        |case| case.0.to_owned(),
        |(_, request, status, fields)| {
            for piece in [usize::MAX, 11] {
                let client = Client { piece, ..Client::new(request.as_bytes()) };
                let served = driver::accept(&client, &ServerOptions::new());
                is_rejected(&served, *status, request.starts_with("HEAD "), fields)?;
                same("elapsed", &served.elapsed, &Duration::ZERO)?;
            }
            Ok(())
        },
    );
}

fn is_rejected(served: &Served, status: u16, to_head: bool, fields: &[(&str, &str)]) -> Outcome {
    let Err(HandleError::Rejected(error)) = &served.outcome else {
        return Err(format!("got {:?}", served.outcome));
    };
    let answer = Answer::parse(&served.answer)?;
    same("status", &answer.status, &status).map_err(|wrong| format!("{wrong}\n    {error}"))?;
    same("the error's status", &error.reason().status(), &status)?;
    same("writes", &served.writes, &1)?;
    answer.is_rejection(to_head)?;
    if !to_head {
        same_bytes("body", &answer.body, format!("{error}\n").as_bytes())?;
    }
    fields.iter().try_for_each(|(name, value)| answer.has(name, value))
}

#[test]
fn a_client_that_closes_too_early_is_told_so_if_it_has_said_something() {
    for bytes in ["", "\r\n"] {
        let client = Client { closes: true, ..Client::new(bytes.as_bytes()) };
        let served = driver::accept(&client, &ServerOptions::new());
        assert!(matches!(served.outcome, Err(HandleError::Closed)), "{:?}", served.outcome);
        assert_eq!(served.answer.len(), 0);
    }
    let client = Client { closes: true, ..Client::new(REQUEST.as_bytes()) };
    let served = driver::accept(&client, &ServerOptions::new());
    is_rejected(&served, 400, false, &[]).expect("rejected");
}

#[test]
fn a_parsed_request_is_answered_on_its_socket() {
    let parsed = |method: &str, key: &str| {
        http::Request::builder()
            .method(method)
            .uri("/chat")
            .header("Host", "server.example.com")
            .header("Upgrade", "websocket")
            .header("Connection", "Upgrade")
            .header("Sec-WebSocket-Key", key)
            .header("Sec-WebSocket-Version", "13")
            .body(())
            .expect("a request")
    };
    let options = ServerOptions::new();
    let served = driver::handle_upgrade_request(&parsed("GET", "dGhlIHNhbXBsZSBub25jZQ=="), FRAME, &options);
    let established = served.outcome.expect("accepted");
    assert_eq!((&established.read_buf[..], &established.stream[..]), (FRAME, FRAME));
    assert_eq!(served.writes, 1);

    for (request, status) in [(parsed("GET", "too short"), 400), (parsed("HEAD", "too short"), 405)] {
        let served = driver::handle_upgrade_request(&request, FRAME, &options);
        is_rejected(&served, status, request.method() == "HEAD", &[]).expect("rejected");
        holds(served.elapsed.is_zero(), || format!("{:?}", served.elapsed)).expect("at once");
    }
}
