//! Looks at requests before deciding on them.

use std::net::SocketAddr;

use tokio::join;
use websocket_upgrade::{HandleError, Rejection, ServerOptions};
use websocket_upgrade_h3::{Incoming, handle_upgrade_request};

use crate::kit::raw::{Answer, DATA, H3_NO_ERROR, connect, frame, plain};
use crate::served::Served;

const FIELDS: [(&str, &str); 4] = [
    ("sec-websocket-protocol", "chat, superchat"),
    ("sec-websocket-extensions", "x-test; a=1, x-b"),
    ("origin", "https://server.example.com"),
    ("x-seen", "yes"),
];

fn options() -> ServerOptions {
    ServerOptions::new().subprotocol("superchat").expect("a token")
}

/// Checks what can be read of the request.
fn look(incoming: &Incoming, peer: SocketAddr) {
    let valid = incoming.request().expect("valid");
    assert_eq!((valid.authority(), incoming.authority()), ("server.example.com", "server.example.com"));
    assert_eq!(incoming.origin(), Some(&b"https://server.example.com"[..]));
    assert_eq!(incoming.subprotocols().collect::<Vec<_>>(), ["chat", "superchat"]);
    assert_eq!(incoming.extensions().map(|member| member.name()).collect::<Vec<_>>(), ["x-test", "x-b"]);
    assert_eq!((incoming.path(), incoming.query()), ("/chat", Some("room=1")));
    assert_eq!((incoming.version(), incoming.protocol()), (http::Version::HTTP_3, Some("websocket")));
    assert_eq!(incoming.head().headers()["x-seen"], "yes");
    assert_eq!((incoming.is_upgrade(), incoming.peer()), (true, Some(peer)));
    assert_eq!(incoming.head().extensions().get(), Some(&peer));
}

/// Sends a handshake, and returns its request.
async fn ask(served: &mut Served) -> (crate::kit::raw::Exchange, Incoming) {
    let exchange = served.send(&connect("/chat?room=1", &FIELDS)).await;
    let mut incoming = served.next().await.expect("a head");
    look(&incoming, served.pair.client_address);
    incoming.header("Set-Cookie", "seen=1").expect("a legal field");
    incoming.header("Keep-Alive", "timeout=5").expect("a legal field, which HTTP/3 does not have");
    assert!(incoming.header("sec-websocket-accept", "x").is_err());
    (exchange, incoming)
}

/// What is in every answer.
fn is_seen(answer: &Answer) {
    assert_eq!(answer.head.all("set-cookie"), ["seen=1"]);
    assert!(answer.head.all("keep-alive").is_empty());
}

