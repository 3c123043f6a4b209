//! Looks at requests before deciding on them.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use websocket_upgrade::hyper::{handle_upgrade_request, receive};
use websocket_upgrade::{Rejection, ServerOptions};

use crate::answer::Answer;

const FIELDS: &str = "Host: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Extensions: x-test; a=1, x-b\r\n\
    Origin: https://server.example.com\r\nX-Seen: yes\r\n\r\n";

/// Decides by the path, after looking at everything.
async fn decide(mut request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let peer = SocketAddr::from(([192, 0, 2, 7], 4711));
    request.extensions_mut().insert(peer);
    let mut incoming = match receive(&mut request) {
        Ok(incoming) => incoming,
        Err(rejected) => return Ok(rejected.into_http().map(Body::from)),
    };
    assert_eq!(incoming.peer(), Some(peer));
    assert_eq!(incoming.head().uri().query(), Some("room=1"));
    assert_eq!(incoming.head().headers()["x-seen"], "yes");
    look(&incoming);
    // A decision may take time.
    tokio::task::yield_now().await;
    incoming.header("Set-Cookie", "seen=1").expect("a legal field");
    let options = ServerOptions::new().subprotocol("superchat").expect("a token");
    let path = incoming.head().uri().path().to_owned();
    Ok(match path.as_str() {
        "/accept" => incoming.accept(&options).expect("allowed").0.map(Body::from),
        "/reject" => {
            let rejection = Rejection::new(401).expect("a refusal").body("who are you?\n");
            let rejection = rejection.header("WWW-Authenticate", "Bearer").expect("a legal field");
            incoming.reject(&rejection).map(Body::from)
        }
        "/elsewhere" => {
            let options = ServerOptions::new().origin("https://other.example").expect("an origin");
            incoming.accept(&options).expect_err("another origin").into_http().map(Body::from)
        }
        _ => {
            drop(incoming);
            // A later handler finds the request unchanged.
            handle_upgrade_request(&mut request, &ServerOptions::new()).expect("untouched").0.map(Body::from)
        }
    })
}

/// Checks what can be read of the request. The core's view of it is not kept across an await.
fn look(incoming: &websocket_upgrade::hyper::Incoming<'_, Incoming>) {
    let valid = incoming.request().expect("valid");
    assert_eq!((valid.authority(), incoming.authority()), ("server.example.com", "server.example.com"));
    assert_eq!(incoming.origin(), Some(&b"https://server.example.com"[..]));
    assert_eq!(incoming.subprotocols().collect::<Vec<_>>(), ["chat", "superchat"]);
    assert_eq!(incoming.extensions().map(|member| member.name()).collect::<Vec<_>>(), ["x-test", "x-b"]);
    assert_eq!((incoming.query(), incoming.version()), (Some("room=1"), http::Version::HTTP_11));
    assert_eq!(incoming.path(), incoming.head().uri().path());
}

/// `rejections.json`: the fields that a status requires are there, and only fields that the HTTP version has.
#[test]
fn rejections() {
    let upgrade = Request::get("/").header("Upgrade", "websocket").header("Connection", "Upgrade");
    let upgrade = upgrade.header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==").header("Host", "a.example");
    let connect = Request::connect("https://a.example/").version(http::Version::HTTP_2);
    let connect = connect.extension(hyper::ext::Protocol::from_static("websocket"));
    let mut requests = [upgrade, connect].map(|request| {
        request.header("Sec-WebSocket-Version", "13").body(()).expect("a request of the http crate")
    });
    for vectors::RejectionCase { name, status, headers, expect, connect, .. } in vectors::rejections() {
        let Some(expect) = expect else { continue };
        let mut rejection = Rejection::new(status).expect("a status");
        for (name, value) in &headers {
            rejection = rejection.header(name, value).expect("a legal field");
        }
        for (request, expect) in requests.iter_mut().zip([&expect, connect.as_ref().unwrap_or(&expect)]) {
            let response = receive(request).expect("a valid request").reject(&rejection);
            assert_eq!(response.status().as_u16(), expect.status, "{name}");
            for (field, values) in &expect.fields {
                assert!(response.headers().get_all(field).iter().eq(values), "{name}: {response:?}");
            }
        }
    }
}

