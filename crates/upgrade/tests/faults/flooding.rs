//! The other side never stops sending, at every stage: the call still ends at the deadline.

use std::time::Duration;

use ::tokio::time::{Instant, sleep};
use tokio_util::compat::TokioAsyncReadCompatExt;
use websocket_upgrade::proto::Limits;
use websocket_upgrade::{ClientOptions, ConnectReason, ServerOptions, futures};

use crate::driver::Outcome::{self, Refused, Rejected, Told};
use crate::driver::{Call, DRIVERS, Decision, Far, Options};
use crate::stages::{Flood, Peer, Stages};
use crate::suite::model::REQUEST;

const DEADLINE: Duration = Duration::from_secs(10);

/// The calls with what the other side sends first, what it repeats, and the result.
const CASES: [(Call, Peer, &[u8], Outcome); 17] = [
    (Call::Accept, Peer::Client(Vec::new), b"\r\n", Rejected(408)),
    (Call::Accept, Peer::Client(begun), b"X: y\r\n", Rejected(408)),
    (Call::Accept, Peer::Client(begun), b"x", Rejected(408)),
    (Call::Accept, Peer::Client(invalid), b"x", Rejected(400)),
    (Call::Handle { valid: false }, Peer::Client(Vec::new), b"x", Rejected(426)),
    (Call::Receive(Decision::Accept), Peer::Client(begun), b"X: y\r\n", Rejected(408)),
    (Call::Receive(Decision::Accept), Peer::Client(invalid), b"x", Rejected(400)),
    (Call::Receive(Decision::Reject), Peer::Client(valid), b"x", Told),
    (Call::UpgradeOn, Peer::Server(Vec::new), b"HTTP/1.1 103 Early Hints\r\n\r\n", Outcome::Deadline),
    (Call::UpgradeOn, Peer::Server(status_line), b"x", Outcome::Deadline),
    (Call::UpgradeOn, Peer::Server(accepting), b"X: y\r\n", Outcome::Deadline),
    (Call::UpgradeOn, Peer::Server(accepting), b"x", Outcome::Deadline),
    (Call::UpgradeOn, Peer::Server(refusing), b"x", TRUNCATED),
    (Call::UpgradeOn, Peer::Server(refusing_at_length), b"x", TRUNCATED),
    (Call::UpgradeOn, Peer::Server(refusing_in_chunks), b"1\r\nx\r\n", TRUNCATED),
    (Call::UpgradeOn, Peer::Server(in_a_chunks_extension), b"x", TRUNCATED),
    (Call::UpgradeOn, Peer::Server(in_a_trailer_section), b"X: y\r\n", TRUNCATED),
];

const TRUNCATED: Outcome = Refused { status: 403, truncated: true };

fn valid() -> Vec<u8> {
    format!("{REQUEST}\r\n").into_bytes()
}

fn begun() -> Vec<u8> {
    format!("{REQUEST}X: ").into_bytes()
}

fn invalid() -> Vec<u8> {
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n".to_vec()
}

fn status_line() -> Vec<u8> {
    b"HTTP/1.1 101 ".to_vec()
}

fn accepting() -> Vec<u8> {
    b"HTTP/1.1 101 Switching Protocols\r\nX: ".to_vec()
}

fn refusing() -> Vec<u8> {
    b"HTTP/1.1 403 No\r\n\r\n".to_vec()
}

fn refusing_at_length() -> Vec<u8> {
    b"HTTP/1.1 403 No\r\nContent-Length: 18446744073709551615\r\n\r\n".to_vec()
}

fn refusing_in_chunks() -> Vec<u8> {
    b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec()
}

fn in_a_chunks_extension() -> Vec<u8> {
    [&refusing_in_chunks()[..], b"1;"].concat()
}

fn in_a_trailer_section() -> Vec<u8> {
    [&refusing_in_chunks()[..], b"0\r\n"].concat()
}

/// Options with which only the deadline ends a call.
fn options() -> Options {
    let mut limits = Limits::new();
    (limits.head, limits.target, limits.fields) = (usize::MAX, usize::MAX, usize::MAX);
    (limits.interim, limits.refusal_body) = (usize::MAX, usize::MAX);
    limits.refusal_overhead = usize::MAX;
    Options {
        server: ServerOptions::new().limits(limits).discard(usize::MAX).deadline(DEADLINE),
        client: ClientOptions::new().limits(limits).deadline(DEADLINE),
    }
}

#[test]
fn a_flood_hides_no_deadline() {
    for driver in &DRIVERS {
        for (call, peer, piece, expected) in CASES {
            for counts in [true, false] {
                let flood = Flood { piece, counts, most: 10_000 };
                let what = format!("{}, {call:?}, {flood:?}", driver.name);
                let stream = Stages::flooding(peer, flood);
                let (outcome, elapsed) = (driver.in_memory)(call, stream, &options(), Far::ToItsEnd);
                assert_eq!(outcome, expected, "{what}");
                // It ends at most one turn of reads later.
                assert!((DEADLINE..DEADLINE + 100 * Flood::STEP).contains(&elapsed), "{what}: {elapsed:?}");
            }
        }
    }
}

/// tokio's own sleep is not ready after streams that have used up the budget of a task. This must not matter when the
/// sleep is the deadline of the driver for futures-io.
#[tokio::test(start_paused = true)]
async fn a_flood_hides_no_sleep_of_tokio_in_another_driver() {
    let Options { server, client } = options();
    let flooding = |peer, piece| Stages::flooding(peer, Flood { piece, counts: true, most: 10_000 }).compat();
    let start = Instant::now();
    let served = futures::accept(flooding(Peer::Client(begun), b"X: y\r\n"), &server, sleep);
    let error = served.await.expect_err("no end");
    assert_eq!(error.rejected().map(|error| error.reason().status()), Some(408));
    let asking = flooding(Peer::Server(accepting), b"X: y\r\n");
    let error = futures::upgrade_on(asking, "ws://a/", &client, sleep).await.expect_err("no end");
    assert!(matches!(error.reason(), ConnectReason::Deadline), "{error:?}");
    assert!((2 * DEADLINE..2 * DEADLINE + 200 * Flood::STEP).contains(&start.elapsed()));
}
