//! Much of everything, from a client: the server stays in its bounds, and others are served.

use std::time::Duration;

use quinn::VarInt;

use super::kit::raw::{DATA, Exchange, connect, frame, headers, plain};
use super::roles::{Server, soon};

#[tokio::test(start_paused = true)]
async fn many_requests_at_once_are_all_answered() {
    let server = Server::new().await;
    let request = headers(&plain("GET", "/", &[]));
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..500 {
        let (peer, request) = (server.peer().clone(), request.clone());
        asking.spawn(async move {
            let mut exchange = Exchange::open(&peer, &request).await;
            exchange.finish();
            exchange.answer().await.expect("an answer").head.status
        });
    }
    let answers = soon(asking.join_all()).await;
    assert!(answers.iter().all(|status| *status == 200));
    assert_eq!(answers.len(), 500);
}

#[tokio::test(start_paused = true)]
async fn requests_that_are_reset_at_once_leave_nothing_behind() {
    let server = Server::new().await;
    assert!(server.works().await);
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    // The task that keeps the connection for the end of a stream lives for a moment.
    tokio::time::sleep(Duration::from_secs(11)).await;
    let before = tasks();
    let request = headers(&connect("/", &[]));
    for round in 0..2_000_u32 {
        let mut exchange = soon(Exchange::open(server.peer(), &request)).await;
        let code = VarInt::from_u32(0x10c);
        exchange.send.reset(code).expect("open");
        if round % 2 == 0 {
            exchange.frames.receive.stop(code).expect("open");
        }
    }
    assert!(server.works().await);
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(tasks(), before);
}

#[tokio::test(start_paused = true)]
async fn heads_that_never_end_do_not_block_more_streams_than_the_limit() {
    let server = Server::new().await;
    let half = &headers(&connect("/", &[]))[..10];
    // As many as are announced at first.
    let mut waiting = Vec::new();
    for _ in 0..99 {
        waiting.push(soon(Exchange::open(server.peer(), half)).await);
    }
    assert!(server.works().await, "there is one stream left");
    for mut exchange in waiting {
        assert_eq!(soon(exchange.head()).await.expect("an answer").status, 408);
    }
    assert!(server.works().await);
}

#[tokio::test(start_paused = true)]
async fn streams_without_a_meaning_are_stopped_again_and_again() {
    let server = Server::new().await;
    for _ in 0..200 {
        let mut stream = soon(server.peer().open_uni()).await.expect("a stream");
        stream.write_all(&[0x21, 0, 0]).await.expect("room");
        soon(stream.stopped()).await.expect("a connection");
    }
    assert!(server.works().await);
}

#[tokio::test(start_paused = true)]
async fn empty_frames_on_an_established_stream_keep_nobody_waiting() {
    let server = Server::new().await;
    let mut flood = Exchange::open(server.peer(), &headers(&connect("/", &[]))).await;
    assert_eq!(soon(flood.head()).await.expect("an answer").status, 200);
    let flooding = async {
        for _ in 0..50 {
            flood.write(&[0x00, 0x00].repeat(5_000)).await;
            flood.write(&[0x21, 0x00].repeat(5_000)).await;
        }
        flood.write(&frame(DATA, b"end")).await;
        flood.finish();
        flood.body().await.expect("an echo")
    };
    let others = async {
        for _ in 0..5 {
            assert!(server.works().await);
        }
    };
    assert_eq!(soon(async { tokio::join!(flooding, others) }).await.0, b"end");
}

#[tokio::test(start_paused = true)]
async fn frames_of_the_control_stream_in_any_number_are_read() {
    let server = Server::new().await;
    let mut control = super::kit::raw::control(server.peer(), &[]).await;
    let frames = [frame(0x21, b"abc"), frame(0x0d, &[1]), frame(0x07, &[0])].concat();
    control.write_all(&frames.repeat(20_000)).await.expect("room");
    assert!(server.works().await);
}
