//! The events: one for every handshake, with the reason, and without secrets.

use websocket_upgrade::{ClientOptions, Origins, Rejection, ServerOptions};

use super::collector::events;
use super::model::{Client, Decision, RESPONSE, Server, Then, key_of};
use super::report::{Outcome, holds, run, same};
use crate::driver;

/// Texts in the usual places of secrets, which must not be in an event.
const SECRETS: [&str; 6] =
    ["dGhlIHNhbXBsZSBub25jZQ==", "s-query", "s-cookie", "s-bearer", "s-subprotocol", "s-password"];

const REQUEST: &str = "GET /chat?token=s-query HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Cookie: id=s-cookie\r\nAuthorization: Bearer s-bearer\r\nSec-WebSocket-Protocol: chat, s-subprotocol\r\n\r\n";

/// Checks that there is one event, with all of these words and no secret.
fn is_one(events: &[String], words: &[&str]) -> Outcome {
    let [event] = events else { return Err(format!("not one event: {events:?}")) };
    let missing: Vec<_> = words.iter().filter(|word| !event.contains(**word)).collect();
    holds(missing.is_empty(), || format!("{missing:?} are not in: {event}"))?;
    let leaked: Vec<_> = SECRETS.iter().filter(|secret| event.contains(**secret)).collect();
    holds(leaked.is_empty(), || format!("{leaked:?} are in: {event}"))
}

fn server_options() -> ServerOptions {
    ServerOptions::new()
        .subprotocol("chat")
        .expect("a token")
        .header("Set-Cookie", "id=s-cookie")
        .expect("a header")
}

/// Changes to the request, and the words of the event.
const SERVER: [(&str, &str, &[&str]); 13] = [
    ("", "", &["server", "accepted", "/chat", "server.example.com", "subprotocol=\"chat\""]),
    ("chat, s-subprotocol", "s-subprotocol", &["accepted"]),
    ("chat, s-subprotocol", "s-subprotocol s-subprotocol", &["rejected", "400", "Sec-WebSocket-Protocol"]),
    (
        "Version: 13",
        "Version: 8",
        &["server", "rejected", "426", "version_unsupported", "Sec-WebSocket-Version"],
    ),
    ("Upgrade: websocket", "Upgrade: s-bearer", &["rejected", "426", "Upgrade"]),
    ("dGhlIHNhbXBsZSBub25jZQ==", "s-bearer", &["rejected", "400", "Sec-WebSocket-Key"]),
    (
        "Cookie: id",
        "Origin: https://elsewhere.example\r\nCookie: id",
        &["rejected", "403", "Origin", "https://elsewhere.example", "server.example.com"],
    ),
    ("/chat", "/ch at", &["rejected", "400"]),
    ("Cookie: ", "Cookie : ", &["rejected", "400"]),
    ("Host: server.example.com", "Host: s-password@server", &["rejected", "400", "Host"]),
    ("GET", "POST", &["rejected", "405", "method"]),
    (
        "13\r\n",
        "13\r\nSec-WebSocket-Extensions: =s-bearer\r\n",
        &["rejected", "400", "Sec-WebSocket-Extensions"],
    ),
    ("Sec-WebSocket-Protocol: chat, s-subprotocol\r\n\r\n", "", &["rejected", "408", "deadline"]),
];

#[test]
fn a_server_reports_every_handshake_once() {
    run(
        "requests",
        &SERVER,
        |case| format!("{:?} as {:?}", case.0, case.1),
        |(from, to, words)| {
            let request = REQUEST.replacen(from, to, 1);
            let client = Client::new(request.as_bytes());
            let (accept, _) = events(|| driver::accept(&client, &server_options()));
            is_one(&accept, words)?;
            let (receive, _) = events(|| driver::receive(&client, &server_options(), &[], Decision::Accept));
            same("receive", &receive, &accept)?;
            let decision = Decision::Check(Box::new(Decision::Accept));
            let (check, _) = events(|| driver::receive(&client, &server_options(), &[], decision));
            same("check", &check, &accept)
        },
    );
}

