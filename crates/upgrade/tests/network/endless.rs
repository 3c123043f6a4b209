//! Servers that never end, in memory and in simulated time: the bytes that they can send are bounded.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use allocation_counter::measure;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep};
use websocket_upgrade::proto::Limits;
use websocket_upgrade::{ClientOptions, ConnectError, create_upgrade_request};

use crate::peers::read_head;

/// The maximum bytes on the way.
const PIPE: usize = 512;

/// A server: what it sends first, what it repeats, and how long it waits before each piece.
#[derive(Clone, Copy, Debug)]
struct Endless {
    first: &'static [u8],
    piece: &'static [u8],
    pause: Duration,
}

async fn serve(
    mut stream: DuplexStream,
    Endless { first, piece, pause }: Endless,
    written: Arc<AtomicUsize>,
) {
    if read_head(&mut stream).await.is_none() || stream.write_all(first).await.is_err() {
        return;
    }
    written.fetch_add(first.len(), SeqCst);
    loop {
        if !pause.is_zero() {
            sleep(pause).await;
        }
        for byte in piece.chunks(1) {
            if stream.write_all(byte).await.is_err() {
                return;
            }
            written.fetch_add(1, SeqCst);
        }
    }
}

fn limits() -> Limits {
    let mut limits = Limits::new();
    (limits.head, limits.fields, limits.interim) = (2000, 50, 4);
    (limits.refusal_body, limits.refusal_overhead) = (3000, 18_000);
    limits
}

/// Returns the error, the bytes that the server could send, and the time.
async fn meet(endless: Endless, deadline: Duration) -> (ConnectError, usize, Duration) {
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    let transport = tower::service_fn(move |_: http::Uri| {
        let (near, far) = duplex(PIPE);
        tokio::spawn(serve(far, endless, Arc::clone(&count)));
        std::future::ready(Ok::<_, Infallible>(TokioIo::new(near)))
    });
    let options = ClientOptions::new().transport(transport).limits(limits()).deadline(deadline).redirects(3);
    let start = Instant::now();
    let error = create_upgrade_request("ws://a.example/", &options).await.expect_err("no end");
    (error, written.load(SeqCst), start.elapsed())
}

/// What the server sends, the label of the reason, and the maximum bytes until the error.
const CASES: [(&[u8], &[u8], &str, usize); 10] = [
    (b"HTTP/1.1 101 Yes\r\n", b"X: y\r\n", "response", 2000),
    (b"HTTP/1.1 101 Yes\r\nX: ", b"y", "response", 2000),
    (b"HTTP/1.1 101 ", b"y", "response", 2000),
    (b"HTTP/1.1 404 No\r\n", b"X: y\r\n", "response", 2000),
    (b"", b"HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n", "response", 5 * 35),
    (b"HTTP/1.1 404 No\r\n\r\n", b"y", "refused", 3000 + 19),
    (b"HTTP/1.1 404 No\r\nContent-Length: 18446744073709551615\r\n\r\n", b"y", "refused", 3000 + 57),
    (b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\ny\r\n", "refused", 3000 * 6 + 47),
    (b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"y", "refused", 20_000),
    (b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n", "refused", 20_000),
];

#[tokio::test(start_paused = true)]
async fn what_is_read_is_bounded() {
    for (first, piece, label, most) in CASES {
        let endless = Endless { first, piece, pause: Duration::ZERO };
        let (error, written, elapsed) = meet(endless, Duration::from_secs(60)).await;
        let what = format!("{endless:?}: {error}");
        assert_eq!((error.reason().label(), elapsed), (label, Duration::ZERO), "{what}");
        assert!(written <= most + PIPE + piece.len(), "{what}: {written} bytes");
        if let Some(refused) = error.refused() {
            assert!(refused.truncated && refused.body.len() <= 3000, "{what}");
        }
    }
}

/// A byte every half second, or a few: no pause in a body is long enough to end it.
#[tokio::test(start_paused = true)]
async fn who_drips_is_left_at_the_deadline() {
    let drips: [(&[u8], &[u8], &str); 7] = [
        (b"", b"H", "response"),
        (b"HTTP/1.1 101 Yes\r\nX: ", b"y", "deadline"),
        (b"HTTP/1.1 101 Yes\r\n", b"X: y\r\n", "deadline"),
        (b"HTTP/1.1 404 No\r\n\r\n", b"y", "refused"),
        (b"HTTP/1.1 404 No\r\nContent-Length: 99\r\n\r\n", b"y", "refused"),
        (b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\ny\r\n", "refused"),
        (b"HTTP/1.1 103 Hints\r\nX:", b"y", "deadline"),
    ];
    for (first, piece, label) in drips {
        let endless = Endless { first, piece, pause: Duration::from_millis(500) };
        let (error, written, elapsed) = meet(endless, Duration::from_millis(4750)).await;
        let what = format!("{endless:?}: {error}");
        assert_eq!(error.reason().label(), label, "{what}");
        if label != "response" {
            assert_eq!(
                (elapsed, written),
                (Duration::from_millis(4750), first.len() + 9 * piece.len()),
                "{what}"
            );
        }
        if let Some(refused) = error.refused() {
            assert_eq!((&refused.body[..], refused.truncated), (&b"yyyyyyyyy"[..], true), "{what}");
        }
    }
}

/// Redirects, each with an endless body.
#[tokio::test(start_paused = true)]
async fn redirects_without_end() {
    let first = b"HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n";
    let endless = Endless { first, piece: b"y", pause: Duration::ZERO };
    let (error, written, _) = meet(endless, Duration::from_secs(60)).await;
    assert_eq!((error.reason().label(), error.report().redirects.len()), ("redirect_too_many", 3), "{error}");
    assert!(written <= 4 * (first.len() + 3000 + PIPE + 1), "{written}");
}

/// The memory of the client at any time, whatever is still to come.
#[test]
fn memory_is_bounded() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let endless = |(first, piece, ..): (&'static [u8], &'static [u8], _, _)| {
        let endless = Endless { first, piece, pause: Duration::ZERO };
        drop(runtime.block_on(meet(endless, Duration::from_secs(60))));
    };
    // The first run makes what is made only once.
    CASES.into_iter().for_each(endless);
    for case in CASES {
        let peak = measure(|| endless(case)).bytes_max;
        assert!(peak < 64 * 1024, "{:?}: {peak} bytes", case.1.escape_ascii().to_string());
    }
}
