//! A client that never stops sending: the gate's deadlines still end it, and the end of a drain is noticed.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use ::hyper::body::Incoming;
use ::hyper::service::service_fn;
use ::hyper_util::rt::{TokioExecutor, TokioIo};
use ::hyper_util::server::conn::auto::Builder;
use ::tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use ::tokio::task::coop::consume_budget;
use ::tokio::task::yield_now;
use ::tokio::time::{Instant, advance};
use bytes::Bytes;
use http_body_util::Full;
use websocket_upgrade::gate::{Gate, GateOptions, TurnedAway};
use websocket_upgrade::{HandleError, ServerOptions};

const DEADLINE: Duration = Duration::from_secs(5);

/// The time that a read takes.
const STEP: Duration = Duration::from_millis(1);

/// The maximum delay: a flooded task reads this long before the runtime looks at its timers.
const TURNS: Duration = Duration::from_secs(1);

/// The number of reads after which it ends, so that a test ends too.
const MOST: usize = 20_000;

/// A connection from a client that sends one thing first, and then another one again and again.
#[derive(Debug)]
struct Flood {
    outgoing: Vec<u8>,
    piece: Vec<u8>,
    /// Whether reads use up tokio's budget of a task.
    counts: bool,
    reads: usize,
}

impl Flood {
    fn new(first: &[u8], piece: &[u8], counts: bool) -> Self {
        Self { outgoing: first.to_vec(), piece: piece.to_vec(), counts, reads: 0 }
    }
}

impl AsyncRead for Flood {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.counts {
            ready!(pin!(consume_budget()).poll(context));
        }
        if self.outgoing.is_empty() && self.reads < MOST {
            self.reads += 1;
            self.outgoing = self.piece.clone();
            // The clock advances in the first poll. Later polls only let other tasks run.
            let _ = pin!(advance(STEP)).poll(&mut Context::from_waker(Waker::noop()));
        }
        let len = self.outgoing.len().min(buffer.remaining());
        buffer.put_slice(&self.outgoing[..len]);
        self.outgoing.drain(..len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Flood {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn gate() -> Gate {
    Gate::new(GateOptions::new().deadline(DEADLINE))
}

fn in_time(start: Instant, deadline: Duration, what: &str) {
    let elapsed = start.elapsed();
    assert!((deadline..deadline + TURNS).contains(&elapsed), "{what}: {elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn reading_fails_at_the_deadline() {
    for counts in [true, false] {
        let (gate, start) = (gate(), Instant::now());
        let mut admitted = gate.admit(Flood::new(b"", b"x", counts), None).expect("room");
        let read = admitted.read_to_end(&mut Vec::new()).await;
        assert_eq!(read.expect_err("overdue").kind(), ErrorKind::TimedOut);
        in_time(start, DEADLINE, "read");
        assert_eq!(gate.under_way(), 0);
    }
}

/// The preface of HTTP/2, and a SETTINGS frame (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

#[tokio::test(start_paused = true)]
async fn a_server_of_http_closes_at_the_deadline() {
    let floods: [(&[u8], &[u8]); 6] = [
        // Empty lines before a request (RFC 9112 §2.2).
        (b"", b"\r\n"),
        // Frames: of an unknown type, PING, SETTINGS, PRIORITY.
        (PREFACE, b"\0\0\x04\xfa\0\0\0\0\0what"),
        (PREFACE, b"\0\0\x08\x06\0\0\0\0\0whatever"),
        (PREFACE, b"\0\0\0\x04\0\0\0\0\0"),
        (PREFACE, b"\0\0\x05\x02\0\0\0\0\x01\0\0\0\0\0"),
        // An endless head of HTTP/2.
        (&[PREFACE, b"\0\0\0\x01\0\0\0\0\x01"].concat(), b"\0\0\0\x09\0\0\0\0\x01"),
    ];
    for (first, piece) in floods {
        for counts in [true, false] {
            let (gate, start) = (gate(), Instant::now());
            let what = format!("{}, {counts}", piece.escape_ascii());
            let admitted = gate.admit(Flood::new(first, piece, counts), None).expect("room");
            let service = service_fn(|_: http::Request<Incoming>| async {
                Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::new())))
            });
            // The result is ignored, since an HTTP server may detect a flood earlier.
            let _ =
                Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(admitted), service).await;
            assert!(start.elapsed() < DEADLINE + TURNS, "{what}: {:?}", start.elapsed());
            assert_eq!(gate.under_way(), 0, "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_is_turned_away_is_left_in_time() {
    for counts in [true, false] {
        let (gate, start) = (Gate::new(GateOptions::new().total(0)), Instant::now());
        let options = ServerOptions::new().discard(usize::MAX);
        let error = gate.accept(Flood::new(b"", b"x", counts), None, &options).await.expect_err("no room");
        assert!(matches!(error, HandleError::TurnedAway(TurnedAway::Total { limit: 0 })), "{error:?}");
        in_time(start, Duration::from_secs(2), "turned away");
    }
}

/// A task polls the client first, and then the gate.
#[tokio::test(start_paused = true)]
async fn draining_is_heard_beside_a_flood() {
    for drained in [false, true] {
        let gate = gate();
        let mut client = Flood::new(b"", b"x", true);
        let told = gate.clone();
        let listening = ::tokio::spawn(async move {
            let mut received = Vec::new();
            let told = async { if drained { told.drained().await } else { told.draining().await } };
            ::tokio::select! {
                biased;
                read = client.read_to_end(&mut received) => panic!("not heard: {read:?}"),
                () = told => {}
            }
        });
        yield_now().await;
        gate.drain();
        listening.await.expect("heard");
    }
}
