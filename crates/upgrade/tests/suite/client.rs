//! A client against servers that accept, refuse, and break.

use std::collections::HashSet;
use std::io;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use websocket_upgrade::{ClientOptions, ConnectReason, ResponseHead};

use super::model::{Connected, FRAME, RESPONSE, Server, Then, key_of};
use super::report::{run, same, same_bytes};
use crate::driver;

const URL: &str = "ws://server.example.com/chat";

fn response(more: &str) -> Vec<u8> {
    format!("{RESPONSE}{more}\r\n").into_bytes()
}

fn connect(url: &str, options: &ClientOptions) -> Connected {
    driver::upgrade_on(url, options, &Server::new(&response(""), Then::Silence))
}

fn refused_by(server: &Server<'_>) -> Connected {
    driver::upgrade_on(URL, &ClientOptions::new(), server)
}

#[test]
fn settings_and_leftover_are_handed_over() {
    let options =
        ClientOptions::new().subprotocol("superchat").and_then(|options| options.subprotocol("chat"));
    let options = options.and_then(|options| options.extension("x-test")).expect("tokens");
    let head = response("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: x-test\r\n");
    let bytes = [&head[..], FRAME, FRAME].concat();
    for piece in [usize::MAX, 1, head.len(), head.len() + 1] {
        let connected =
            driver::upgrade_on(URL, &options, &Server { piece, ..Server::new(&bytes, Then::Silence) });
        let established = connected.outcome.expect("accepted");
        assert_eq!(established.settings.subprotocol(), Some("chat"));
        assert_eq!(established.settings.extensions().as_str(), "x-test");
        assert_eq!(established.head.len(), head.len());
        assert_eq!(established.stream, [FRAME, FRAME].concat(), "in pieces of {piece}");
        assert_eq!(connected.writes, 1);
        if piece == usize::MAX {
            assert_eq!(established.read_buf, [FRAME, FRAME].concat(), "all of it was read with the head");
        }
        let request = String::from_utf8(connected.request).expect("ASCII");
        assert!(request.contains("\r\nSec-WebSocket-Protocol: superchat, chat\r\n"), "{request}");
        assert!(request.contains("\r\nSec-WebSocket-Extensions: x-test\r\n"), "{request}");
    }
}

/// The nonce is 16 bytes, selected randomly for each connection (RFC 6455 §4.1 item 7).
#[test]
fn every_request_has_a_key_of_its_own() {
    const TIMES: usize = 1000;
    let nonce = |_| {
        let key = key_of(&connect(URL, &ClientOptions::new()).request).expect("a key");
        <[u8; 16]>::try_from(BASE64_STANDARD.decode(key).expect("base64")).expect("16 bytes")
    };
    let nonces: HashSet<_> = (0..TIMES).map(nonce).collect();
    assert_eq!(nonces.len(), TIMES, "none comes twice");
    // A random bit is set in half of them, within nine standard deviations.
    let random = TIMES / 2 - 150..=TIMES / 2 + 150;
    for bit in 0..128 {
        let set = nonces.iter().filter(|nonce| u128::from_be_bytes(**nonce) >> bit & 1 == 1).count();
        assert!(random.contains(&set), "bit {bit} is set in {set} of {TIMES}");
    }
}

#[test]
fn interim_responses_are_shown() {
    let mut bytes = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".to_vec();
    bytes.extend_from_slice(&response(""));
    for piece in [usize::MAX, 5] {
        let server = Server { piece, ..Server::new(&bytes, Then::Silence) };
        let established = refused_by(&server).outcome.expect("accepted");
        assert_eq!(established.interim, [100, 103]);
        assert!(established.settings.is_empty());
    }
}

/// URL, headers, and lines that the request must have.
type Asked = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

const ON_THE_WIRE: [Asked; 9] = [
    ("ws://server.example.com", &[], &["GET / HTTP/1.1", "Host: server.example.com"]),
    ("WS://Server.Example.com:80/a?b=c", &[], &["GET /a?b=c HTTP/1.1", "Host: server.example.com"]),
    ("ws://server.example.com:443?b", &[], &["GET /?b HTTP/1.1", "Host: server.example.com:443"]),
    ("wss://server.example.com:443/", &[], &["Host: server.example.com"]),
    ("wss://server.example.com:80/", &[], &["Host: server.example.com:80"]),
    ("ws://[::1]:9000/", &[], &["Host: [::1]:9000"]),
    ("wss://[2001:DB8::1]/", &[], &["Host: [2001:db8::1]"]),
    (
        "ws://user:p%40ss@server.example.com/",
        &[],
        &["Authorization: Basic dXNlcjpwQHNz", "Host: server.example.com"],
    ),
    (URL, &[("Cookie", "a=1"), ("Authorization", "Bearer x")], &["Cookie: a=1", "Authorization: Bearer x"]),
];

