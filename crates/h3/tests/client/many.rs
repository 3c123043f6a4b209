//! Many streams on one connection, up to the number that the server allows, and many connections on one endpoint.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::AsyncWriteExt;
use websocket_upgrade_h3::{Session, create_upgrade_request_on};

use crate::kit::raw::H3_NO_ERROR;
use crate::server::{Host, URL, echo, echoes};

#[tokio::test(start_paused = true)]
async fn a_hundred_websockets_on_one_connection() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let echoing = tokio::spawn(server.echo());
    let all = (0_u8..100).map(|number| {
        let (session, options) = (session.clone(), host.options.clone());
        async move {
            let mut opened = session.open(URL, &options).await.expect("accepted").into_stream();
            for _ in 0..5 {
                echoes(&mut opened, &[number; 3_000]).await;
            }
            opened
        }
    });
    let all = join_all(all).await;
    assert!(!host.is_called().await, "one connection is enough");
    drop((all, session));
    assert_eq!(echoing.await.expect("no panic"), 100);
}

#[tokio::test(start_paused = true)]
async fn where_one_stream_is_allowed_the_second_waits() {
    let host = Host::with_streams(1);
    let (session, server) = host.connected().await;
    let (first, exchange) = tokio::join!(session.open(URL, &host.options), server.accepts());
    let mut second = pin!(session.open(URL, &host.options));
    for _ in 0..100 {
        let waits = poll_fn(|context| Poll::Ready(second.as_mut().poll(context).is_pending())).await;
        assert!(waits && !server.is_asked().await);
        tokio::task::yield_now().await;
    }
    drop((first, exchange));
    let (second, exchange) = tokio::join!(second, server.accepts());
    let mut second = second.expect("accepted").into_stream();
    let echoing = tokio::spawn(echo(exchange));
    echoes(&mut second, b"it is its turn").await;
    // A stream that has ended on both sides frees its place even before it is dropped.
    second.shutdown().await.expect("an open stream");
    let mut rest = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut second, &mut rest).await.expect("no reset");
    let (third, _exchange) = tokio::join!(session.open(URL, &host.options), server.accepts());
    third.expect("accepted");
    echoing.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn who_leaves_the_queue_sends_nothing() {
    let host = Host::with_streams(1);
    let (session, server) = host.connected().await;
    let (first, exchange) = tokio::join!(session.open(URL, &host.options), server.accepts());
    let brief = host.options.clone().deadline(Duration::from_secs(1));
    let left = join_all((0..5).map(|_| session.open("wss://server.example.com/left", &brief))).await;
    assert!(left.iter().all(Result::is_err));
    let (second, last) = tokio::join!(session.open("wss://server.example.com/last", &host.options), async {
        drop((first, exchange));
        let asked = server.asked().await;
        assert_eq!(asked.field(":path"), Some("/last"));
        asked.accept().await
    });
    assert!(!server.is_asked().await);
    drop((second.expect("accepted"), last, session));
    assert_eq!(server.closed().await, H3_NO_ERROR);
}

#[tokio::test(start_paused = true)]
async fn a_queue_is_served_to_its_end() {
    let host = Host::with_streams(3);
    let (session, server) = host.connected().await;
    let echoing = tokio::spawn(server.echo());
    let all = (0..50).map(|_| async {
        let mut opened = session.open(URL, &host.options).await.expect("accepted").into_stream();
        echoes(&mut opened, b"its turn").await;
    });
    join_all(all).await;
    drop(session);
    assert_eq!(echoing.await.expect("no panic"), 50);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_place_hears_that_the_connection_ends() {
    let host = Host::with_streams(1);
    let (session, server) = host.connected().await;
    let (_first, _exchange) = tokio::join!(session.open(URL, &host.options), server.accepts());
    let (second, ()) = tokio::join!(session.open(URL, &host.options), async {
        tokio::task::yield_now().await;
        server.close(0x107);
    });
    let error = second.expect_err("closed");
    assert!(error.to_string().contains("H3_EXCESSIVE_LOAD"), "{error}");
}

/// Sessions, and streams without one, share an endpoint, and leave nothing on it.
#[tokio::test(start_paused = true)]
async fn one_endpoint_has_many_connections() {
    let host = Host::new();
    let serving = async {
        let mut all = Vec::new();
        for _ in 0..20 {
            all.push(tokio::spawn(host.accept().await.echo()));
        }
        all
    };
    let asking = async {
        let mut streams = Vec::new();
        for number in 0..20 {
            let opened = if number % 2 == 0 {
                create_upgrade_request_on(&host.client, URL, &host.options).await
            } else {
                let session = Session::connect_on(&host.client, URL, &host.options).await.expect("a session");
                session.open(URL, &host.options).await
            };
            streams.push(opened.expect("accepted").into_stream());
        }
        for stream in &mut streams {
            echoes(stream, b"each has its own").await;
        }
        streams
    };
    let (serving, streams) = tokio::join!(serving, asking);
    assert_eq!(host.endpoint.open_connections(), 20);
    drop(streams);
    host.client.wait_idle().await;
    for one in serving {
        assert_eq!(one.await.expect("no panic"), 1);
    }
}
