//! The layer: which requests it handles, passes on, or refuses; on hyper's own connections in memory.

// Not all of these items are needed here.
#[allow(dead_code)]
#[path = "../suite/answer.rs"]
mod answer;
mod refused;
#[allow(dead_code)]
#[path = "../suite/report.rs"]
mod report;

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tower::{Layer, service_fn};
use websocket_upgrade::gate::{Gate, GateOptions};
use websocket_upgrade::hyper::Stream;
use websocket_upgrade::tower::{Decision, HandshakeRequest, UpgradeLayer};
use websocket_upgrade::{Rejection, ServerOptions, Upgraded};

use answer::Answer;

const FIELDS: &str = "Host: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// The service behind the layer. It answers how a request has reached it.
async fn http(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = format!("plain {}, Upgrade: {:?}", request.uri().path(), request.headers().get("upgrade"));
    let response = Response::builder().header("Connection", "close").body(Full::from(body));
    Ok(response.expect("a legal response"))
}

/// Returns the answer to a request with these fields, and all bytes after it.
async fn ask<H, F>(layer: &UpgradeLayer<H>, gate: Option<&Gate>, request: &str) -> Vec<u8>
where
    H: Fn(Upgraded<Stream>, HandshakeRequest) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let (mut client, server) = duplex(1 << 16);
    let service = layer.layer(service_fn(http));
    let io = TokioIo::new(server);
    let serving = if let Some(gate) = gate {
        let service = TowerToHyperService::new(gate.layer().layer(service));
        tokio::spawn(http1::Builder::new().serve_connection(io, service).with_upgrades())
    } else {
        let service = TowerToHyperService::new(service);
        tokio::spawn(http1::Builder::new().serve_connection(io, service).with_upgrades())
    };
    client.write_all(request.as_bytes()).await.expect("room in memory");
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.expect("a stream in memory");
    let _ = serving.await.expect("no panic");
    answer
}

/// Sends a greeting with the settings.
async fn greet(upgraded: Upgraded<Stream>, request: HandshakeRequest) {
    let hello = format!("hello {} {:?}", request.path(), upgraded.settings.subprotocol());
    let mut stream = upgraded.into_stream();
    stream.write_all(hello.as_bytes()).await.expect("a stream in memory");
    stream.shutdown().await.expect("a stream in memory");
}

fn upgrade(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\n{FIELDS}")
}

#[tokio::test(start_paused = true)]
async fn the_handler_is_called_where_the_predicate_holds() {
    let layer = UpgradeLayer::new(greet).when(|head| head.uri.path() == "/chat");
    let answer = ask(&layer, None, &upgrade("/chat")).await;
    let answer = Answer::parse(&answer).expect("an answer");
    assert_eq!((answer.status, answer.text().as_str()), (101, "hello /chat None"));

    // On other paths, upgrade requests belong to the service, even broken ones.
    for request in [upgrade("/other"), upgrade("/other").replace("Version: 13", "Version: 8")] {
        let answer = Answer::parse(&ask(&layer, None, &request).await).expect("an answer");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.text(), "plain /other, Upgrade: Some(\"websocket\")");
    }
}

#[tokio::test(start_paused = true)]
async fn plain_http_goes_on_untouched() {
    let layer = UpgradeLayer::new(greet);
    for (path, host) in [("/health", "Host: a\r\n"), ("/chat", "Host: a\r\n"), ("/old", "")] {
        let request = format!("GET {path} HTTP/1.1\r\n{host}\r\n");
        let answer = Answer::parse(&ask(&layer, None, &request).await).expect("an answer");
        assert_eq!((answer.status, answer.text()), (200, format!("plain {path}, Upgrade: None")));
    }
}

#[tokio::test(start_paused = true)]
async fn rejections_are_responses() {
    let layer = UpgradeLayer::new(greet);
    for (old, new, status) in [
        ("Version: 13", "Version: 8", 426),
        ("Connection: Upgrade", "Connection: close", 400),
        ("Host: server.example.com", "Host: server.example.com\r\nOrigin: https://other.example", 403),
    ] {
        let answer = ask(&layer, None, &upgrade("/chat").replace(old, new)).await;
        let answer = Answer::parse(&answer).expect("an answer");
        assert_eq!(answer.status, status, "{new}");
        answer.is_rejection(false).expect("a whole rejection");
    }
}

