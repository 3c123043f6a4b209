//! The extractor, in an application on axum, on hyper's own connections in memory.

mod allocations;
mod answered;
// Not all of these items are needed here.
#[allow(dead_code)]
#[path = "../suite/answer.rs"]
mod answer;
#[allow(dead_code)]
#[path = "../suite/report.rs"]
mod report;

use std::future::ready;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::{ConnectInfo, FromRequestParts, Path, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Extension, Router};
use bytes::Bytes;
use h2::client::SendRequest;
use http::Request;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use websocket_upgrade::axum::Upgrade;
use websocket_upgrade::hyper::Stream;
use websocket_upgrade::{Rejected, Rejection, ServerOptions, Upgraded};

use answer::Answer;

const FIELDS: &str = "Host: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: x-test\r\n\r\n";

const PEER: ([u8; 4], u16) = ([192, 0, 2, 7], 4711);

fn app() -> Router {
    let options = ServerOptions::new().subprotocol("chat").expect("a token");
    let options = options.extension("x-test").expect("a token");
    let options = options.header("X-Served-By", "axum").expect("a legal field");
    Router::new()
        .route("/rooms/{room}", any(room))
        .route("/either", any(either))
        .route("/guarded", any(guarded))
        .route("/health", get(async || "healthy\n"))
        .layer(Extension("shared"))
        .layer(Extension(ConnectInfo(SocketAddr::from(PEER))))
        .with_state(Arc::new(options))
}

/// Uses the extractor before other extractors, which still find everything.
async fn room(
    upgrade: Upgrade,
    State(options): State<Arc<ServerOptions>>,
    Path(room): Path<String>,
    headers: HeaderMap,
    Extension(shared): Extension<&'static str>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Response {
    assert_eq!(upgrade.peer(), Some(peer));
    assert_eq!(upgrade.path(), format!("/rooms/{room}"));
    assert_eq!(upgrade.origin(), headers.get("Origin").map(HeaderValue::as_bytes));
    assert_eq!(upgrade.authority(), "server.example.com");
    upgrade.options(options).on_upgrade(move |upgraded| greet(upgraded, format!("{shared} {room}")))
}

async fn either(upgrade: Option<Upgrade>) -> Response {
    match upgrade {
        Some(upgrade) => upgrade.on_upgrade(|upgraded| greet(upgraded, "either".to_owned())),
        None => "plain\n".into_response(),
    }
}

async fn guarded(upgrade: Upgrade) -> Response {
    let rejection = Rejection::new(401).expect("a refusal").header("WWW-Authenticate", "Bearer");
    upgrade.reject(&rejection.expect("a legal field"))
}

async fn greet(upgraded: Upgraded<Stream>, name: String) {
    let hello = format!("{name}: {}", upgraded.settings.extensions().as_str());
    let mut stream = upgraded.into_stream();
    stream.write_all(hello.as_bytes()).await.expect("a stream in memory");
    stream.shutdown().await.expect("a stream in memory");
}

async fn ask(path: &str, fields: &str) -> Answer {
    ask_of(app(), path, fields).await
}

async fn ask_of(app: Router, path: &str, fields: &str) -> Answer {
    let (mut client, server) = duplex(1 << 16);
    let connection =
        http1::Builder::new().serve_connection(TokioIo::new(server), TowerToHyperService::new(app));
    let serving = tokio::spawn(connection.with_upgrades());
    client.write_all(format!("GET {path} HTTP/1.1\r\n{fields}").as_bytes()).await.expect("room in memory");
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.expect("a stream in memory");
    let _ = serving.await.expect("no panic");
    Answer::parse(&answer).expect("an answer")
}

#[tokio::test(start_paused = true)]
async fn it_stands_among_other_extractors() {
    let answer = ask("/rooms/7", FIELDS).await;
    assert_eq!((answer.status, answer.text().as_str()), (101, "shared 7: x-test"));
    assert_eq!(answer.all("Sec-WebSocket-Protocol"), ["chat"]);
    assert_eq!(answer.all("X-Served-By"), ["axum"]);
}

#[tokio::test(start_paused = true)]
async fn an_optional_one_lets_plain_http_through_and_nothing_that_is_broken() {
    let plain = ask("/either", "Host: a\r\nConnection: close\r\n\r\n").await;
    assert_eq!((plain.status, plain.text().as_str()), (200, "plain\n"));
    let without_host = ask("/either", "Connection: close\r\n\r\n").await;
    assert_eq!((without_host.status, without_host.text().as_str()), (200, "plain\n"));
    let upgraded = ask("/either", FIELDS).await;
    assert_eq!((upgraded.status, upgraded.text().as_str()), (101, "either: "));
    let broken = ask("/either", &FIELDS.replace("Version: 13", "Version: 8")).await;
    assert_eq!(broken.status, 426);
    broken.is_rejection(false).expect("a whole rejection");
}

#[tokio::test(start_paused = true)]
async fn every_rejection_says_why() {
    for (old, new, status, names) in [
        ("Upgrade: websocket", "Upgrade: h2c", 426, "Upgrade"),
        ("Connection: Upgrade", "Connection: close", 400, "Connection"),
        ("Version: 13", "Version: 8", 426, "Sec-WebSocket-Version"),
        ("dGhlIHNhbXBsZSBub25jZQ==", "short", 400, "Sec-WebSocket-Key"),
        ("Host:", "Origin: https://other.example\r\nHost:", 403, "Origin"),
        ("Protocol: chat", "Protocol: ,", 400, "Sec-WebSocket-Protocol"),
    ] {
        let answer = ask("/rooms/7", &FIELDS.replace(old, new)).await;
        assert_eq!(answer.status, status, "{new}");
        answer.is_rejection(false).expect("a whole rejection");
        assert!(answer.text().contains(names), "{new}: {}", answer.text());
    }
    let guarded = ask("/guarded", FIELDS).await;
    assert_eq!((guarded.status, guarded.all("WWW-Authenticate")), (401, vec!["Bearer"]));
}

