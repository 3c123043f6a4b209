//! The gate's deadline before an HTTP server.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::time::Duration;

use ::hyper::body::Incoming;
use ::hyper::service::service_fn;
use ::hyper_util::rt::{TokioExecutor, TokioIo};
use ::hyper_util::server::conn::auto::Builder;
use ::tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use ::tokio::task::{JoinHandle, yield_now};
use ::tokio::time::{Instant, sleep};
use bytes::Bytes;
use http_body_util::Full;
use websocket_upgrade::HandleError;
use websocket_upgrade::gate::{Gate, GateOptions, TurnedAway};

use super::{address, answer, is_503};

const SECOND: Duration = Duration::from_secs(1);

/// A head of plain HTTP.
const PLAIN: &[u8] = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n";

fn gate() -> Gate {
    Gate::new(GateOptions::new().deadline(5 * SECOND))
}

#[tokio::test(start_paused = true)]
async fn reading_fails_at_the_deadline_however_a_client_drips() {
    for drips in [false, true] {
        let gate = gate();
        let (mut client, server) = duplex(4096);
        let start = Instant::now();
        let mut admitted = gate.admit(server, address("192.0.2.1")).expect("room");
        assert_eq!(gate.under_way(), 1);
        let dripping = async {
            while drips && client.write_all(b"G").await.is_ok() {
                sleep(SECOND).await;
            }
            std::future::pending::<()>().await;
        };
        let mut received = Vec::new();
        let read = ::tokio::select! {
            read = admitted.read_to_end(&mut received) => read,
            () = dripping => unreachable!("it never ends"),
        };
        assert_eq!(read.expect_err("overdue").kind(), ErrorKind::TimedOut);
        assert_eq!((start.elapsed(), gate.under_way()), (5 * SECOND, 0));
        assert_eq!(admitted.read(&mut [0]).await.expect_err("still").kind(), ErrorKind::TimedOut);
        assert_eq!(received.len(), if drips { 5 } else { 0 });
    }
}