#[tokio::test(start_paused = true)]
async fn a_decision_accepts_rejects_or_falls_through() {
    let chat = Arc::new(ServerOptions::new().subprotocol("chat").expect("a token"));
    let layer = UpgradeLayer::new(greet).decide(move |request| {
        let chat = Arc::clone(&chat);
        async move {
            // It takes time, and sees everything.
            tokio::task::yield_now().await;
            assert_eq!(request.authority(), "server.example.com");
            assert_eq!(request.subprotocols().collect::<Vec<_>>(), ["chat"]);
            assert_eq!(request.headers()["upgrade"], "websocket");
            match (request.path(), request.query()) {
                ("/accept", None) => Decision::Accept,
                ("/with", Some("room=1")) => Decision::AcceptWith(chat),
                ("/reject", None) => {
                    Decision::Reject(Rejection::new(429).expect("a refusal").body("later\n"))
                }
                _ => Decision::FallThrough,
            }
        }
    });
    let fields = "Sec-WebSocket-Protocol: chat\r\nHost:";
    for (path, status, text) in [
        ("/accept", 101, "hello /accept None"),
        ("/with?room=1", 101, "hello /with Some(\"chat\")"),
        ("/reject", 429, "later\n"),
        ("/else", 200, "plain /else, Upgrade: Some(\"websocket\")"),
    ] {
        let answer = ask(&layer, None, &upgrade(path).replace("Host:", fields)).await;
        let answer = Answer::parse(&answer).expect("an answer");
        assert_eq!((answer.status, answer.text().as_str()), (status, text), "{path}");
    }
}

/// Each request is asked about once if the layer's options allow it, and never otherwise. Other options can refuse it
/// afterwards.
#[tokio::test(start_paused = true)]
async fn a_decision_is_not_asked_for_a_foreign_origin() {
    let asked = Arc::new(AtomicUsize::new(0));
    let asking = Arc::clone(&asked);
    let layer = UpgradeLayer::new(greet).decide(move |request| {
        asking.fetch_add(1, SeqCst);
        ready(match request.path() {
            "/accept" => Decision::Accept,
            "/with" => {
                let options = ServerOptions::new().origin("https://third.example").expect("an origin");
                Decision::AcceptWith(Arc::new(options))
            }
            _ => Decision::FallThrough,
        })
    });
    for (path, origin, status, questions) in [
        ("/accept", "https://other.example", 403, 0),
        ("/with", "https://third.example", 403, 0),
        ("/else", "https://other.example", 403, 0),
        ("/accept", "https://server.example.com", 101, 1),
        ("/with", "https://server.example.com", 403, 1),
        ("/else", "https://server.example.com", 200, 1),
    ] {
        let request = upgrade(path).replace("Host:", &format!("Origin: {origin}\r\nHost:"));
        let answer = Answer::parse(&ask(&layer, None, &request).await).expect("an answer");
        assert_eq!((answer.status, asked.swap(0, SeqCst)), (status, questions), "{path} from {origin}");
    }
}

/// A request that falls through can still be upgraded by a later layer.
#[tokio::test(start_paused = true)]
async fn layers_stand_behind_each_other() {
    let inner = UpgradeLayer::new(greet);
    let outer = UpgradeLayer::new(|_, _| async { unreachable!("it decides on nothing") })
        .decide(|_| async { Decision::FallThrough });
    let (mut client, server) = duplex(1 << 16);
    let service = TowerToHyperService::new(outer.layer(inner.layer(service_fn(http))));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(server), service);
    let serving = tokio::spawn(connection.with_upgrades());
    client.write_all(upgrade("/chat").as_bytes()).await.expect("room in memory");
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.expect("a stream in memory");
    let answer = Answer::parse(&answer).expect("an answer");
    assert_eq!((answer.status, answer.text().as_str()), (101, "hello /chat None"));
    serving.await.expect("no panic").expect("an upgraded connection");
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_drains_turns_handshakes_away_and_nothing_else() {
    let (gate, layer) = (Gate::new(GateOptions::new().retry_after(7)), UpgradeLayer::new(greet));
    let answer = Answer::parse(&ask(&layer, Some(&gate), &upgrade("/chat")).await).expect("an answer");
    assert_eq!((answer.status, answer.text().as_str()), (101, "hello /chat None"));
    gate.drain();
    let answer = Answer::parse(&ask(&layer, Some(&gate), &upgrade("/chat")).await).expect("an answer");
    assert_eq!((answer.status, answer.all("Retry-After")), (503, vec!["7"]));
    let plain = ask(&layer, Some(&gate), "GET /health HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(Answer::parse(&plain).expect("an answer").status, 200);
    gate.drained().await;
}