/// No secret is in the `Debug` output of a request, nor in the reason for its rejection.
#[test]
fn no_secret_is_shown() {
    const SECRET: &str = "s3cr3t";
    for (name, value) in [
        ("Sec-WebSocket-Protocol", "chat, Bearer s3cr3t"),
        ("Sec-WebSocket-Protocol", "s3cr3t"),
        ("Sec-WebSocket-Extensions", "x; a=\"b s3cr3t\""),
        ("Origin", "https://user:s3cr3t@a.example?s3cr3t"),
        ("Cookie", "id=s3cr3t"),
    ] {
        let request = Request::connect("https://a.example/chat?s3cr3t").version(http::Version::HTTP_2);
        let request = request.extension(hyper::ext::Protocol::from_static("websocket"));
        let request = request.header("Sec-WebSocket-Version", "13").header(name, value);
        let mut request = request.body(()).expect("a request of the http crate");
        let mut incoming = receive(&mut request).expect("a valid request");
        incoming.header("Set-Cookie", "id=s3cr3t").expect("a legal field");
        let mut texts = vec![format!("{incoming:?}")];
        // The request is valid, but has no connection of hyper.
        let rejected = incoming.accept(&ServerOptions::new()).expect_err("no connection");
        texts.extend([format!("{rejected:?}"), format!("{rejected:#?}"), rejected.to_string()]);
        if let Some(error) = rejected.error() {
            texts.extend([format!("{error:?}"), error.to_string()]);
            texts.push(String::from_utf8_lossy(rejected.clone().into_http().body()).into_owned());
        }
        let leaked: Vec<_> = texts.iter().filter(|text| text.contains(SECRET)).collect();
        assert!(leaked.is_empty(), "{name}: {leaked:?}");
    }
}

async fn ask(path: &str) -> Answer {
    let (mut client, server) = duplex(1 << 16);
    let connection = http1::Builder::new().serve_connection(TokioIo::new(server), service_fn(decide));
    let serving = tokio::spawn(connection.with_upgrades());
    let request = format!("GET {path}?room=1 HTTP/1.1\r\n{FIELDS}");
    client.write_all(request.as_bytes()).await.expect("room in memory");
    let mut answer = Vec::new();
    // The upgraded connections are not awaited, so they end with the answer.
    client.read_to_end(&mut answer).await.expect("a stream in memory");
    let _ = serving.await.expect("no panic");
    Answer::parse(&answer).expect("an answer")
}

#[tokio::test(start_paused = true)]
async fn it_is_seen_and_decided() {
    let accepted = ask("/accept").await;
    assert_eq!(accepted.status, 101);
    assert_eq!(accepted.all("Sec-WebSocket-Protocol"), ["superchat"]);
    assert_eq!(accepted.all("Set-Cookie"), ["seen=1"]);

    let rejected = ask("/reject").await;
    assert_eq!(rejected.status, 401);
    rejected.is_rejection(false).expect("a whole rejection");
    assert_eq!(rejected.all("WWW-Authenticate"), ["Bearer"]);
    assert_eq!(rejected.all("Set-Cookie"), ["seen=1"]);
    assert_eq!(rejected.text(), "who are you?\n");

    let elsewhere = ask("/elsewhere").await;
    assert_eq!(elsewhere.status, 403);
    elsewhere.is_rejection(false).expect("a whole rejection");
    assert_eq!(elsewhere.all("Set-Cookie"), ["seen=1"]);

    let fallen = ask("/other").await;
    assert_eq!(fallen.status, 101);
    assert!(fallen.all("Set-Cookie").is_empty(), "{fallen:?}");
}
