//! Whatever becomes of requests and connections: no task is left behind, and no connection.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::runtime::Handle;
use tokio::time::sleep;
use websocket_upgrade_h3::{Session, create_upgrade_request_on};

use crate::kit::raw::H3_REQUEST_CANCELLED;
use crate::server::{Host, URL, reset};

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

#[tokio::test(start_paused = true)]
async fn no_request_leaves_a_task_behind() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let options = host.options.clone().deadline(Duration::from_secs(2));
    let before = tasks();
    for round in 0..120 {
        let (opened, exchange) = tokio::join!(session.open(URL, &options), async {
            let mut asked = server.asked().await;
            match round % 6 {
                0 | 1 => asked.respond(200, &[]).await,
                2 => asked.respond(403, &[]).await,
                3 => asked.reset(H3_REQUEST_CANCELLED),
                4 => asked.respond(200, &[("connection", "upgrade")]).await,
                // It is never answered.
                _ => {}
            }
            asked.exchange
        });
        assert_eq!(opened.is_ok(), round % 6 < 2);
        if let Ok(opened) = opened {
            let mut stream = opened.into_stream();
            stream.write_all(b"some").await.expect("an open stream");
            if round % 4 == 0 {
                stream.shutdown().await.expect("an open stream");
            }
        }
        drop(exchange);
    }
    sleep(Duration::from_secs(20)).await;
    assert_eq!(tasks(), before);
    assert!(session.is_http3() && !host.is_called().await, "one connection");
    drop(session);
    assert_eq!(server.closed().await, 0x100);
    sleep(Duration::from_secs(20)).await;
    // The task of the connection, and quinn's own at both ends.
    assert_eq!((tasks(), host.endpoint.open_connections()), (before - 3, 0));
}

#[tokio::test(start_paused = true)]
async fn no_connection_leaves_a_task_behind() {
    let host = Host::new();
    let before = tasks();
    for round in 0..60 {
        let settings: &[(u64, u64)] = if round % 6 == 5 { &[] } else { &[(8, 1)] };
        let serving = async {
            let server = host.accept_with(settings).await;
            if round % 6 < 4 {
                let mut exchange = server.accepts().await;
                if round % 6 == 1 {
                    reset(&mut exchange, H3_REQUEST_CANCELLED);
                }
                if round % 6 == 2 {
                    server.close(0x102);
                }
                return Some((server, exchange));
            }
            server.connection.closed().await;
            None
        };
        match round % 6 {
            0..=3 => {
                let asked = create_upgrade_request_on(&host.client, URL, &host.options);
                let (opened, kept) = tokio::join!(asked, serving);
                drop((opened, kept));
            }
            4 => {
                let connecting = async {
                    let session = Session::connect_on(&host.client, URL, &host.options).await;
                    drop(session.expect("a session"));
                };
                tokio::join!(connecting, serving);
            }
            // What is asked over TCP then fails, as there is nobody in memory.
            _ => {
                let brief = host.options.clone().deadline(Duration::from_secs(1));
                let (opened, _) = tokio::join!(create_upgrade_request_on(&host.client, URL, &brief), serving);
                opened.expect_err("nobody is there");
            }
        }
    }
    host.client.wait_idle().await;
    sleep(Duration::from_secs(40)).await;
    assert_eq!((tasks(), host.endpoint.open_connections()), (before, 0));
}