#[test]
fn what_is_tolerated_is_reported() {
    let no_key = REQUEST.replacen("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 1);
    let client = Client::new(no_key.as_bytes());
    let (refused, _) = events(|| driver::accept(&client, &server_options()));
    is_one(&refused, &["rejected", "400", "Sec-WebSocket-Key"]).expect("one event");
    let (tolerated, _) = events(|| driver::accept(&client, &server_options().danger_no_key()));
    is_one(&tolerated, &["accepted", "tolerated=Sec-WebSocket-Key: missing"]).expect("one event");
    let (usual, _) =
        events(|| driver::accept(&Client::new(REQUEST.as_bytes()), &server_options().danger_no_key()));
    is_one(&usual, &["accepted"]).expect("one event");
    assert!(!usual[0].contains("tolerated"), "{usual:?}");
}

#[test]
fn what_an_origin_was_compared_with_is_reported() {
    let lines = "Origin: https://a.example\r\nForwarded: host=b.example;for=s-bearer\r\nCookie: id";
    let request = REQUEST.replacen("Cookie: id", lines, 1);
    let options = server_options().origins(Origins::same().trusted_proxy("192.0.2.1").expect("an address"));
    for (peer, compared_with) in [("192.0.2.1", "b.example"), ("192.0.2.2", "server.example.com")] {
        let options = options.clone().peer(peer.parse().expect("an address"));
        let (rejected, _) = events(|| driver::accept(&Client::new(request.as_bytes()), &options));
        let words = ["rejected", "403", "origin=\"https://a.example\"", compared_with];
        is_one(&rejected, &words).expect("one event");
    }
}

#[test]
fn where_a_misdirected_request_was_sent_is_reported() {
    let options = server_options().authorities(["a.example"]).expect("an authority");
    let (rejected, _) = events(|| driver::accept(&Client::new(REQUEST.as_bytes()), &options));
    is_one(&rejected, &["rejected", "421", "authority=\"server.example.com\""]).expect("one event");
    let absolute = REQUEST.replacen("/chat", "https://server.example.com/chat", 1);
    let options = server_options().secure(false);
    let (rejected, _) = events(|| driver::accept(&Client::new(absolute.as_bytes()), &options));
    is_one(&rejected, &["rejected", "421", "scheme"]).expect("one event");
}

#[test]
fn a_server_reports_what_an_application_decides() {
    let rejection = Rejection::new(401).expect("a status").header("X-Why", "s-bearer").expect("a header");
    let decide = |decision, closes| {
        let client = Client { closes, ..Client::new(REQUEST.as_bytes()) };
        events(|| driver::receive(&client, &server_options(), &[("Set-Cookie", "s-cookie")], decision)).0
    };
    let rejected = decide(Decision::Reject(rejection.body("s-bearer")), false);
    is_one(&rejected, &["server", "rejected", "401"]).expect("one event");
    is_one(&decide(Decision::Drop, false), &["server", "rejected", "503"]).expect("one event");
    let taken_back = decide(Decision::IntoHttp, true);
    assert!(taken_back.is_empty(), "no handshake: {taken_back:?}");
}

#[test]
fn a_client_that_closes_is_reported_if_it_has_begun() {
    let closed = |bytes: &'static str| {
        let client = Client { closes: true, ..Client::new(bytes.as_bytes()) };
        events(|| driver::accept(&client, &server_options())).0
    };
    is_one(&closed("GET /chat?token=s-query"), &["server", "rejected", "400"]).expect("one event");
    let nothing = closed("");
    assert!(nothing.is_empty(), "no handshake: {nothing:?}");
}

/// What a server sends, what it does then, and the words of the event.
const CLIENT: [(&str, Then, &[&str]); 8] = [
    ("", Then::Silence, &["client", "failed", "deadline"]),
    ("", Then::Close, &["client", "protocol"]),
    ("", Then::Reset, &["client", "failed", "reset"]),
    (
        "HTTP/1.1 401 No\r\nSet-Cookie: s-cookie\r\nContent-Length: 8\r\n\r\ns-bearer",
        Then::Silence,
        &["client", "refused", "401"],
    ),
    ("HTTP/1.1 401 No\r\nContent-Length: 10\r\n\r\ns-bearer", Then::Reset, &["client", "refused", "401"]),
    ("HTTP/1.1 101 Yes\r\nUpgrade: s-bearer\r\n\r\n", Then::Silence, &["client", "protocol", "Upgrade"]),
    (
        "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: s-bearer\r\n\r\n",
        Then::Silence,
        &["client", "protocol", "fault=\"accept\"", "Sec-WebSocket-Accept"],
    ),
    ("", Then::Silence, &["client", "failed"]),
];

#[test]
fn a_client_reports_every_handshake_once() {
    let options = ClientOptions::new().header("Cookie", "s-cookie").expect("a header").subprotocol("chat");
    let options = options.and_then(|options| options.subprotocol("s-subprotocol")).expect("tokens");
    let url = "ws://user:s-password@server.example.com/chat?token=s-query";
    run(
        "responses",
        &CLIENT,
        |case| format!("{case:?}"),
        |(response, then, words)| {
            let server = Server::new(response.as_bytes(), *then);
            let (events, connected) = events(|| driver::upgrade_on(url, &options, &server));
            same("established", &connected.outcome.is_ok(), &false)?;
            is_one(&events, words)?;
            let key = key_of(&connected.request).ok_or("no key was sent")?;
            holds(!events[0].contains(&key), || format!("the key is in: {}", events[0]))
        },
    );

    let response = format!("{RESPONSE}Sec-WebSocket-Protocol: chat\r\n\r\n");
    let (established, connected) =
        events(|| driver::upgrade_on(url, &options, &Server::new(response.as_bytes(), Then::Silence)));
    connected.outcome.expect("established");
    is_one(&established, &["client", "established", "subprotocol=\"chat\""]).expect("one event");
    let key = key_of(&connected.request).expect("a key");
    assert!(!established[0].contains(&key));
}

#[test]
fn misuse_is_reported_without_the_url() {
    for url in [
        "ws://user:s-password@/",
        "http://user:s-password@a/",
        "ws://a/?s-query#s-bearer",
        "ws://a b/?s-query",
    ] {
        let server = Server::new(b"", Then::Close);
        let (events, _) = events(|| driver::upgrade_on(url, &ClientOptions::new(), &server));
        is_one(&events, &["client", "failed", "uri"]).expect(url);
    }
}
