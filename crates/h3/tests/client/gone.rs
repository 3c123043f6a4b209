//! A connection whose other end is gone without closing, and one that only seems to be gone.

use std::time::Duration;

use tokio::time::{Instant, timeout};
use websocket_upgrade::{ClientOptions, ConnectReason};
use websocket_upgrade_h3::Session;

use crate::server::{Host, URL, echo, echoes};

/// Options with so many seconds for everything.
fn within(seconds: u64) -> ClientOptions {
    ClientOptions::new().deadline(Duration::from_secs(seconds))
}

/// Opens a WebSocket on a new connection, which has to come.
async fn replaced(host: &Host, session: &Session, options: &ClientOptions) {
    let (second, _server) = tokio::join!(session.open(URL, options), async {
        let server = host.accept().await;
        let exchange = server.accepts().await;
        (server, tokio::spawn(echo(exchange)))
    });
    let mut second = second.unwrap_or_else(|error| panic!("{error:#}")).into_stream();
    echoes(&mut second, b"here").await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_replaced_by_the_next_request() {
    for time in [2, 4, 10] {
        let mut host = Host::new();
        let (session, server) = host.connected().await;
        let (first, _exchange) = tokio::join!(session.open(URL, &host.options), server.accepts());
        let first = first.expect("accepted");
        let _gone = host.vanish();
        let error = session.open(URL, &within(time)).await.expect_err("silence");
        assert!(matches!(error.reason(), ConnectReason::Deadline), "{error}");
        let start = Instant::now();
        replaced(&host, &session, &within(time)).await;
        assert!(start.elapsed() < Duration::from_millis(1500), "{:?}", start.elapsed());
        drop(first);
    }
}

/// A time too long for the clock means no deadline, and is no error.
#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_replaced_whatever_the_deadline() {
    let mut host = Host::new();
    let (session, _server) = host.connected().await;
    let _gone = host.vanish();
    session.open(URL, &within(1)).await.expect_err("silence");
    replaced(&host, &session, &ClientOptions::new().deadline(Duration::MAX)).await;
}

/// A request that is dropped before the deadline has had no answer either.
#[tokio::test(start_paused = true)]
async fn a_request_that_is_dropped_is_a_reason_for_doubt() {
    let mut host = Host::new();
    let (session, _server) = host.connected().await;
    let _gone = host.vanish();
    timeout(Duration::from_secs(1), session.open(URL, &host.options)).await.expect_err("silence");
    replaced(&host, &session, &host.options).await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_answers_is_kept_with_all_its_streams() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let (first, exchange) = tokio::join!(session.open(URL, &host.options), server.accepts());
    let (mut first, echoing) = (first.expect("accepted").into_stream(), tokio::spawn(echo(exchange)));
    for _ in 0..3 {
        let brief = within(2);
        let (silent, _asked) = tokio::join!(session.open(URL, &brief), server.asked());
        silent.expect_err("no answer to this one");
        echoes(&mut first, b"still here").await;
        let (opened, _exchange) = tokio::join!(session.open(URL, &host.options), server.accepts());
        opened.expect("accepted");
    }
    assert!(!host.is_called().await, "one connection");
    drop((first, session));
    echoing.await.expect("no panic");
    assert_eq!(server.closed().await, 0x100);
}

/// A server that allows no further stream for the question acknowledges that the request has ended.
#[tokio::test(start_paused = true)]
async fn a_server_that_takes_no_questions_is_not_a_dead_one() {
    let host = Host::with(&[b"h3"], |transport| {
        transport.max_concurrent_uni_streams(3_u32.into());
    });
    let (session, server) = host.connected().await;
    for _ in 0..2 {
        let brief = within(2);
        let (silent, _asked) = tokio::join!(session.open(URL, &brief), server.asked());
        silent.expect_err("no answer to this one");
        let (opened, _exchange) = tokio::join!(session.open(URL, &host.options), server.accepts());
        opened.expect("accepted");
    }
    assert!(!host.is_called().await, "one connection");
}

/// A request that waits for a free stream says nothing about the server.
#[tokio::test(start_paused = true)]
async fn a_full_connection_is_not_a_dead_one() {
    let host = Host::with_streams(1);
    let (session, server) = host.connected().await;
    let (first, exchange) = tokio::join!(session.open(URL, &host.options), server.accepts());
    for _ in 0..2 {
        session.open(URL, &within(2)).await.expect_err("no place");
    }
    drop((first.expect("accepted"), exchange));
    let (opened, _exchange) = tokio::join!(session.open(URL, &host.options), server.accepts());
    opened.expect("accepted");
    assert!(!host.is_called().await, "one connection");
}

/// Nobody speaks for an hour.
#[tokio::test(start_paused = true)]
async fn a_silent_websocket_lives() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let (opened, exchange) = tokio::join!(session.open(URL, &host.options), server.accepts());
    let (mut stream, echoing) = (opened.expect("accepted").into_stream(), tokio::spawn(echo(exchange)));
    tokio::time::sleep(Duration::from_secs(3600)).await;
    echoes(&mut stream, b"still here").await;
    drop(stream);
    echoing.await.expect("no panic");
}

/// A connection that is lost is one that has ended: the next request makes another one without any doubt.
#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_made_again() {
    let mut host = Host::new();
    let (session, _server) = host.connected().await;
    let _gone = host.vanish();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let start = Instant::now();
    replaced(&host, &session, &host.options).await;
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}

/// A server that can't be reached again gives the same error as at first. The next request tries again.
#[tokio::test(start_paused = true)]
async fn a_connection_that_can_not_be_replaced_is_tried_again() {
    let mut host = Host::new();
    let (session, _server) = host.connected().await;
    let _gone = host.vanish();
    let brief = within(3);
    session.open(URL, &brief).await.expect_err("silence");
    let (error, ()) = tokio::join!(session.open(URL, &brief), async {
        let connection = host.connection().await;
        connection.close(0x102_u32.into(), b"");
    });
    let error = error.expect_err("closed");
    assert!(matches!(error.reason(), ConnectReason::Io(_)), "{error}");
    assert!(error.to_string().contains("H3_INTERNAL_ERROR"), "{error}");
    replaced(&host, &session, &brief).await;
}
