//! A connection whose other end is gone without closing, and one that only seems to be gone.

use std::time::Duration;

use h2::server::Builder;
use tokio::time::{Instant, sleep, timeout};
use websocket_upgrade::{ClientOptions, ConnectReason};

use crate::server::{Server, URL, connected, connected_with, echoes, network, opened};

fn within(seconds: u64) -> ClientOptions {
    ClientOptions::new().deadline(Duration::from_secs(seconds))
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_replaced_by_the_next_request() {
    for time in [1, 2, 10] {
        let (options, mut connections) = network();
        let (session, mut server) = connected(&options, &mut connections).await;
        let (first, _pipe) = opened(&session, &options, &mut server).await;
        server.freeze();
        let error = session.open(URL, &within(time)).await.expect_err("silence");
        assert!(matches!(error.reason(), ConnectReason::Deadline), "{error}");
        let (start, options) = (Instant::now(), within(time));
        let (second, _server) = tokio::join!(session.open(URL, &options), async {
            let mut server = Server::on(connections.recv().await.expect("another connection")).await;
            let pipe = server.accept().await;
            (server, tokio::spawn(pipe.echo()))
        });
        let mut second = second.expect("accepted").into_stream();
        assert!(start.elapsed() <= Duration::from_secs(1), "{:?}", start.elapsed());
        echoes(&mut second, b"here").await;
        drop(first);
    }
}

/// A time too long for the clock means no deadline, and is no error.
#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_replaced_whatever_the_deadline() {
    let (options, mut connections) = network();
    let (session, server) = connected(&options, &mut connections).await;
    server.freeze();
    session.open(URL, &within(1)).await.expect_err("silence");
    let endless = ClientOptions::new().deadline(Duration::MAX);
    let (second, _server) = tokio::join!(session.open(URL, &endless), async {
        let mut server = Server::on(connections.recv().await.expect("another connection")).await;
        (server.accept().await, server)
    });
    second.expect("accepted");
}

/// A request that is dropped before the deadline has had no answer either.
#[tokio::test(start_paused = true)]
async fn a_request_that_is_dropped_is_a_reason_for_doubt() {
    let (options, mut connections) = network();
    let (session, server) = connected(&options, &mut connections).await;
    server.freeze();
    timeout(Duration::from_secs(1), session.open(URL, &options)).await.expect_err("silence");
    sleep(Duration::from_secs(60)).await;
    let start = Instant::now();
    let (second, _server) = tokio::join!(session.open(URL, &options), async {
        let mut server = Server::on(connections.recv().await.expect("another connection")).await;
        (server.accept().await, server)
    });
    second.expect("accepted");
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_answers_is_kept_with_all_its_streams() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let (mut first, pipe) = opened(&session, &options, &mut server).await;
    let echo = tokio::spawn(pipe.echo());
    let brief = within(2);
    for _ in 0..3 {
        let (silent, _asked) = tokio::join!(session.open(URL, &brief), server.asked());
        silent.expect_err("no answer to this one");
        echoes(&mut first, b"still here").await;
        opened(&session, &options, &mut server).await;
    }
    assert!(connections.try_recv().is_err(), "one connection");
    drop((first, session));
    echo.await.expect("no panic");
    server.ended().await;
}

/// A request that waits for a free stream says nothing about the server.
#[tokio::test(start_paused = true)]
async fn a_full_connection_is_not_a_dead_one() {
    let (options, mut connections) = network();
    let mut builder = Builder::new();
    builder.enable_connect_protocol().max_concurrent_streams(1);
    let (session, mut server) = connected_with(&options, &mut connections, &builder).await;
    let (first, pipe) = opened(&session, &options, &mut server).await;
    for _ in 0..2 {
        session.open(URL, &within(2)).await.expect_err("no place");
    }
    drop((first, pipe));
    opened(&session, &options, &mut server).await;
    assert!(connections.try_recv().is_err(), "one connection");
}

/// A server that can't be reached again gives the same error as at first. The next request tries again.
#[tokio::test(start_paused = true)]
async fn a_connection_that_can_not_be_replaced_is_tried_again() {
    let (options, mut connections) = network();
    let (session, server) = connected(&options, &mut connections).await;
    server.freeze();
    let brief = within(2);
    session.open(URL, &brief).await.expect_err("silence");
    let (error, ()) = tokio::join!(session.open(URL, &brief), async {
        drop(connections.recv().await.expect("another connection"));
    });
    assert!(matches!(error.expect_err("closed").reason(), ConnectReason::Io(_)));
    let (opened, _server) = tokio::join!(session.open(URL, &brief), async {
        let mut server = Server::on(connections.recv().await.expect("another connection")).await;
        (server.accept().await, server)
    });
    opened.expect("accepted");
}
