//! Whatever becomes of requests: no task is left behind, and the gate counts none.

use tokio::io::AsyncWriteExt;
use tokio::runtime::Handle;
use tokio::time::{Duration, sleep};
use websocket_upgrade::gate::Gate;
use websocket_upgrade::{Rejection, ServerOptions};

use crate::kit::raw::{connect, headers, plain};
use crate::served::Served;

#[tokio::test(start_paused = true)]
async fn no_request_leaves_a_task_behind() {
    let (gate, options) = (Gate::default(), ServerOptions::new().deadline(Duration::from_secs(2)));
    let mut served = Served::of(&options, |connection| connection.gated(gate.clone())).await;
    // The task of the connection has begun then.
    let mut exchange = served.send(&plain("GET", "/", &[])).await;
    drop(served.next().await);
    exchange.finish();
    sleep(Duration::from_secs(20)).await;
    let tasks = Handle::current().metrics().num_alive_tasks();
    for round in 0..160 {
        let lines = if round % 8 == 5 { plain("POST", "/", &[]) } else { connect("/", &[]) };
        let head = headers(&lines);
        let mut exchange = match round % 8 {
            6 => served.open(&head[..5]).await,
            7 => {
                let mut exchange = served.open(&head[..5]).await;
                exchange.send.reset(0x10c_u32.into()).expect("open");
                exchange
            }
            _ => served.open(&head).await,
        };
        let next = served.next().await;
        match round % 8 {
            0 => {
                let mut stream = next.expect("a head").accept(&options).await.expect("allowed").into_stream();
                stream.write_all(b"hello").await.expect("a stream");
                stream.shutdown().await.expect("a stream");
            }
            1 => drop(next.expect("a head").accept(&options).await.expect("allowed")),
            2 => next.expect("a head").reject(Rejection::forbidden()).await.expect("a stream"),
            3 => drop(next.expect("a head").check(&options).await.expect("allowed")),
            4 => drop(next.expect("a head")),
            5 => {
                let request = next.expect("a head").into_http();
                request.respond(http::Response::new("hello")).await.expect("a stream");
            }
            // 408, and a reset.
            _ => drop(next.expect_err("no head")),
        }
        if round % 16 < 8 {
            let _ = exchange.send.finish();
        }
    }
    sleep(Duration::from_secs(20)).await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), tasks);
    assert_eq!(gate.under_way(), 0);

    // With the connection its task ends, and the task of QUIC's.
    let Served { connection, pair, _control } = served;
    drop(connection);
    let _ = pair.client.closed().await;
    sleep(Duration::from_secs(20)).await;
    let left = Handle::current().metrics().num_alive_tasks();
    assert!(left < tasks, "{left} of {tasks}");
}