#[tokio::test(start_paused = true)]
async fn writing_that_waits_for_room_fails_at_the_deadline() {
    let gate = gate();
    let (_client, server) = duplex(16);
    let start = Instant::now();
    let mut admitted = gate.admit(server, None).expect("room");
    admitted.write_all(&[0; 16]).await.expect("room");
    let written = admitted.write_all(&[0]).await;
    assert_eq!(written.expect_err("overdue").kind(), ErrorKind::TimedOut);
    assert_eq!((start.elapsed(), gate.under_way()), (5 * SECOND, 0));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_is_there_ends_deadline_and_count() {
    let gate = gate();
    let (mut client, server) = duplex(4096);
    let mut admitted = gate.admit(server, None).expect("room");
    let head = admitted.first_head();
    client.write_all(b"a").await.expect("room");
    assert_eq!(admitted.read_u8().await.expect("in time"), b'a');
    head.complete();
    assert!(head.is_complete() && gate.under_way() == 0);
    sleep(60 * SECOND).await;
    client.write_all(b"b").await.expect("room");
    assert_eq!(admitted.read_u8().await.expect("no deadline"), b'b');
    admitted.write_all(b"c").await.expect("room");
    assert_eq!(client.read_u8().await.expect("written"), b'c');
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_gives_its_place_back() {
    let gate = gate();
    for way in ["drop", "into_inner", "with a head that will never come"] {
        let admitted = gate.admit(duplex(16).1, None).expect("room");
        let head = admitted.first_head();
        assert_eq!(gate.under_way(), 1);
        match way {
            "into_inner" => drop(admitted.into_inner()),
            _ => drop(admitted),
        }
        assert_eq!(gate.under_way(), 0, "{way}");
        assert!(!head.is_complete());
    }
}

#[tokio::test(start_paused = true)]
async fn one_too_many_is_answered_before_it_is_read() {
    let gate = Gate::new(GateOptions::new().per_peer(1).retry_after(3));
    let _first = gate.admit(duplex(16).1, address("192.0.2.1")).expect("room");
    let (mut client, server) = duplex(4096);
    let refused = gate.admit(server, address("192.0.2.1")).expect_err("one too many");
    assert_eq!(refused.why(), TurnedAway::PerPeer { limit: 1 });
    let (error, answer) = ::tokio::join!(refused.answer(), async {
        let answer = answer(&mut client).await;
        drop(client);
        answer
    });
    assert!(matches!(error, HandleError::TurnedAway(TurnedAway::PerPeer { limit: 1 })), "{error:?}");
    is_503(&answer, "3");
    assert_eq!(
        answer.text(),
        "too many handshakes under way from this address: the limit `per_peer` of 1 is reached\n"
    );
}

#[tokio::test(start_paused = true)]
async fn plain_http_goes_on_while_the_gate_is_draining() {
    let gate = Gate::new(GateOptions::new().total(0).deadline(SECOND));
    gate.drain();
    let mut admitted = gate.admit(duplex(16).1, None).expect("uncounted");
    gate.drained().await;
    assert_eq!(gate.under_way(), 0);
    let start = Instant::now();
    let (client, server) = duplex(16);
    let mut waiting = gate.admit(server, None).expect("uncounted");
    assert_eq!(waiting.read_u8().await.expect_err("the deadline counts").kind(), ErrorKind::TimedOut);
    assert_eq!(start.elapsed(), SECOND);
    drop(client);
    // The other side of this connection is gone.
    assert_eq!(admitted.read(&mut [0]).await.map_err(|error| error.kind()), Err(ErrorKind::TimedOut));
}

/// Makes a connection that hyper serves, in any version of HTTP.
fn serve(gate: &Gate) -> (DuplexStream, JoinHandle<()>) {
    let (client, server) = duplex(4096);
    let admitted = gate.admit(server, None).expect("room");
    let head = admitted.first_head();
    let service = service_fn(move |_: http::Request<Incoming>| {
        head.complete();
        async { Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::from_static(b"ok")))) }
    });
    let serving = async move {
        // The test checks the end at the other side.
        let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(admitted), service).await;
    };
    (client, ::tokio::spawn(serving))
}

#[tokio::test(start_paused = true)]
async fn hyper_closes_at_the_deadline_in_whatever_it_waits_for() {
    // The cases: hyper detects the version; is in a head of HTTP/1.1; is after the preface of HTTP/2.
    for begun in ["", "PRI * HT", "GET / HTTP/1.1\r\nHost: ", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let (gate, start) = (gate(), Instant::now());
        let (mut client, serving) = serve(&gate);
        client.write_all(begun.as_bytes()).await.expect("room");
        assert_eq!(gate.under_way(), 1);
        serving.await.expect("no panic");
        assert_eq!((start.elapsed(), gate.under_way()), (5 * SECOND, 0), "{begun:?}");
        let mut told = Vec::new();
        client.read_to_end(&mut told).await.expect("a stream in memory");
        assert!(!told.starts_with(b"HTTP/1.1 408"), "the row in the table: {:?}", told.escape_ascii());
    }
}

#[tokio::test(start_paused = true)]
async fn hyper_goes_on_behind_a_head_that_came_in_time() {
    let gate = gate();
    let (mut client, serving) = serve(&gate);
    for pause in [4 * SECOND, 60 * SECOND] {
        sleep(pause).await;
        client.write_all(PLAIN).await.expect("room");
        let mut told = Vec::new();
        while !told.ends_with(b"\r\n\r\nok") {
            told.push(client.read_u8().await.expect("an answer"));
        }
        assert!(told.starts_with(b"HTTP/1.1 200 "), "{}", told.escape_ascii());
        assert_eq!(gate.under_way(), 0);
    }
    drop(client);
    serving.await.expect("no panic");
    yield_now().await;
}
