//! Ten thousand handshakes in progress, and further ones beyond the cap.

use std::time::Duration;

use ::tokio::io::AsyncWriteExt;
use ::tokio::task::yield_now;
use ::tokio::time::Instant;
use websocket_upgrade::gate::{Gate, GateOptions};

use super::suite::model::REQUEST;
use super::{answer, begin, is_503};

const CLIENTS: usize = 10_000;

#[tokio::test(start_paused = true)]
async fn none_survives_its_deadline_and_all_places_are_given_back() {
    let gate = Gate::new(GateOptions::new().total(CLIENTS).per_peer(CLIENTS / 4));
    let start = Instant::now();
    let mut crowd = Vec::with_capacity(CLIENTS);
    for number in 0..CLIENTS {
        let (mut client, served) = begin(&gate, &format!("192.0.2.{}", number % 4));
        client.write_all(&REQUEST.as_bytes()[..100]).await.expect("room");
        crowd.push((client, served));
    }
    while gate.under_way() < CLIENTS {
        yield_now().await;
    }
    for peer in ["192.0.2.0", "198.51.100.1"] {
        let (mut client, served) = begin(&gate, peer);
        is_503(&answer(&mut client).await, "1");
        drop(client);
        served.await.expect("no panic").expect_err("turned away");
    }
    // One of them succeeds, and frees its place for another one.
    let (mut client, served) = crowd.pop().expect("a client");
    client.write_all(&REQUEST.as_bytes()[100..]).await.expect("room");
    client.write_all(b"\r\n").await.expect("room");
    served.await.expect("no panic").expect("accepted");
    assert_eq!((gate.under_way(), start.elapsed()), (CLIENTS - 1, Duration::ZERO));
    let (mut good, served) = begin(&gate, "198.51.100.1");
    good.write_all(format!("{REQUEST}\r\n").as_bytes()).await.expect("room");
    served.await.expect("no panic").expect("accepted");

    for (mut client, served) in crowd {
        let error = served.await.expect("no panic").expect_err("overdue");
        assert_eq!(error.rejected().map(|error| error.reason().status()), Some(408));
        assert_eq!(answer(&mut client).await.status, 408);
    }
    assert_eq!((gate.under_way(), start.elapsed()), (0, Duration::from_secs(10)));
}
