//! Plain HTTP beside WebSocket streams, on one connection.

use std::io::ErrorKind;

use bytes::Bytes;
use http::{Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::join;
use websocket_upgrade::ServerOptions;
use websocket_upgrade_h3::plain::Request;

use crate::kit::raw::{
    DATA, Exchange, H3_MESSAGE_ERROR, H3_NO_ERROR, H3_REQUEST_CANCELLED, connect, frame, headers, plain,
};
use crate::served::Served;

/// Sends a request, and returns both sides.
async fn ask(served: &mut Served, lines: &[(&str, &str)]) -> (Exchange, Request) {
    let exchange = served.send(lines).await;
    (exchange, served.next().await.expect("a head").into_http())
}

/// Reads the whole content.
async fn content(request: &mut Request) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    while let Some(bytes) = request.data().await? {
        assert!(!bytes.is_empty());
        content.extend_from_slice(&bytes);
    }
    Ok(content)
}

#[tokio::test(start_paused = true)]
async fn a_page_is_loaded_beside_a_websocket() {
    let options = ServerOptions::new();
    let mut served = Served::new(&options).await;
    let mut open = served.send(&connect("/socket", &[])).await;
    let mut stream =
        served.next().await.expect("a head").accept(&options).await.expect("allowed").into_stream();
    assert_eq!(open.head().await.expect("an answer").status, 200);
    let page = Bytes::from(vec![b'a'; 1 << 20]);
    for (method, len) in [("GET", 1 << 20), ("HEAD", 0)] {
        let (mut exchange, request) = ask(&mut served, &plain(method, "/", &[("accept", "text/html")])).await;
        exchange.finish();
        assert_eq!((request.head().method().as_str(), request.head().uri().path()), (method, "/"));
        let response = Response::builder().header("content-type", "text/html").header("connection", "close");
        let response = response.body(page.clone()).expect("a response");
        let (answered, answer) = join!(request.respond(response), exchange.answer());
        answered.expect("a stream");
        let answer = answer.expect("an answer");
        assert_eq!((answer.head.status, answer.body.len()), (200, len));
        assert_eq!(answer.head.all("content-length"), [(1 << 20).to_string()]);
        assert_eq!(answer.head.all("content-type"), ["text/html"]);
        assert_eq!((answer.head.all("date").len(), answer.head.all("connection").len()), (1, 0));
        open.write(&frame(DATA, b"ping")).await;
        let mut bytes = [0; 4];
        stream.read_exact(&mut bytes).await.expect("a stream");
        stream.write_all(&bytes).await.expect("a stream");
        assert_eq!(open.frames.next().await.expect("a stream"), Some((DATA, b"ping".to_vec())));
    }
}

#[tokio::test(start_paused = true)]
async fn content_is_read_in_pieces_and_its_length_is_held() {
    /// Announced, sent, and what comes of it.
    type Case = (Option<&'static str>, &'static [&'static [u8]], Result<&'static [u8], ErrorKind>);
    const CASES: [Case; 6] = [
        (None, &[], Ok(b"")),
        (None, &[b"hello", b"", b" world"], Ok(b"hello world")),
        (Some("11"), &[b"hello", b" world"], Ok(b"hello world")),
        (Some("0"), &[], Ok(b"")),
        (Some("12"), &[b"hello", b" world"], Err(ErrorKind::InvalidData)),
        (Some("10"), &[b"hello", b" world"], Err(ErrorKind::InvalidData)),
    ];
    let mut served = Served::new(&ServerOptions::new()).await;
    for (announced, pieces, expected) in CASES {
        let length = announced.map(|length| ("content-length", length));
        let (mut exchange, mut request) = ask(&mut served, &plain("POST", "/", length.as_slice())).await;
        for piece in pieces {
            exchange.write(&frame(DATA, piece)).await;
        }
        // Trailers have no meaning here.
        exchange.write(&headers(&[("x-trailer", "1")])).await;
        exchange.finish();
        let read = content(&mut request).await;
        let read = read.as_ref().map(Vec::as_slice).map_err(std::io::Error::kind);
        assert_eq!(read, expected, "{announced:?} {pieces:?}");
        if expected.is_ok() {
            request.respond(Response::new("")).await.expect("a stream");
            assert_eq!(exchange.answer().await.expect("an answer").head.status, 200);
        } else {
            drop(request);
            assert_eq!(exchange.reset().await, H3_MESSAGE_ERROR);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_expects_100_gets_it_when_the_content_is_read() {
    let mut served = Served::new(&ServerOptions::new()).await;
    let lines = plain("PUT", "/", &[("expect", "100-continue"), ("content-length", "5")]);
    let (mut exchange, mut request) = ask(&mut served, &lines).await;
    let client = async {
        assert_eq!(exchange.head().await.expect("an interim response").status, 100);
        exchange.write(&frame(DATA, b"hello")).await;
        exchange.finish();
        assert_eq!(exchange.answer().await.expect("an answer").head.status, 201);
    };
    let application = async {
        assert_eq!(content(&mut request).await.expect("a stream"), b"hello");
        let mut response = Response::new("");
        *response.status_mut() = StatusCode::CREATED;
        request.respond(response).await.expect("a stream");
    };
    join!(client, application);
}

#[tokio::test(start_paused = true)]
async fn content_that_nobody_reads_is_stopped_behind_the_answer() {
    let mut served = Served::new(&ServerOptions::new()).await;
    let (mut exchange, request) = ask(&mut served, &plain("POST", "/", &[])).await;
    exchange.write(&frame(DATA, &[0; 1000])).await;
    let mut response = Response::new("too much\n");
    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    request.respond(response).await.expect("a stream");
    let answer = exchange.answer().await.expect("an answer");
    assert_eq!((answer.head.status, answer.text()), (413, "too much\n"));
    assert_eq!(exchange.stopped().await, Some(H3_NO_ERROR));
}

#[tokio::test(start_paused = true)]
async fn statuses_without_content_have_none() {
    let mut served = Served::new(&ServerOptions::new()).await;
    for (status, length) in [(204, None), (205, Some("0")), (304, None), (404, Some("5"))] {
        let (mut exchange, request) = ask(&mut served, &plain("GET", "/", &[])).await;
        exchange.finish();
        let mut response = Response::new("hello");
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        request.respond(response).await.expect("a stream");
        let answer = exchange.answer().await.expect("an answer");
        assert_eq!(answer.head.all("content-length").first().copied(), length, "{status}");
        assert_eq!(answer.text(), if status == 404 { "hello" } else { "" }, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_is_cancelled() {
    let mut served = Served::new(&ServerOptions::new()).await;
    let (mut exchange, request) = ask(&mut served, &plain("GET", "/", &[])).await;
    drop(request);
    assert_eq!(exchange.reset().await, H3_REQUEST_CANCELLED);
    let (mut exchange, request) = ask(&mut served, &plain("GET", "/", &[])).await;
    let mut response = Response::new("");
    *response.status_mut() = StatusCode::EARLY_HINTS;
    let error = request.respond(response).await.expect_err("no answer");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(exchange.reset().await, H3_REQUEST_CANCELLED);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_gives_up_is_noticed() {
    let mut served = Served::new(&ServerOptions::new()).await;
    let (mut exchange, mut request) = ask(&mut served, &plain("POST", "/", &[])).await;
    let cancelled = u32::try_from(H3_REQUEST_CANCELLED).expect("small");
    exchange.send.reset(cancelled.into()).expect("open");
    exchange.frames.receive.stop(cancelled.into()).expect("open");
    let error = request.data().await.expect_err("reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
    let error = request.respond(Response::new("hello")).await.expect_err("stopped");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
}
