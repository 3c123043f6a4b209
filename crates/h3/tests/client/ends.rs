//! How streams and connections end.

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use websocket_upgrade::ConnectReason;

use crate::kit::raw::{DATA, H3_NO_ERROR, H3_REQUEST_CANCELLED, frame};
use crate::server::{Host, Opened, Server, URL, echo, echoes, reset};

/// What RFC 9114 §8.1 has for failures inside of a server.
const H3_INTERNAL_ERROR: u64 = 0x102;

async fn opened(
    host: &Host,
    session: &websocket_upgrade_h3::Session,
    server: &Server,
) -> (Opened, crate::kit::raw::Exchange) {
    let (opened, exchange) = tokio::join!(session.open(URL, &host.options), server.accepts());
    (opened.expect("accepted"), exchange)
}

#[tokio::test(start_paused = true)]
async fn each_side_ends_on_its_own() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let (first, mut exchange) = opened(&host, &session, &server).await;
    let mut first = first.into_stream();
    first.write_all(b"from the client").await.expect("an open stream");
    first.shutdown().await.expect("an open stream");
    assert_eq!(exchange.body().await.expect("no reset"), b"from the client");
    assert_eq!(first.write(b"more").await.expect_err("ended").kind(), ErrorKind::BrokenPipe);
    // The server's side is still open.
    exchange.write(&frame(DATA, b"from the server")).await;
    exchange.finish();
    let mut received = String::new();
    first.read_to_string(&mut received).await.expect("no reset");
    assert_eq!(received, "from the server");
    assert_eq!(first.read(&mut [0; 8]).await.expect("an end stays one"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_stream_is_reset_and_leaves_the_others_alone() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let (first, mut exchange) = opened(&host, &session, &server).await;
    let (second, other) = opened(&host, &session, &server).await;
    let echoing = tokio::spawn(echo(other));
    drop(first);
    assert_eq!(exchange.reset().await, H3_REQUEST_CANCELLED);
    let mut second = second.into_stream();
    echoes(&mut second, b"still here").await;
    second.shutdown().await.expect("an open stream");
    let mut rest = Vec::new();
    second.read_to_end(&mut rest).await.expect("no reset");
    drop(second);
    echoing.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn a_reset_of_one_stream_leaves_another_echoing() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let (first, mut exchange) = opened(&host, &session, &server).await;
    let (second, other) = opened(&host, &session, &server).await;
    let echoing = tokio::spawn(echo(other));
    let (mut first, mut second) = (first.into_stream(), second.into_stream());
    reset(&mut exchange, H3_INTERNAL_ERROR);
    let error = first.read(&mut [0; 8]).await.expect_err("reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert!(error.to_string().contains("H3_INTERNAL_ERROR"), "{error}");
    let error = first.write_all(&vec![0; 200_000]).await.expect_err("reset");
    assert!(error.to_string().contains("H3_INTERNAL_ERROR"), "{error}");
    echoes(&mut second, b"after").await;
    drop(second);
    echoing.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_goes_away_keeps_its_streams() {
    let host = Host::new();
    let (session, mut server) = host.connected().await;
    let (first, exchange) = opened(&host, &session, &server).await;
    let echoing = tokio::spawn(echo(exchange));
    let mut first = first.into_stream();
    server.go_away(4).await;
    echoes(&mut first, b"still here").await;
    // The next request gets another connection.
    let (second, _other) = tokio::join!(session.open(URL, &host.options), async {
        let server = host.accept().await;
        let exchange = server.accepts().await;
        (server, tokio::spawn(echo(exchange)))
    });
    let mut second = second.expect("accepted").into_stream();
    echoes(&mut second, b"here as well").await;
    echoes(&mut first, b"and still").await;
    assert!(session.is_http3());
    // The first connection ends with its last stream.
    drop(first);
    echoing.await.expect("no panic");
    assert_eq!(server.closed().await, H3_NO_ERROR);
}

#[tokio::test(start_paused = true)]
async fn a_connection_ends_with_its_last_user() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let (first, exchange) = opened(&host, &session, &server).await;
    let echoing = tokio::spawn(echo(exchange));
    let mut first = first.into_stream();
    let clone = session.clone();
    drop(session);
    drop(clone);
    echoes(&mut first, b"without a session").await;
    drop(first);
    assert_eq!(server.closed().await, H3_NO_ERROR);
    echoing.await.expect("no panic");
    host.client.wait_idle().await;
}

/// The end of a stream arrives although its user is gone, and so is the session.
#[tokio::test(start_paused = true)]
async fn what_was_written_before_the_end_arrives() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let (opened, mut exchange) = opened(&host, &session, &server).await;
    let mut stream = opened.into_stream();
    stream.write_all(&vec![7; 50_000]).await.expect("an open stream");
    stream.shutdown().await.expect("an open stream");
    drop((stream, session));
    assert_eq!(exchange.body().await.expect("no reset"), vec![7; 50_000]);
    exchange.finish();
    assert_eq!(server.closed().await, H3_NO_ERROR);
}

#[tokio::test(start_paused = true)]
async fn an_end_with_the_response_is_an_end() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let (opened, _exchange) = tokio::join!(session.open(URL, &host.options), async {
        let mut exchange = server.accepts().await;
        exchange.finish();
        exchange
    });
    let mut stream = opened.expect("accepted").into_stream();
    assert_eq!(stream.read(&mut [0; 8]).await.expect("an end"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_is_an_error_of_every_stream() {
    /// See RFC 9114 §8.1.
    const H3_EXCESSIVE_LOAD: u64 = 0x107;
    let host = Host::new();
    let (session, server) = host.connected().await;
    let (first, _exchange) = opened(&host, &session, &server).await;
    let (waiting, ()) = tokio::join!(session.open(URL, &host.options), async {
        let _asked = server.asked().await;
        server.close(H3_EXCESSIVE_LOAD);
    });
    let error = waiting.expect_err("closed");
    assert!(matches!(error.reason(), ConnectReason::Io(_)) && error.retry().is_worthwhile(), "{error}");
    assert!(error.to_string().contains("H3_EXCESSIVE_LOAD"), "{error}");
    let error = first.into_stream().write_all(&vec![0; 100_000]).await.expect_err("closed");
    assert!(error.to_string().contains("H3_EXCESSIVE_LOAD"), "{error}");
}
