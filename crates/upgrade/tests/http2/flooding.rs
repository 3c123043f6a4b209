//! A server that never stops sending, at every stage: the deadline still ends it, and the connection is closed.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::coop::consume_budget;
use tokio::task::yield_now;
use tokio::time::{Instant, advance};
use tower::service_fn;
use websocket_upgrade::proto::Limits;
use websocket_upgrade::{ClientOptions, ConnectReason, create_upgrade_request};

use crate::server::URL;

const DEADLINE: Duration = Duration::from_secs(5);

/// The time that a read takes during the flood.
const STEP: Duration = Duration::from_millis(1);

/// The maximum delay: a flooded task reads this long before the runtime looks at its other tasks.
const TURNS: Duration = Duration::from_secs(3);

/// The number of such reads after which the flood ends, so that a test ends too.
const MOST: usize = 20_000;

/// What the server repeats.
type Piece = fn() -> Vec<u8>;

/// The stage at which the flood begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Before the server's settings.
    Preface,
    /// After the settings. The PING is not answered.
    Ping,
    /// After the request, which is not answered.
    Request,
    /// After the head of a refusal.
    Refused,
    /// After the head that accepts.
    Established,
}

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).expect("a short frame");
    [&[0, 0, len, kind, flags, 0, 0, 0, stream], payload].concat()
}

/// Makes the head of a response with only its status (RFC 7541 §6.2.2).
fn head(status: &str) -> Vec<u8> {
    frame(1, 4, 1, &[&[0x08, 0x03], status.as_bytes()].concat())
}

/// Makes a frame of an unknown type.
fn unknown() -> Vec<u8> {
    frame(0xfa, 0, 0, b"what")
}

fn ping() -> Vec<u8> {
    frame(6, 0, 0, b"whatever")
}

fn settings() -> Vec<u8> {
    frame(4, 0, 0, b"")
}

fn interim() -> Vec<u8> {
    head("103")
}

fn data() -> Vec<u8> {
    frame(0, 0, 1, b"x")
}

fn empty_data() -> Vec<u8> {
    frame(0, 0, 1, b"")
}

/// The client's end of a connection to such a server.
struct Flooding {
    stage: Stage,
    piece: Vec<u8>,
    /// Whether reads use up tokio's budget of a task.
    counts: bool,
    floods: bool,
    reads: usize,
    written: Vec<u8>,
    outgoing: Vec<u8>,
    reader: Option<Waker>,
    _open: Arc<()>,
}

impl Flooding {
    fn new(stage: Stage, piece: Vec<u8>, counts: bool, open: Arc<()>) -> Self {
        // SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441 §3).
        let outgoing = if stage == Stage::Preface { Vec::new() } else { frame(4, 0, 0, &[0, 8, 0, 0, 0, 1]) };
        let floods = matches!(stage, Stage::Preface | Stage::Ping);
        let (reads, written) = (0, Vec::new());
        Self { stage, piece, counts, floods, reads, written, outgoing, reader: None, _open: open }
    }

    /// Answers the frames that have arrived.
    fn hear(&mut self) {
        const PREFACE: usize = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len();
        if self.written.len() < PREFACE {
            return;
        }
        let mut frames = &self.written[PREFACE..];
        while let [_, high, low, kind, flags, _, _, _, _, rest @ ..] = frames {
            let len = usize::from(*high) << 8 | usize::from(*low);
            let Some(payload) = rest.get(..len) else { break };
            match (kind, flags) {
                (4, 0) => self.outgoing.extend(frame(4, 1, 0, b"")),
                (6, 0) if !matches!(self.stage, Stage::Preface | Stage::Ping) => {
                    self.outgoing.extend(frame(6, 1, 0, payload));
                }
                (1, _) => {
                    match self.stage {
                        Stage::Refused => self.outgoing.extend(head("403")),
                        Stage::Established => self.outgoing.extend(head("200")),
                        _ => {}
                    }
                    self.floods = true;
                }
                _ => {}
            }
            frames = &rest[len..];
        }
        self.written = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], frames].concat();
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

