//! A handshake that is dropped at any point where it waits.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use websocket_upgrade_h3::{Session, create_upgrade_request_on};

use crate::kit::raw::{DATA, Exchange, Frames, frame, headers};
use crate::server::{Host, URL, echo, echoes};

/// Polls a future a number of times, each time when it was woken. Returns whether it ended.
async fn polled<T>(future: impl Future<Output = T>, times: usize) -> bool {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        future.as_mut().poll(context).map(|_| true)
    })
    .await
}

/// Answers in several steps, so that the client waits often.
async fn hesitate(mut exchange: Exchange, status: &str) {
    let Ok(Some(_)) = exchange.frames.next().await else { return };
    let interim = headers(&[(":status", "103")]);
    let last = headers(&[(":status", status)]);
    let piece = frame(DATA, b"no");
    for bytes in [&interim, &interim, &interim, &last, &piece, &piece] {
        tokio::task::yield_now().await;
        if exchange.send.write_all(bytes).await.is_err() {
            return;
        }
    }
    let _ = exchange.send.finish();
    // Reads up to the end by the client, whatever kind it is.
    while let Ok(Some(_)) = exchange.frames.next().await {}
}

#[tokio::test(start_paused = true)]
async fn a_dropped_open_leaves_the_others_alone() {
    for status in ["200", "403"] {
        let host = Host::new();
        let (session, server) = host.connected().await;
        let (other, exchange) = tokio::join!(session.open(URL, &host.options), server.accepts());
        let (mut other, echoing) = (other.expect("accepted").into_stream(), tokio::spawn(echo(exchange)));
        let connection = server.connection.clone();
        let serving = tokio::spawn(async move {
            let mut all = Vec::new();
            while let Ok((send, receive)) = connection.accept_bi().await {
                all.push(tokio::spawn(hesitate(Exchange { send, frames: Frames::new(receive) }, status)));
            }
            for one in all {
                one.await.expect("no panic");
            }
        });
        let mut times = 0;
        while !polled(session.open(URL, &host.options), times).await {
            echoes(&mut other, b"still here").await;
            times += 1;
        }
        assert!(times > 2, "it had nothing to wait for");
        echoes(&mut other, b"still here").await;
        drop((other, session));
        assert_eq!(server.closed().await, 0x100);
        serving.await.expect("no panic");
        echoing.await.expect("no panic");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_connect_closes_its_connection() {
    for alone in [false, true] {
        let host = Host::new();
        let serving = tokio::spawn({
            let endpoint = host.endpoint.clone();
            async move {
                let mut all = Vec::new();
                while let Some(incoming) = endpoint.accept().await {
                    all.push(tokio::spawn(async move {
                        let Ok(connection) = incoming.await else { return };
                        let control = async {
                            let mut control = connection.open_uni().await?;
                            control.write_all(&[0, 4, 2, 8, 1]).await?;
                            Ok::<_, std::io::Error>(control)
                        };
                        let Ok(_control) = control.await else { return };
                        while let Ok((send, receive)) = connection.accept_bi().await {
                            hesitate(Exchange { send, frames: Frames::new(receive) }, "200").await;
                        }
                    }));
                }
                for one in all {
                    one.await.expect("no panic");
                }
            }
        });
        let mut times = 0;
        loop {
            let ended = if alone {
                polled(create_upgrade_request_on(&host.client, URL, &host.options), times).await
            } else {
                polled(Session::connect_on(&host.client, URL, &host.options), times).await
            };
            if ended {
                break;
            }
            times += 1;
        }
        assert!(times > 2, "it had nothing to wait for");
        // Every connection has ended at the client's end, and the server has heard it.
        host.client.wait_idle().await;
        host.endpoint.wait_idle().await;
        host.endpoint.close(0_u32.into(), b"");
        serving.await.expect("no panic");
    }
}
