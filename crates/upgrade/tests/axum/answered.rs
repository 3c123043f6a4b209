//! Valid requests that the handler answers in its own way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use http::Request;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::timeout;
use websocket_upgrade::Rejection;
use websocket_upgrade::axum::Upgrade;
use websocket_upgrade::tower::RefusalLayer;

use crate::answer::Answer;
use crate::{FIELDS, over_http2};

/// How often a connection was handed over although the response did not accept.
type Called = Arc<AtomicUsize>;

/// The ways of a handler to not accept an upgrade, and the status of each response.
const REFUSED: [(&str, u16); 8] = [
    ("/forbidden", 403),
    ("/broken", 500),
    ("/redirect", 303),
    ("/late", 404),
    ("/discarded", 403),
    ("/kept", 403),
    ("/rejected", 429),
    ("/either", 200),
];

fn app(called: &Called) -> Router {
    Router::new()
        .route("/forbidden", any(async |_: Upgrade| StatusCode::FORBIDDEN))
        .route("/broken", any(async |_: Upgrade| (StatusCode::INTERNAL_SERVER_ERROR, "broken\n")))
        .route("/redirect", any(async |_: Upgrade| Redirect::to("/elsewhere")))
        .route("/late", any(late))
        .route("/discarded", any(discarded))
        .route("/kept", any(kept))
        .route(
            "/rejected",
            any(async |upgrade: Upgrade| upgrade.reject(&Rejection::new(429).expect("a status"))),
        )
        .route("/either", any(async |_: Option<Upgrade>| "plain\n"))
        .route("/accepted", any(async |upgrade: Upgrade| upgrade.on_upgrade(async |_| {})))
        .route("/panics", any(panics))
        .route("/health", get(async || "healthy\n"))
        .with_state(Arc::clone(called))
        .layer(RefusalLayer::new())
}

/// The upgrade outlives its response.
async fn late(upgrade: Upgrade) -> Response {
    tokio::spawn(async move {
        tokio::task::yield_now().await;
        drop(upgrade);
    });
    StatusCode::NOT_FOUND.into_response()
}

async fn discarded(State(called): State<Called>, upgrade: Upgrade) -> Response {
    drop(upgrade.on_upgrade(async move |_| {
        called.fetch_add(1, SeqCst);
    }));
    StatusCode::FORBIDDEN.into_response()
}

async fn kept(State(called): State<Called>, upgrade: Upgrade) -> Response {
    let (_, upgrading) = upgrade.accept().expect("allowed");
    tokio::spawn(async move {
        if upgrading.await.is_ok() {
            called.fetch_add(1, SeqCst);
        }
    });
    StatusCode::FORBIDDEN.into_response()
}

#[allow(clippy::unused_async)] // a handler is
async fn panics(_: Upgrade) -> Response {
    panic!("as the test wants it")
}

/// Returns the answer to a handshake, and to a request that is sent after it.
async fn smuggled(called: &Called, path: &str, fields: &str) -> Vec<u8> {
    let (mut client, server) = duplex(1 << 16);
    let service = TowerToHyperService::new(app(called));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(server), service);
    let serving = tokio::spawn(connection.with_upgrades());
    let requests = format!("GET {path} HTTP/1.1\r\n{fields}GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    client.write_all(requests.as_bytes()).await.expect("room in memory");
    let mut answers = Vec::new();
    let read = timeout(Duration::from_secs(60), client.read_to_end(&mut answers)).await;
    read.expect("the connection ends").expect("a stream in memory");
    let _ = serving.await;
    answers
}

#[tokio::test(start_paused = true)]
async fn a_refused_upgrade_closes_its_connection() {
    let called = Called::default();
    for (path, status) in REFUSED {
        let answers = smuggled(&called, path, FIELDS).await;
        let answer = Answer::parse(&answers).expect(path);
        assert_eq!(answer.status, status, "{path}");
        answer.has("connection", "close").expect(path);
        assert!(!answer.text().contains("healthy"), "{path}: {}", answer.text());
    }
    assert!(smuggled(&called, "/panics", FIELDS).await.is_empty(), "a panic has no answer");
    // Wrong requests are refused in the same way, and so are requests on a route without upgrades.
    for (path, fields, status) in [
        ("/accepted", FIELDS.replace("Version: 13", "Version: 8"), 426),
        ("/either", FIELDS.replace("Version: 13", "Version: 8"), 426),
        ("/health", FIELDS.to_owned(), 200),
        ("/none", FIELDS.to_owned(), 404),
    ] {
        let answer = Answer::parse(&smuggled(&called, path, &fields).await).expect(path);
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.text().matches("healthy").count(), usize::from(path == "/health"), "{path}");
    }
    assert_eq!(called.load(SeqCst), 0, "no connection came of a refusal");
}

#[tokio::test(start_paused = true)]
async fn what_is_accepted_or_plain_http_stays_as_it_is() {
    let called = Called::default();
    let accepted = smuggled(&called, "/accepted", FIELDS).await;
    let answer = Answer::parse(&accepted).expect("an answer");
    assert_eq!((answer.status, answer.all("connection")), (101, vec!["Upgrade"]));
    assert_eq!(answer.text(), "", "what is behind it are no requests");
    for plain in ["Host: a\r\n\r\n", "Host: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"] {
        let (mut client, server) = duplex(1 << 16);
        let service = TowerToHyperService::new(app(&called));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(server), service).with_upgrades());
        for _ in 0..2 {
            let request = format!("GET /health HTTP/1.1\r\n{plain}");
            client.write_all(request.as_bytes()).await.expect("room in memory");
            let mut answer = vec![0; 4096];
            let len = client.read(&mut answer).await.expect("a stream in memory");
            let answer = Answer::parse(&answer[..len]).expect("an answer");
            assert_eq!((answer.status, answer.all("connection").len()), (200, 0));
        }
    }
}

/// Over HTTP/2 the stream ends, and the connection goes on.
#[tokio::test(start_paused = true)]
async fn a_refused_stream_leaves_its_connection_alone() {
    let called = Called::default();
    let mut sender = over_http2(app(&called)).await;
    for (path, status) in REFUSED {
        let request = Request::builder().method("CONNECT").uri(format!("https://a{path}"));
        let mut request = request.header("sec-websocket-version", "13").body(()).expect("a legal request");
        request.extensions_mut().insert(h2::ext::Protocol::from_static("websocket"));
        let (response, mut stream) = sender.send_request(request, false).expect("a legal request");
        let response = timeout(Duration::from_secs(60), response).await.expect(path).expect(path);
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert!(!response.headers().contains_key("connection"), "{path}");
        let _ = stream.send_data("".into(), true);
        let request = Request::get("https://a/health").body(()).expect("a legal request");
        let (response, _) = sender.send_request(request, true).expect("a legal request");
        assert_eq!(response.await.expect("an answer").status(), 200);
    }
    assert_eq!(called.load(SeqCst), 0, "no connection came of a refusal");
}
