//! Measures the memory of a waiting connection, what is kept after the hand-off, and what a handshake allocates.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use allocation_counter::{AllocationInfo, measure};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex, join, sink,
};
use tokio::runtime::{Builder, Runtime};
use websocket_upgrade::proto::Key;
use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade::{
    ClientOptions, HandleError, RequestHead, ServerOptions, Upgraded, accept, receive, upgrade_on,
};

const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// Bytes for the bookkeeping of an allocator or the size of a type.
const SLACK: i64 = 64;

/// The maximum size of a future's state in bytes. Half of the read buffer would not fit into it.
const STATE: i64 = 2048;

type Accepting<'o> =
    Pin<Box<dyn Future<Output = Result<Upgraded<DuplexStream, RequestHead>, HandleError>> + 'o>>;

/// The two entrances that read a request.
fn entrances() -> [for<'o> fn(DuplexStream, &'o ServerOptions) -> Accepting<'o>; 2] {
    [
        |io, options| Box::pin(accept(io, options)),
        |io, options| Box::pin(async { receive(io, options).await?.accept(options).await }),
    ]
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
}

/// Polls once, and counts what is allocated afterwards.
fn poll<T>(future: &mut Pin<Box<dyn Future<Output = T> + '_>>) -> (Poll<T>, AllocationInfo) {
    let mut polled = Poll::Pending;
    let info = measure(|| polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop())));
    (polled, info)
}

#[test]
fn a_client_that_waits_costs_little() {
    let runtime = runtime();
    let _guard = runtime.enter();
    let options = ServerOptions::new();
    for start in entrances() {
        let (mut client, server) = duplex(4096);
        let mut future = start(server, &options);
        let (polled, waits) = poll(&mut future);
        assert!(polled.is_pending());
        assert_eq!(waits.count_total, 2, "the future's own state and its sleep: {waits:?}");
        assert!(waits.bytes_current < STATE, "{waits:?}");

        runtime.block_on(client.write_all(&REQUEST[..1])).expect("room");
        let (polled, begun) = poll(&mut future);
        assert!(polled.is_pending());
        assert!((1..=128).contains(&begun.bytes_current), "one byte is kept in {begun:?}");
    }
}

#[test]
fn nothing_is_kept_after_the_hand_off_but_the_head_and_the_leftover() {
    let runtime = runtime();
    let _guard = runtime.enter();
    let options = ServerOptions::new();
    for start in entrances() {
        let (mut client, server) = duplex(4096);
        runtime.block_on(client.write_all(&[REQUEST, b"left"].concat())).expect("room");
        let mut upgraded = None;
        let info = measure(|| {
            let mut future = start(server, &options);
            let Poll::Ready(accepted) = poll(&mut future).0 else { panic!("it waits") };
            upgraded = Some(accepted.expect("accepted"));
        });
        let upgraded = upgraded.expect("accepted");
        assert_eq!((upgraded.head.as_bytes(), upgraded.read_buf()), (REQUEST, &b"left"[..]));
        // The answer is in the memory of the stream.
        drop(upgraded);
        let mut answer = Vec::new();
        runtime.block_on(client.read_to_end(&mut answer)).expect("a stream in memory");
        let kept = i64::try_from(REQUEST.len() + b"left".len() + answer.len()).expect("little");
        assert!((1..=kept + SLACK).contains(&info.bytes_current), "{kept}: {info:?}");
    }
}

/// The allocations of a handshake for which everything arrives at once: the head, and what was agreed.
const ALLOCATIONS: u64 = 2;

/// The line of what both sides agree on. A subprotocol would be a label of the metrics, which are on in these tests.
const AGREED: &str = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

const DEFLATE: PermessageDeflate = PermessageDeflate::new(Codec::ZLIB);

/// The result of a future that does not wait.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn a_server_allocates_little() {
    let options = ServerOptions::new().permessage_deflate(DEFLATE).expect("the only one");
    let filler = format!("X-Filler: {}\r\n", "x".repeat(5000));
    for lines in ["", AGREED, &filler] {
        let request = REQUEST.strip_suffix(b"\r\n").expect("an empty line");
        let request = [request, lines.as_bytes(), b"\r\n"].concat();
        let info = measure(|| {
            let accepted = at_once(accept(join(&request[..], sink()), &options)).expect("accepted");
            assert_eq!(accepted.head.as_bytes(), request);
            assert_eq!(accepted.settings.is_empty(), lines != AGREED);
        });
        assert!((1..=ALLOCATIONS).contains(&info.count_total), "{info:?}");
    }
}

/// The stream of a client, whose server answers at once with these lines beside the handshake's own. It allocates
/// nothing.
struct Answered {
    lines: &'static str,
    request: [u8; 512],
    sent: usize,
}

impl AsyncWrite for Answered {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let start = self.sent;
        self.sent += bytes.len();
        self.request[start..][..bytes.len()].copy_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Answered {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let request = std::str::from_utf8(&self.request[..self.sent]).expect("ASCII");
        let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
        let accept = Key::parse(key.expect("a key").as_bytes()).expect("base64").accept_value();
        let start = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
        for piece in [start, "Sec-WebSocket-Accept: "] {
            buffer.put_slice(piece.as_bytes());
        }
        buffer.put_slice(accept.as_bytes());
        for piece in ["\r\n", self.lines, "\r\n"] {
            buffer.put_slice(piece.as_bytes());
        }
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_client_allocates_little() {
    let offering = ClientOptions::new().permessage_deflate(DEFLATE).expect("the only one");
    // What it offers is in a list that is made for every request.
    for (options, lines, most) in
        [(ClientOptions::new(), "", ALLOCATIONS), (offering, AGREED, ALLOCATIONS + 1)]
    {
        let ask = || {
            let stream = Answered { lines, request: [0; 512], sent: 0 };
            let established = at_once(upgrade_on(stream, "ws://server.example.com/chat", &options));
            assert_eq!(established.expect("accepted").settings.is_empty(), lines.is_empty());
        };
        // The first one makes the thread's generator of random numbers.
        ask();
        let info = measure(ask);
        assert!((1..=most).contains(&info.count_total), "{info:?}");
    }
}