#[tokio::test(start_paused = true)]
async fn a_layer_sees_what_is_rejected_and_nothing_else() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seeing = Arc::clone(&seen);
    let app = app().layer(map_response(move |response: Response| {
        let rejected = response.extensions().get::<Rejected>();
        let seen = rejected.map(|rejected| (rejected.to_string(), rejected.error().map(ToString::to_string)));
        seeing.lock().expect("no panic").extend(seen);
        ready(response)
    }));
    let cross = FIELDS.replace("Host:", "Origin: https://other.example\r\nHost:");
    let broken = FIELDS.replace("Version: 13", "Version: 8");
    // The requests are accepted, answered by the application, by another route, or not at all; then rejected by the
    // extractor and by its options.
    let plain = "Host: a\r\nConnection: close\r\n\r\n";
    for (path, fields, status) in
        [("/rooms/7", FIELDS, 101), ("/guarded", FIELDS, 401), ("/health", plain, 200), ("/none", plain, 404)]
    {
        assert_eq!(ask_of(app.clone(), path, fields).await.status, status);
    }
    assert_eq!(seen.lock().expect("no panic").len(), 0);
    assert_eq!(ask_of(app.clone(), "/rooms/7", &broken).await.status, 426);
    assert_eq!(ask_of(app, "/rooms/7", &cross).await.status, 403);
    let origin = "Origin: not allowed for a request to \"server.example.com\", got \"https://other.example\"";
    let seen = seen.lock().expect("no panic");
    assert_eq!(seen[1], (format!("rejected with status 403: {origin}"), Some(origin.to_owned())));
    assert!(seen[0].0.starts_with("rejected with status 426: "), "{}", seen[0].0);
    assert_eq!(seen.len(), 2);
}

/// A request keeps what the handshake needs, line by line.
#[tokio::test]
async fn repeated_lines_are_kept_in_order() {
    let request = Request::get("/chat?room=1").header("Host", "a").header("X-Other", "1");
    let request = request.header("Upgrade", "h2c, websocket").header("Connection", "keep-alive, Upgrade");
    let request = request.header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    let request = request.header("Sec-WebSocket-Version", "13");
    let request = request.header("Sec-WebSocket-Protocol", "a, b").header("Sec-WebSocket-Protocol", "c");
    let request =
        request.header("Sec-WebSocket-Extensions", "x; p=1").header("Sec-WebSocket-Extensions", "y");
    let (mut parts, ()) = request.body(()).expect("legal").into_parts();
    let before = format!("{parts:?}");
    let upgrade = Upgrade::from_request_parts(&mut parts, &()).await.expect("valid");
    assert_eq!(upgrade.subprotocols().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(upgrade.extensions().map(|member| member.name()).collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!((upgrade.path(), upgrade.query(), upgrade.authority()), ("/chat", Some("room=1"), "a"));
    assert_eq!((upgrade.version(), upgrade.origin(), upgrade.peer()), (http::Version::HTTP_11, None, None));
    assert_eq!(format!("{parts:?}"), before, "others still find everything");
    // The request was valid, but has no connection of hyper.
    let rejected = upgrade.accept().expect_err("no connection");
    assert!(rejected.error().is_none() && rejected.status() == 500 && !rejected.is_not_upgrade());
}

/// Connects a client to this application, and waits until the server has announced extended CONNECT.
async fn over_http2(app: Router) -> SendRequest<Bytes> {
    let (client, server) = duplex(1 << 16);
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.enable_connect_protocol();
    let service = TowerToHyperService::new(app);
    tokio::spawn(builder.serve_connection(TokioIo::new(server), service));
    let (sender, mut connection) = h2::client::handshake(client).await.expect("a stream in memory");
    let mut pings = connection.ping_pong().expect("the first one to ask");
    tokio::spawn(connection);
    pings.ping(h2::Ping::opaque()).await.expect("a pong");
    sender.ready().await.expect("a connection")
}

#[tokio::test(start_paused = true)]
async fn one_route_for_both_versions_of_http() {
    let mut sender = over_http2(app()).await;

    let request = Request::builder().method("CONNECT").uri("https://server.example.com/rooms/8");
    let request = request.header("sec-websocket-version", "13").header("sec-websocket-protocol", "chat");
    let mut request = request.body(()).expect("a legal request");
    request.extensions_mut().insert(h2::ext::Protocol::from_static("websocket"));
    let (response, _stream) = sender.send_request(request, false).expect("a legal request");
    let response = response.await.expect("an answer");
    assert_eq!((response.status().as_u16(), response.headers().get("connection")), (200, None));
    let framing = ["content-length", "transfer-encoding"];
    assert!(framing.iter().all(|name| !response.headers().contains_key(*name)), "RFC 9110 §9.3.6");
    assert_eq!(response.headers()["sec-websocket-protocol"], "chat");
    assert_eq!(response.headers()["x-served-by"], "axum");
    let data = response.into_body().data().await.expect("data").expect("an open stream");
    assert_eq!(&data[..], b"shared 8: ");

    // Plain HTTP works on the same connection.
    let request = Request::get("https://server.example.com/health").body(()).expect("a legal request");
    let (response, _) = sender.send_request(request, true).expect("a legal request");
    assert_eq!(response.await.expect("an answer").status(), 200);
}