#[tokio::test(start_paused = true)]
async fn it_is_accepted_with_fields_of_the_applications_own() {
    for checked in [false, true] {
        let mut served = Served::new(&ServerOptions::new()).await;
        let (mut exchange, mut incoming) = ask(&mut served).await;
        if checked {
            incoming = incoming.check(&options()).await.expect("allowed");
        }
        let upgraded = incoming.accept(&options()).await.expect("allowed");
        assert_eq!(upgraded.settings.subprotocol(), Some("superchat"));
        assert_eq!(upgraded.head.headers()["x-seen"], "yes");
        let head = exchange.head().await.expect("an answer");
        assert_eq!((head.status, head.all("set-cookie")), (200, vec!["seen=1"]));
        assert_eq!(head.all("sec-websocket-protocol"), ["superchat"]);
        drop(upgraded);
        assert_eq!(exchange.reset().await, crate::kit::raw::H3_REQUEST_CANCELLED);
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_rejected_with_an_answer_of_the_applications_own() {
    let mut served = Served::new(&ServerOptions::new()).await;
    let (mut exchange, incoming) = ask(&mut served).await;
    let rejection = Rejection::unauthorized("Bearer").body("who are you?\n");
    incoming.reject(rejection).await.expect("a stream");
    // The client sends on, and is told to stop.
    exchange.write(&frame(DATA, &[0; 1000])).await;
    let answer = exchange.answer().await.expect("an answer");
    assert_eq!((answer.head.status, answer.text()), (401, "who are you?\n"));
    assert_eq!(answer.head.all("www-authenticate"), ["Bearer"]);
    assert_eq!(answer.head.all("content-length"), ["13"]);
    is_seen(&answer);
    assert_eq!(exchange.stopped().await, Some(H3_NO_ERROR));
}

#[tokio::test(start_paused = true)]
async fn a_foreign_origin_is_refused_by_check_and_by_accept_alike() {
    let options = ServerOptions::new().origin("https://other.example").expect("an origin");
    let mut answers = Vec::new();
    for entrance in 0..3 {
        let mut served = Served::new(&ServerOptions::new()).await;
        let (mut exchange, incoming) = ask(&mut served).await;
        let error = match entrance {
            0 => incoming.check(&options).await.expect_err("another origin"),
            1 => incoming.accept(&options).await.expect_err("another origin"),
            _ => handle_upgrade_request(incoming, &options).await.expect_err("another origin"),
        };
        assert!(matches!(error, HandleError::Rejected(_)), "{error:?}");
        let answer = exchange.answer().await.expect("an answer");
        assert!(answer.text().starts_with("Origin: not allowed"), "{}", answer.text());
        is_seen(&answer);
        answers.push((answer.head.status, answer.body));
    }
    assert_eq!(answers[0].0, 403);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

const CHAT: (&str, &str) = ("sec-websocket-protocol", "chat");

/// Lines that are added to a request about which nobody is to be asked, and status and text of the refusal.
type Refused = (&'static [(&'static str, &'static str)], u16, &'static str);

#[tokio::test(start_paused = true)]
async fn a_check_finds_what_accepting_would_refuse() {
    let options = ServerOptions::new().subprotocol("chat").expect("a token").require_subprotocol();
    let options = options.authorities(["server.example.com"]).expect("an authority");
    let cases: [Refused; 5] = [
        (&[("origin", "https://elsewhere.example"), CHAT], 403, "Origin: not allowed"),
        (&[("origin", "null"), CHAT], 403, "Origin: not allowed"),
        (&[], 400, "Sec-WebSocket-Protocol: "),
        (&[("sec-websocket-protocol", "chat chat")], 400, "Sec-WebSocket-Protocol: "),
        (&[CHAT, ("sec-websocket-extensions", "=")], 400, "Sec-WebSocket-Extensions: "),
    ];
    let mut served = Served::new(&ServerOptions::new()).await;
    for (added, status, text) in cases {
        let mut exchange = served.send(&connect("/chat", added)).await;
        let incoming = served.next().await.expect("a head");
        let _ = incoming.check(&options).await.expect_err("refused");
        let answer = exchange.answer().await.expect("an answer");
        assert_eq!(
            (answer.head.status, answer.text().starts_with(text)),
            (status, true),
            "{}",
            answer.text()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_handshake_has_empty_accessors_and_is_refused_by_accept() {
    let mut served = Served::new(&ServerOptions::new()).await;
    let mut exchange = served.send(&plain("GET", "/?a=b", &[("origin", "https://a.example")])).await;
    let incoming = served.next().await.expect("a head");
    assert_eq!((incoming.is_upgrade(), incoming.protocol()), (false, None));
    assert_eq!((incoming.origin(), incoming.authority()), (None, ""));
    assert_eq!((incoming.path(), incoming.query()), ("/", Some("a=b")));
    let options = ServerOptions::new();
    let (refused, answer) = join!(incoming.accept(&options), exchange.answer());
    assert!(refused.is_err());
    let answer = answer.expect("an answer");
    assert_eq!(answer.head.status, 400);
    assert!(answer.text().contains("CONNECT"), "{}", answer.text());
}

/// `rejections.json`: the fields that a status requires are there, and only fields that HTTP/3 has.
#[tokio::test(start_paused = true)]
async fn rejections() {
    let mut served = Served::new(&ServerOptions::new()).await;
    for vectors::RejectionCase { name, status, headers, expect, connect: over_connect, .. } in
        vectors::rejections()
    {
        let Some(expect) = over_connect.or(expect) else { continue };
        let mut rejection = Rejection::new(status).expect("a status");
        for (name, value) in &headers {
            rejection = rejection.header(name, value).expect("a legal field");
        }
        let mut exchange = served.send(&connect("/chat", &[])).await;
        let incoming = served.next().await.expect("a head");
        let (rejected, answer) = join!(incoming.reject(rejection), exchange.answer());
        rejected.expect("a stream");
        let answer = answer.expect("an answer");
        assert_eq!(answer.head.status, expect.status, "{name}");
        for (field, values) in &expect.fields {
            let field = field.to_ascii_lowercase();
            assert!(
                field == "date" || answer.head.all(&field).iter().eq(values),
                "{name}: {:?}",
                answer.head
            );
        }
    }
}

/// No secret is in the `Debug` output of a request, nor in the reason for its rejection.
#[tokio::test(start_paused = true)]
async fn no_secret_is_shown() {
    let mut served = Served::new(&ServerOptions::new()).await;
    for (name, value) in [
        ("sec-websocket-protocol", "chat, Bearer s3cr3t"),
        ("sec-websocket-protocol", "s3cr3t"),
        ("sec-websocket-extensions", "x; a=\"b s3cr3t\""),
        ("origin", "https://user:s3cr3t@a.example?s3cr3t"),
        ("cookie", "id=s3cr3t"),
    ] {
        let mut exchange = served.send(&connect("/chat?s3cr3t", &[(name, value)])).await;
        let mut incoming = served.next().await.expect("a head");
        incoming.header("Set-Cookie", "id=s3cr3t").expect("a legal field");
        let mut texts = vec![format!("{incoming:?}"), format!("{incoming:#?}")];
        let options = ServerOptions::new().subprotocol("other").expect("a token").require_subprotocol();
        let error = incoming.accept(&options).await.expect_err("no such subprotocol");
        texts.extend([format!("{error:?}"), error.to_string()]);
        let answer = exchange.answer().await.expect("an answer");
        texts.push(answer.text().to_owned());
        let leaked: Vec<_> = texts.iter().filter(|text| text.contains("s3cr3t")).collect();
        assert!(leaked.is_empty(), "{name}: {leaked:?}");
    }
}
