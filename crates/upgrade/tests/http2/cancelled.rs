//! A handshake that is dropped at any point where it waits.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use http::Response;

use crate::server::{Asked, Server, URL, connected, echoes, network, opened};

/// Polls a future a number of times, with turns for other tasks in between. Returns whether it ended.
async fn polled<T>(future: impl Future<Output = T>, times: usize) -> bool {
    let mut future = pin!(future);
    for _ in 0..times {
        let ended = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
        if ended {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

/// Answers in several steps, so that the client waits often.
async fn hesitate(mut asked: Asked, status: u16) {
    for _ in 0..3 {
        tokio::task::yield_now().await;
        let early = Response::builder().status(103).body(()).expect("a legal response");
        if asked.respond.send_informational(early).is_err() {
            return;
        }
    }
    tokio::task::yield_now().await;
    let response = Response::builder().status(status).body(()).expect("a legal response");
    let Ok(mut sending) = asked.respond.send_response(response, false) else { return };
    for _ in 0..3 {
        tokio::task::yield_now().await;
        if sending.send_data("no".into(), false).is_err() {
            return;
        }
    }
    tokio::task::yield_now().await;
    let _ = sending.send_data("".into(), true);
    // Reads up to the end by the client, whatever kind it is.
    while let Some(Ok(_)) = asked.request.body_mut().data().await {}
}

#[tokio::test(start_paused = true)]
async fn a_dropped_open_leaves_the_others_alone() {
    for status in [200, 403] {
        let (options, mut connections) = network();
        let (session, mut server) = connected(&options, &mut connections).await;
        let (mut other, pipe) = opened(&session, &options, &mut server).await;
        let echo = tokio::spawn(pipe.echo());
        let serving = tokio::spawn(async move {
            let mut all = Vec::new();
            while let Some(asked) = server.next().await {
                all.push(tokio::spawn(hesitate(asked, status)));
            }
            for one in all {
                one.await.expect("no panic");
            }
            server
        });
        let mut times = 0;
        while !polled(session.open(URL, &options), times).await {
            echoes(&mut other, b"still here").await;
            times += 1;
        }
        assert!(times > 5, "it had nothing to wait for");
        echoes(&mut other, b"still here").await;
        drop((other, session));
        serving.await.expect("no panic").ended().await;
        echo.await.expect("no panic");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_connect_closes_its_connection() {
    let (options, mut connections) = network();
    let mut times = 0;
    loop {
        let connecting = websocket_upgrade::http2::Session::connect(URL, &options);
        let mut connecting = pin!(connecting);
        let mut server = None;
        let mut ended = false;
        for _ in 0..times {
            ended = poll_fn(|context| Poll::Ready(connecting.as_mut().poll(context).is_ready())).await;
            if ended {
                break;
            }
            if server.is_none() {
                if let Ok(io) = connections.try_recv() {
                    server = Some(tokio::spawn(Server::on(io)));
                }
            }
            tokio::task::yield_now().await;
        }
        if ended {
            break;
        }
        connecting.set(websocket_upgrade::http2::Session::connect("nonsense", &options));
        if let Some(server) = server {
            // A connection that has not begun has no end to wait for.
            if let Ok(server) = server.await {
                server.ended().await;
            }
        }
        times += 1;
    }
    assert!(times > 1, "it had nothing to wait for");
}