impl AsyncRead for Flooding {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.counts {
            ready!(pin!(consume_budget()).poll(context));
        }
        if self.outgoing.is_empty() && self.floods && self.reads < MOST {
            self.reads += 1;
            self.outgoing = self.piece.clone();
            // The clock advances in the first poll. Later polls only let other tasks run.
            let _ = pin!(advance(STEP)).poll(&mut Context::from_waker(Waker::noop()));
        }
        if self.outgoing.is_empty() && !self.floods {
            self.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        let len = self.outgoing.len().min(buffer.remaining());
        buffer.put_slice(&self.outgoing[..len]);
        self.outgoing.drain(..len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Flooding {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.counts {
            ready!(pin!(consume_budget()).poll(context));
        }
        self.written.extend_from_slice(bytes);
        self.hear();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Makes a client of such a server, and a reference that lives as long as its connection.
fn client(stage: Stage, piece: Piece, counts: bool) -> (ClientOptions, Weak<()>) {
    let open = Arc::new(());
    let alive = Arc::downgrade(&open);
    let mut stream = Some(Flooding::new(stage, piece(), counts, open));
    let transport = move |stream: Flooding| std::future::ready(Ok::<_, Infallible>(TokioIo::new(stream)));
    let taken = Arc::new(std::sync::Mutex::new(stream.take()));
    let transport = service_fn(move |_: http::Uri| {
        transport(taken.lock().expect("no panic").take().expect("one connection"))
    });
    let mut limits = Limits::new();
    (limits.interim, limits.refusal_body) = (usize::MAX, usize::MAX);
    (ClientOptions::new().transport(transport).http2().limits(limits).deadline(DEADLINE), alive)
}

/// Checks that the connection is gone, at most a little later than the time for unsent data.
async fn is_gone(open: &Weak<()>, what: &str) {
    let start = Instant::now();
    while open.strong_count() > 0 {
        assert!(start.elapsed() <= Duration::from_secs(10) + TURNS, "{what}: the connection is still there");
        yield_now().await;
    }
}

const CASES: [(Stage, Piece); 14] = [
    (Stage::Preface, unknown),
    (Stage::Preface, ping),
    (Stage::Ping, unknown),
    (Stage::Ping, ping),
    (Stage::Ping, settings),
    (Stage::Request, unknown),
    (Stage::Request, ping),
    (Stage::Request, settings),
    (Stage::Request, interim),
    (Stage::Refused, unknown),
    (Stage::Refused, data),
    (Stage::Refused, empty_data),
    (Stage::Established, unknown),
    (Stage::Established, ping),
];

#[tokio::test(start_paused = true)]
async fn a_flood_hides_no_deadline() {
    for (stage, piece) in CASES {
        for counts in [true, false] {
            let (options, open) = client(stage, piece, counts);
            let (start, what) = (Instant::now(), format!("{stage:?}, {:?}, {counts}", piece()));
            let connected = create_upgrade_request(URL, &options).await;
            drop(options);
            let elapsed = start.elapsed();
            assert!(elapsed < DEADLINE + TURNS, "{what}: {elapsed:?}");
            match connected {
                Ok(upgraded) => {
                    assert_eq!(stage, Stage::Established, "{what}");
                    drop(upgraded);
                }
                // If a flood breaks HTTP/2, the `h2` crate detects it earlier.
                Err(error) if matches!(error.reason(), ConnectReason::Io(_)) => {}
                Err(error) if stage == Stage::Refused => {
                    assert!(error.refused().expect(&what).truncated, "{what}: {error}");
                }
                Err(error) => {
                    assert!(matches!(error.reason(), ConnectReason::Deadline), "{what}: {error}");
                    assert!(elapsed >= DEADLINE, "{what}: {elapsed:?}");
                }
            }
            is_gone(&open, &what).await;
        }
    }
}

/// Dropping the future of a handshake also ends its connection.
#[tokio::test(start_paused = true)]
async fn a_flood_keeps_no_connection_that_nobody_waits_for() {
    for (stage, piece) in CASES.into_iter().filter(|(stage, _)| *stage != Stage::Established) {
        for counts in [true, false] {
            let (options, open) = client(stage, piece, counts);
            let what = format!("{stage:?}, {:?}, {counts}", piece());
            let options = options.refusal_body_idle(DEADLINE);
            match tokio::time::timeout(DEADLINE / 5, create_upgrade_request(URL, &options)).await {
                Err(_) => {}
                Ok(Err(error))
                    if matches!(error.reason(), ConnectReason::Io(_) | ConnectReason::Refused(_)) => {}
                Ok(ended) => panic!("{what}: {ended:?}"),
            }
            drop(options);
            is_gone(&open, &what).await;
        }
    }
}
