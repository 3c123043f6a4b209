//! Requests for WebSocket that are answered with another response, behind the layers.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::timeout;
use tower::{Layer, Service, service_fn};
use websocket_upgrade::ServerOptions;
use websocket_upgrade::hyper::handle_upgrade_request;
use websocket_upgrade::tower::{Decision, RefusalLayer, UpgradeLayer};

use crate::answer::Answer;
use crate::upgrade;

type Plain = Response<Full<Bytes>>;

fn forbidden() -> Plain {
    Response::builder().status(403).body(Full::from("not here\n")).expect("a legal response")
}

/// Returns the answers to a request, and to one that is sent after it.
async fn smuggled<S>(service: S, request: &str) -> Answer
where
    S: Service<Request<Incoming>, Response = Plain, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let (mut client, server) = duplex(1 << 16);
    let service = TowerToHyperService::new(service);
    let connection = http1::Builder::new().serve_connection(TokioIo::new(server), service);
    tokio::spawn(connection.with_upgrades());
    let requests = format!("{request}GET /behind HTTP/1.1\r\nHost: a\r\n\r\n");
    client.write_all(requests.as_bytes()).await.expect("room in memory");
    let mut answers = Vec::new();
    let read = timeout(Duration::from_secs(60), client.read_to_end(&mut answers)).await;
    read.expect("the connection ends").expect("a stream in memory");
    Answer::parse(&answers).expect("an answer")
}

fn is_closed(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status);
    answer.has("connection", "close").expect("it closes");
    assert_eq!(answer.text().matches("HTTP/1.1").count(), 0, "{}", answer.text());
}

#[tokio::test(start_paused = true)]
async fn what_goes_on_to_the_service_closes_unless_it_is_upgraded_there() {
    let http = service_fn(async |_: Request<Incoming>| Ok(forbidden()));
    let never = || UpgradeLayer::new(|_, _| async { unreachable!("nothing is accepted") });
    let left_out = never().when(|_| false).layer(http);
    is_closed(&smuggled(left_out.clone(), &upgrade("/chat")).await, 403);
    is_closed(&smuggled(left_out, &upgrade("/chat").replace("Version: 13", "Version: 8")).await, 403);
    let decided = never().decide(|_| async { Decision::FallThrough }).layer(http);
    is_closed(&smuggled(decided, &upgrade("/chat")).await, 403);
}

/// A service that accepts, and sends another response.
#[tokio::test(start_paused = true)]
async fn a_response_that_is_not_sent_gives_no_connection() {
    let established = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&established);
    let http = service_fn(move |mut request: Request<Incoming>| {
        let seen = Arc::clone(&seen);
        async move {
            if let Ok((_discarded, upgrading)) = handle_upgrade_request(&mut request, &ServerOptions::new()) {
                tokio::spawn(async move { seen.store(upgrading.await.is_ok(), SeqCst) });
            }
            Ok(forbidden())
        }
    });
    is_closed(&smuggled(RefusalLayer::new().layer(http), &upgrade("/chat")).await, 403);
    tokio::task::yield_now().await;
    assert!(!established.load(SeqCst));
}

/// An outer layer answers instead of the one that upgrades.
#[tokio::test(start_paused = true)]
async fn a_layer_that_answers_otherwise_calls_no_handler() {
    let called = Arc::new(AtomicBool::new(false));
    let calls = Arc::clone(&called);
    let layer = UpgradeLayer::new(move |_, _| {
        calls.store(true, SeqCst);
        async {}
    });
    let inner = layer.layer(service_fn(async |_: Request<Incoming>| Ok::<_, Infallible>(forbidden())));
    // An inner layer of the same kind has seen an acceptance.
    let inner = RefusalLayer::new().layer(inner);
    let around = service_fn(move |request: Request<Incoming>| {
        let mut inner = inner.clone();
        async move {
            let _accepted = inner.call(request).await?;
            Ok(forbidden())
        }
    });
    is_closed(&smuggled(RefusalLayer::new().layer(around), &upgrade("/chat")).await, 403);
    tokio::task::yield_now().await;
    assert!(!called.load(SeqCst));
}
