//! Many streams on one connection, up to the number that the server allows.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use futures_util::future::join_all;
use h2::server::Builder;
use tokio::io::AsyncWriteExt;

use crate::server::{URL, connected, connected_with, echoes, network, opened};

#[tokio::test(start_paused = true)]
async fn a_hundred_websockets_on_one_connection() {
    let (options, mut connections) = network();
    let (session, server) = connected(&options, &mut connections).await;
    let echo = server.echo();
    let all = (0_u8..100).map(|number| {
        let (session, options) = (session.clone(), options.clone());
        async move {
            let mut opened = session.open(URL, &options).await.expect("accepted").into_stream();
            for _ in 0..5 {
                echoes(&mut opened, &[number; 3_000]).await;
            }
            opened
        }
    });
    let all = join_all(all).await;
    assert!(connections.is_empty(), "one connection is enough");
    drop((all, session));
    echo.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn where_one_stream_is_allowed_the_second_waits() {
    let (options, mut connections) = network();
    let mut builder = Builder::new();
    builder.enable_connect_protocol().max_concurrent_streams(1);
    let (session, mut server) = connected_with(&options, &mut connections, &builder).await;
    let (first, pipe) = opened(&session, &options, &mut server).await;
    let mut second = pin!(session.open(URL, &options));
    for _ in 0..100 {
        let waits = poll_fn(|context| Poll::Ready(second.as_mut().poll(context).is_pending())).await;
        assert!(waits && !server.is_asked());
        tokio::task::yield_now().await;
    }
    drop((first, pipe));
    let (second, pipe) = tokio::join!(second, server.accept());
    let mut second = second.expect("accepted").into_stream();
    let echo = tokio::spawn(pipe.echo());
    echoes(&mut second, b"it is its turn").await;
    // A stream that has ended on both sides frees its place even before it is dropped.
    second.shutdown().await.expect("an open stream");
    let mut rest = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut second, &mut rest).await.expect("no reset");
    let (_third, _pipe) = opened(&session, &options, &mut server).await;
    echo.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn who_leaves_the_queue_sends_nothing() {
    let (options, mut connections) = network();
    let mut builder = Builder::new();
    builder.enable_connect_protocol().max_concurrent_streams(1);
    let (session, mut server) = connected_with(&options, &mut connections, &builder).await;
    let (first, pipe) = opened(&session, &options, &mut server).await;
    let brief = options.clone().deadline(std::time::Duration::from_secs(1));
    let left = join_all((0..5).map(|_| session.open("ws://server.example.com/left", &brief))).await;
    assert!(left.iter().all(Result::is_err));
    let (second, last) = tokio::join!(session.open("ws://server.example.com/last", &options), async {
        drop((first, pipe));
        let asked = server.asked().await;
        assert_eq!(asked.request.uri().path(), "/last");
        asked.accept(http::Response::new(()))
    });
    drop((second.expect("accepted"), last));
    drop(session);
    assert!(!server.is_asked());
    server.ended().await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_is_served_to_its_end() {
    let (options, mut connections) = network();
    let mut builder = Builder::new();
    builder.enable_connect_protocol().max_concurrent_streams(3);
    let (session, server) = connected_with(&options, &mut connections, &builder).await;
    let echo = server.echo();
    let all = (0..50).map(|_| async {
        let mut opened = session.open(URL, &options).await.expect("accepted").into_stream();
        echoes(&mut opened, b"its turn").await;
    });
    join_all(all).await;
    drop(session);
    echo.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_place_hears_that_the_connection_ends() {
    let (options, mut connections) = network();
    let mut builder = Builder::new();
    builder.enable_connect_protocol().max_concurrent_streams(1);
    let (session, mut server) = connected_with(&options, &mut connections, &builder).await;
    let (_first, _pipe) = opened(&session, &options, &mut server).await;
    let (second, ()) = tokio::join!(session.open(URL, &options), async {
        tokio::task::yield_now().await;
        server.abort(h2::Reason::NO_ERROR);
    });
    let error = second.expect_err("closed");
    assert!(error.to_string().contains("closing the HTTP/2 connection (NO_ERROR"), "{error}");
}