#[test]
fn what_stands_in_the_request() {
    run(
        "requests",
        &ON_THE_WIRE,
        |case| case.0.to_owned(),
        |(url, headers, lines)| {
            let header = |options: ClientOptions, (name, value): &(&str, &str)| options.header(name, value);
            let options =
                headers.iter().try_fold(ClientOptions::new(), header).map_err(|error| error.to_string())?;
            let connected = connect(url, &options);
            connected.outcome.map_err(|error| format!("{error:?}"))?;
            let request = String::from_utf8(connected.request).map_err(|error| error.to_string())?;
            for line in *lines {
                same(line, &request.lines().filter(|other| other == line).count(), &1)?;
            }
            let authorization = request.lines().filter(|line| line.starts_with("Authorization:")).count();
            let expected = lines.iter().filter(|line| line.starts_with("Authorization:")).count();
            same("lines of Authorization", &authorization, &expected)
        },
    );
}

#[test]
fn misuse_is_told_before_anything_is_sent() {
    let authorization = ClientOptions::new().header("Authorization", "Bearer x").expect("a header");
    let connected = connect("ws://user:pass@server.example.com/", &authorization);
    assert!(matches!(connected.reason(), Some(ConnectReason::Options(_))), "{:?}", connected.outcome);
    assert_eq!(connected.request.len(), 0);
    for url in ["http://a/", "ws://a/#b", "ws://", "a", "ws://a b/", "ws://a:99999/"] {
        let connected = connect(url, &ClientOptions::new());
        assert!(matches!(connected.reason(), Some(ConnectReason::Uri(_))), "{url}: {:?}", connected.outcome);
        assert_eq!(connected.request.len(), 0);
    }
}

/// Refusals: the head, the body as sent, what the server does then, the kept body, and whether it is truncated.
const REFUSALS: [(&str, &str, &str, Then, &str, bool); 12] = [
    ("with a length", "Content-Length: 5\r\n", "sorry", Then::Silence, "sorry", false),
    ("with a length, and more behind", "Content-Length: 2\r\n", "sorry", Then::Silence, "so", false),
    ("with no body", "Content-Length: 0\r\n", "", Then::Silence, "", false),
    (
        "chunked",
        "Transfer-Encoding: chunked\r\n",
        "2\r\nso\r\n3;a\r\nrry\r\n0\r\n\r\n",
        Then::Silence,
        "sorry",
        false,
    ),
    ("until it closes", "", "sorry", Then::Close, "sorry", false),
    ("until it closes, nothing", "", "", Then::Close, "", false),
    ("a length cut short", "Content-Length: 5\r\n", "so", Then::Close, "so", true),
    ("a length, then a reset", "Content-Length: 5\r\n", "so", Then::Reset, "so", true),
    ("chunks cut short", "Transfer-Encoding: chunked\r\n", "5\r\nsor", Then::Close, "sor", true),
    ("broken chunks", "Transfer-Encoding: chunked\r\n", "2\r\nsox", Then::Silence, "so", true),
    ("until a reset", "", "so", Then::Reset, "so", true),
    ("a length, complete before a reset", "Content-Length: 2\r\n", "so", Then::Reset, "so", false),
];

#[test]
fn a_refusal_is_an_outcome_with_status_fields_and_body() {
    run(
        "refusals",
        &REFUSALS,
        |case| case.0.to_owned(),
        |&(_, fields, sent, then, body, truncated)| {
            let bytes =
                format!("HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer\r\n{fields}\r\n{sent}").into_bytes();
            for (piece, deaf) in [(usize::MAX, false), (1, false), (usize::MAX, true), (1, true)] {
                let connected = refused_by(&Server { piece, deaf, ..Server::new(&bytes, then) });
                let Some(refused) = connected.refused() else {
                    return Err(format!("pieces of {piece}, deaf: {deaf}: {:?}", connected.outcome));
                };
                same("status", &refused.status(), &401)?;
                same("field", &refused.head.field("www-authenticate"), &Some(&b"Bearer"[..]))?;
                same_bytes("body", &refused.body, body.as_bytes())?;
                same(
                    &format!("truncated, in pieces of {piece}, deaf: {deaf}"),
                    &refused.truncated,
                    &truncated,
                )?;
                same("elapsed", &connected.elapsed, &Duration::ZERO)?;
            }
            Ok(())
        },
    );
}

