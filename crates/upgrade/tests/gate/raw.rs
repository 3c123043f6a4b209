//! The caps, on the raw driver.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use ::tokio::io::{AsyncWriteExt, duplex};
use ::tokio::task::yield_now;
use ::tokio::time::Instant;
use websocket_upgrade::gate::{Gate, GateOptions, TurnedAway};
use websocket_upgrade::{HandleError, Rejection, ServerOptions};

use super::suite::model::REQUEST;
use super::{address, answer, begin, is_503};

#[tokio::test(start_paused = true)]
async fn as_many_as_may_be_are_under_way_and_no_more() {
    let gate = Gate::new(GateOptions::new().total(3).retry_after(7));
    let start = Instant::now();
    let mut begun = Vec::new();
    for under_way in 1..=3 {
        begun.push(begin(&gate, "192.0.2.1"));
        yield_now().await;
        assert_eq!(gate.under_way(), under_way);
    }
    let (mut client, served) = begin(&gate, "192.0.2.2");
    let told = answer(&mut client).await;
    is_503(&told, "7");
    assert_eq!(told.text(), "too many handshakes under way: the limit `total` of 3 is reached\n");
    drop(client);
    let error = served.await.expect("no panic").expect_err("turned away");
    assert!(matches!(error, HandleError::TurnedAway(TurnedAway::Total { limit: 3 })), "{error:?}");
    let text =
        "turned away with status 503: too many handshakes under way: the limit `total` of 3 is reached";
    assert_eq!(error.to_string(), text);
    assert_eq!((gate.under_way(), start.elapsed()), (3, Duration::ZERO));

    // One of them is accepted. It frees its place then, not at the end of its connection.
    let (mut client, served) = begun.pop().expect("three");
    client.write_all(format!("{REQUEST}\r\n").as_bytes()).await.expect("room");
    served.await.expect("no panic").expect("accepted");
    assert_eq!(gate.under_way(), 2);
    let (client, served) = begin(&gate, "192.0.2.2");
    yield_now().await;
    assert_eq!(gate.under_way(), 3);

    // One client leaves, and the future of another one is dropped.
    drop(client);
    served.await.expect("no panic").expect_err("closed");
    assert_eq!(gate.under_way(), 2);
    let (_client, served) = begun.pop().expect("two");
    served.abort();
    assert!(served.await.is_err_and(|error| error.is_cancelled()));
    assert_eq!(gate.under_way(), 1);
    drop(begun.pop().expect("one").0);
    while gate.under_way() > 0 {
        yield_now().await;
    }
}

#[test]
fn a_peer_is_an_ipv4_address_or_a_64_of_ipv6() {
    let same = [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
        ("2001:db8::1", "2001:db8::ffff:0:0:2"),
    ];
    let others = [
        ("192.0.2.1", "192.0.2.2"),
        ("2001:db8::1", "2001:db8:0:1::1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2"),
        ("192.0.2.1", "::192.0.2.1"),
    ];
    let cases = same.map(|pair| (pair, true)).into_iter().chain(others.map(|pair| (pair, false)));
    for ((one, other), same) in cases {
        let gate = Gate::new(GateOptions::new().per_peer(2));
        let first = [gate.enter(address(one)), gate.enter(address(one))].map(|permit| permit.expect("room"));
        let next = gate.enter(address(other)).map(drop);
        let expected = if same { Err(TurnedAway::PerPeer { limit: 2 }) } else { Ok(()) };
        assert_eq!(next, expected, "{one} and {other}");
        assert_eq!(gate.under_way(), 2);
        let _unknown = gate.enter(None).expect("the total cap alone");
        drop(first);
        assert_eq!(gate.under_way(), 1);
        gate.enter(address(other)).map(drop).expect("room again");
    }
}

#[test]
fn the_total_cap_counts_whoever_comes() {
    let gate = Gate::new(GateOptions::new().total(2).per_peer(5));
    let _one = gate.enter(address("192.0.2.1")).expect("room");
    let _two = gate.enter(None).expect("room");
    assert_eq!(gate.enter(address("192.0.2.3")).map(drop), Err(TurnedAway::Total { limit: 2 }));
    let none = Gate::new(GateOptions::new().total(0));
    assert_eq!(none.enter(None).map(drop), Err(TurnedAway::Total { limit: 0 }));
}

#[test]
fn the_caps_are_exact_whoever_comes_at_the_same_time() {
    const THREADS: usize = 16;
    for options in [GateOptions::new().total(10), GateOptions::new().per_peer(10)] {
        let (gate, together) = (Gate::new(options), Barrier::new(THREADS));
        for _ in 0..50 {
            let entered: usize = thread::scope(|scope| {
                let come = || {
                    together.wait();
                    let permit = gate.enter(address("192.0.2.1")).ok();
                    together.wait();
                    usize::from(permit.is_some())
                };
                let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(come)).collect();
                threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
            });
            assert_eq!((entered, gate.under_way()), (10, 0));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_is_counted_until_it_is_decided() {
    let gate = Gate::new(GateOptions::new());
    let options = ServerOptions::new().deadline(Duration::from_secs(1));
    for way in ["accept", "reject", "drop", "into_http", "into_unread"] {
        let (mut client, server) = duplex(4096);
        client.write_all(format!("{REQUEST}\r\n").as_bytes()).await.expect("room");
        let incoming = gate.receive(server, address("192.0.2.1"), &options).await.expect("a request");
        assert_eq!(gate.under_way(), 1);
        match way {
            "accept" => drop(incoming.accept(&options).await.expect("accepted")),
            "reject" => incoming.reject(Rejection::new(403).expect("a status")).await.expect("sent"),
            "into_http" => drop(incoming.into_http()),
            "into_unread" => drop(incoming.into_unread()),
            _ => drop(incoming),
        }
        assert_eq!(gate.under_way(), 0, "{way}");
    }
    let full = Gate::new(GateOptions::new().total(0));
    let (mut client, server) = duplex(4096);
    let (received, answer) =
        ::tokio::join!(full.receive(server, address("192.0.2.1"), &options), answer(&mut client));
    received.expect_err("turned away");
    is_503(&answer, "1");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_turned_away_may_not_stay() {
    for (deadline, lingers) in [(10_000, 2000), (500, 500)] {
        let gate = Gate::new(GateOptions::new().total(0));
        let (mut client, server) = duplex(4096);
        let start = Instant::now();
        let options = ServerOptions::new().deadline(Duration::from_millis(deadline));
        gate.accept(server, None, &options).await.expect_err("turned away");
        assert_eq!(start.elapsed(), Duration::from_millis(lingers));
        is_503(&answer(&mut client).await, "1");
    }
}
