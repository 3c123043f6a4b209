//! Measures the memory of a waiting connection, and what is kept after the hand-off.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::{AllocationInfo, measure};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::runtime::{Builder, Runtime};
use websocket_upgrade::{HandleError, RequestHead, ServerOptions, Upgraded, accept, receive};

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
        assert!((1..=512).contains(&begun.bytes_current), "one byte is kept in {begun:?}");
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