#[test]
fn interim_responses_before_a_refusal_are_shown() {
    let bytes = b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
    let connected = refused_by(&Server::new(bytes, Then::Silence));
    let error = connected.outcome.expect_err("refused");
    let refused = error.refused().expect("refused");
    assert_eq!(refused.status(), 503);
    assert_eq!(error.interim().iter().map(ResponseHead::status).collect::<Vec<_>>(), [103]);
    assert_eq!(error.reason().to_string(), "refused with status 503");
}

#[test]
fn a_refusals_body_has_a_limit() {
    let mut limits = websocket_upgrade::proto::Limits::new();
    limits.refusal_body = 100;
    let bytes = format!("HTTP/1.1 404 No\r\n\r\n{}", "a".repeat(101));
    let options = ClientOptions::new().limits(limits);
    let connected = driver::upgrade_on(URL, &options, &Server::new(bytes.as_bytes(), Then::Silence));
    let Some(refused) = connected.refused() else { panic!("{:?}", connected.outcome) };
    assert_eq!((refused.body.len(), refused.truncated), (100, true));
    assert_eq!(connected.elapsed, Duration::ZERO);
}

/// What a server sends before it breaks, how it breaks, and text of the error and of its source.
const BROKEN: [(&str, &str, Then, &str); 7] = [
    ("closed before anything", "", Then::Close, "breaks the WebSocket protocol"),
    ("closed within the head", "HTTP/1.1 101 Sw", Then::Close, "breaks the WebSocket protocol"),
    (
        "closed behind an interim response",
        "HTTP/1.1 100 Continue\r\n\r\n",
        Then::Close,
        "breaks the WebSocket protocol",
    ),
    ("no HTTP", "SSH-2.0-OpenSSH\r\n", Then::Silence, "status line"),
    ("a 101 without anything", "HTTP/1.1 101 Yes\r\n\r\n", Then::Silence, "Upgrade"),
    (
        "a wrong accept value",
        "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
        Then::Silence,
        "Sec-WebSocket-Accept",
    ),
    (
        "a subprotocol that was not offered",
        "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n",
        Then::Silence,
        "Sec-WebSocket-Protocol",
    ),
];

#[test]
fn a_server_that_breaks_the_protocol_is_kept_apart_from_a_refusal() {
    run(
        "broken servers",
        &BROKEN,
        |case| case.0.to_owned(),
        |&(_, sent, then, names)| {
            for piece in [usize::MAX, 1] {
                let connected = refused_by(&Server { piece, ..Server::new(sent.as_bytes(), then) });
                let Some(reason @ ConnectReason::Response(_)) = connected.reason() else {
                    return Err(format!("{:?}", connected.outcome));
                };
                let text = reason.to_string();
                same(&text, &text.contains(names), &true)?;
                same("elapsed", &connected.elapsed, &Duration::ZERO)?;
            }
            Ok(())
        },
    );
}

#[test]
fn a_connection_that_breaks_is_an_error_of_io() {
    let cases = [
        ("", false, io::ErrorKind::ConnectionReset),
        ("HTTP/1.1 101 Sw", false, io::ErrorKind::ConnectionReset),
        // The first error is more informative than those that follow from it.
        ("", true, io::ErrorKind::BrokenPipe),
    ];
    for (sent, deaf, kind) in cases {
        let connected = refused_by(&Server { deaf, ..Server::new(sent.as_bytes(), Then::Reset) });
        let Some(ConnectReason::Io(error)) = connected.reason() else { panic!("{:?}", connected.outcome) };
        assert_eq!(error.kind(), kind);
    }
    let connected = refused_by(&Server { deaf: true, ..Server::new(b"", Then::Close) });
    assert!(matches!(connected.reason(), Some(ConnectReason::Io(_))), "{:?}", connected.outcome);
}
