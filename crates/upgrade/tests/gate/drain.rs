//! The end of all handshakes.

use std::time::Duration;

use ::tokio::io::AsyncWriteExt;
use ::tokio::task::yield_now;
use ::tokio::time::Instant;
use websocket_upgrade::gate::{Gate, GateOptions, TurnedAway};

use super::suite::model::REQUEST;
use super::{answer, begin, is_503};

#[tokio::test(start_paused = true)]
async fn those_under_way_end_as_they_would() {
    let gate = Gate::new(GateOptions::new().retry_after(30));
    let (mut good, accepted) = begin(&gate, "192.0.2.1");
    let (mut silent, overdue) = begin(&gate, "192.0.2.2");
    let established = ::tokio::spawn(gate.draining());
    let mut end = ::tokio::spawn(gate.drained());
    yield_now().await;
    assert!(!established.is_finished() && !end.is_finished() && !gate.is_draining());

    let start = Instant::now();
    gate.drain();
    gate.drain();
    established.await.expect("those who talk are told");
    gate.draining().await;
    assert!(gate.is_draining());
    let (mut late, turned_away) = begin(&gate, "192.0.2.3");
    let told = answer(&mut late).await;
    is_503(&told, "30");
    assert_eq!(told.text(), "draining: no handshake begins any more\n");
    drop(late);
    let error = turned_away.await.expect("no panic").expect_err("turned away");
    assert_eq!(error.to_string(), "turned away with status 503: draining: no handshake begins any more");
    assert_eq!(gate.enter(None).map(drop), Err(TurnedAway::Draining));

    good.write_all(format!("{REQUEST}\r\n").as_bytes()).await.expect("room");
    accepted.await.expect("no panic").expect("accepted");
    assert!(!end.is_finished() && gate.under_way() == 1);
    assert_eq!(start.elapsed(), Duration::ZERO);

    (&mut end).await.expect("all are gone");
    assert_eq!((gate.under_way(), start.elapsed()), (0, Duration::from_secs(10)));
    assert_eq!(answer(&mut silent).await.status, 408);
    overdue.await.expect("no panic").expect_err("rejected");
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_under_way_the_end_is_there_at_once() {
    let gate = Gate::default();
    let permit = gate.enter(None).expect("room");
    drop(permit);
    let mut end = ::tokio::spawn(gate.drained());
    yield_now().await;
    assert!(!end.is_finished(), "nobody has asked for it");
    gate.drain();
    (&mut end).await.expect("drained");
    gate.drained().await;
}
