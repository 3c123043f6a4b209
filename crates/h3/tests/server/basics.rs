//! Requests that are accepted, rejected and served.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use websocket_upgrade::{Rejection, ServerOptions};
use websocket_upgrade_h3::Connection;

use crate::kit::quic::Pair;
use crate::kit::raw::{DATA, Exchange, connect, control, frame, headers, plain};

#[tokio::test(start_paused = true)]
async fn a_websocket_is_established() {
    let pair = Pair::new().await;
    let mut connection = Connection::new(pair.server.clone(), &ServerOptions::new()).await.unwrap();
    let client = async {
        let _control = control(&pair.client, &[]).await;
        let mut exchange = Exchange::open(&pair.client, &headers(&connect("/chat?room=1", &[]))).await;
        let head = exchange.head().await.unwrap();
        assert_eq!(head.status, 200, "{head:?}");
        exchange.write(&frame(DATA, b"frames")).await;
        exchange.finish();
        assert_eq!(exchange.body().await.unwrap(), b"frames");
    };
    let server = async {
        let incoming = connection.accept().await.expect("a request").expect("a head");
        assert_eq!((incoming.path(), incoming.query()), ("/chat", Some("room=1")));
        let upgraded = incoming.accept(&ServerOptions::new()).await.expect("allowed");
        assert_eq!(upgraded.head.uri().path(), "/chat");
        let mut stream = upgraded.into_stream();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).await.unwrap();
        stream.write_all(&text).await.unwrap();
        stream.shutdown().await.unwrap();
    };
    tokio::join!(client, server);
}

#[tokio::test(start_paused = true)]
async fn a_request_is_rejected_and_another_served() {
    let pair = Pair::new().await;
    let mut connection = Connection::new(pair.server.clone(), &ServerOptions::new()).await.unwrap();
    let client = async {
        let _control = control(&pair.client, &[]).await;
        let mut exchange = Exchange::open(&pair.client, &headers(&connect("/chat", &[]))).await;
        let answer = exchange.answer().await.unwrap();
        assert_eq!((answer.head.status, answer.text()), (403, "no\n"));
        assert_eq!(answer.head.all("content-length"), ["3"]);
        let mut exchange = Exchange::open(&pair.client, &headers(&plain("GET", "/", &[]))).await;
        exchange.finish();
        let answer = exchange.answer().await.unwrap();
        assert_eq!((answer.head.status, answer.text()), (200, "hello"));
        assert_eq!(answer.head.all("content-length"), ["5"]);
        assert_eq!(answer.head.all("date").len(), 1);
    };
    let server = async {
        let incoming = connection.accept().await.expect("a request").expect("a head");
        incoming.reject(Rejection::forbidden().body("no\n")).await.unwrap();
        let incoming = connection.accept().await.expect("a request").expect("a head");
        assert!(!incoming.is_upgrade());
        let mut request = incoming.into_http().unwrap();
        assert_eq!(request.data().await.unwrap(), None);
        request.respond(http::Response::new("hello")).await.unwrap();
    };
    tokio::join!(client, server);
}
