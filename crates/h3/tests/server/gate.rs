//! The gate: limits, draining, and what counts.

use tokio::join;
use websocket_upgrade::gate::{Gate, GateOptions, TurnedAway};
use websocket_upgrade::{HandleError, Rejection, ServerOptions};
use websocket_upgrade_h3::Incoming;

use crate::kit::raw::{H3_NO_ERROR, connect, headers, plain};
use crate::served::Served;

fn is_turned_away(next: &Result<Incoming, HandleError>, expected: TurnedAway) {
    assert!(matches!(next, Err(HandleError::TurnedAway(why)) if *why == expected), "{next:?}");
}

#[tokio::test(start_paused = true)]
async fn above_a_limit_there_is_503_until_a_handshake_is_decided() {
    for (gate, why) in [
        (GateOptions::new().total(1), TurnedAway::Total { limit: 1 }),
        (GateOptions::new().per_peer(1), TurnedAway::PerPeer { limit: 1 }),
    ] {
        let (gate, options) = (Gate::new(gate.retry_after(7)), ServerOptions::new());
        let mut served = Served::of(&options, |connection| connection.gated(gate.clone())).await;
        for decision in 0..4 {
            let mut first = served.send(&connect("/first", &[])).await;
            let incoming = served.next().await.expect("room");
            assert_eq!(gate.under_way(), 1);
            // It is answered before anything of it is read.
            let mut second = served.open(&headers(&connect("/second", &[]))[..5]).await;
            is_turned_away(&served.next().await, why);
            let answer = second.answer().await.expect("an answer");
            assert_eq!((answer.head.status, answer.text()), (503, format!("{why}\n").as_str()));
            assert_eq!(answer.head.all("retry-after"), ["7"]);
            assert_eq!(second.stopped().await, Some(H3_NO_ERROR));
            let status = match decision {
                0 => drop_of(incoming.accept(&options).await.expect("allowed")),
                1 => incoming.reject(Rejection::forbidden()).await.map(|()| 403).expect("a stream"),
                2 => drop_of(incoming.into_http()),
                _ => {
                    drop(incoming);
                    503
                }
            };
            assert_eq!(gate.under_way(), 0, "{decision}");
            if status > 0 {
                assert_eq!(first.head().await.expect("an answer").status, status);
            }
        }
    }
}

/// Drops what is established.
fn drop_of<T>(established: T) -> u16 {
    // The answer is written already.
    drop(established);
    0
}

#[tokio::test(start_paused = true)]
async fn a_slow_head_counts_up_to_its_deadline_and_plain_http_up_to_its_head() {
    let gate = Gate::new(GateOptions::new().total(1));
    let mut served = Served::of(&ServerOptions::new(), |connection| connection.gated(gate.clone())).await;
    let mut slow = served.open(&headers(&connect("/slow", &[]))[..5]).await;
    let (next, answer) = join!(served.connection.accept(), slow.answer());
    assert!(matches!(next, Some(Err(HandleError::Rejected(_)))));
    assert_eq!((answer.expect("an answer").head.status, gate.under_way()), (408, 0));
    let _exchange = served.send(&plain("GET", "/", &[])).await;
    let incoming = served.next().await.expect("room");
    assert_eq!((incoming.is_upgrade(), gate.under_way()), (false, 0));
}

#[tokio::test(start_paused = true)]
async fn while_draining_plain_http_is_served_and_handshakes_get_503() {
    let gate = Gate::default();
    let mut served = Served::of(&ServerOptions::new(), |connection| connection.gated(gate.clone())).await;
    let _waits = served.send(&connect("/first", &[])).await;
    let incoming = served.next().await.expect("room");
    gate.drain();
    let mut late = served.send(&connect("/late", &[])).await;
    is_turned_away(&served.next().await, TurnedAway::Draining);
    let answer = late.answer().await.expect("an answer");
    assert_eq!((answer.head.status, answer.text()), (503, "draining: no handshake begins any more\n"));
    let mut health = served.send(&plain("GET", "/health", &[])).await;
    health.finish();
    let request = served.next().await.expect("plain HTTP").into_http();
    request.respond(http::Response::new("draining")).await.expect("a stream");
    assert_eq!(health.answer().await.expect("an answer").text(), "draining");
    let (drained, ()) = join!(gate.drained(), async { drop(incoming) });
    assert_eq!((drained, gate.under_way()), ((), 0));
}
