//! The stream against another one, and against a peer that writes frames itself.

use std::future::poll_fn;
use std::io::ErrorKind as Kind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http3::error::Code;
use proptest::prelude::*;
use quinn::{ConnectionError, ReadError, RecvStream, SendStream, VarInt};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::Stream;
use crate::codes;
use crate::ending::Hold;
use crate::exchange::Exchange;
use crate::loopback::{Pair, nothing};

/// A reserved frame without a payload: it makes the stream known to the other side.
const GREASE: &[u8] = &[0x21, 0x00];

/// The server's end of a new stream as a WebSocket's, and the client's as it is.
async fn established(pair: &Pair, hold: Hold) -> (SendStream, RecvStream, Stream) {
    let (mut sending, receiving) = pair.client.open_bi().await.unwrap();
    sending.write_all(GREASE).await.unwrap();
    let halves = pair.server.accept_bi().await.unwrap();
    (sending, receiving, Exchange::of(halves, pair.server.clone()).into_stream(hold))
}

/// Both ends of a new stream, established.
async fn both(pair: &Pair) -> (Stream, Stream) {
    let (client, server) = pair.exchange(GREASE).await;
    (client.into_stream(nothing()), server.into_stream(nothing()))
}

fn code(code: Code) -> VarInt {
    codes::to_varint(code)
}

/// What becomes of a read: the kind and code of an error, or how many bytes came before the end.
async fn read(stream: &mut Stream) -> Result<usize, (Kind, Option<Code>)> {
    let mut all = Vec::new();
    match stream.read_to_end(&mut all).await {
        Ok(_) => Ok(all.len()),
        Err(error) => Err((error.kind(), codes::code(&error))),
    }
}

/// What the peer sends; the code of its reset, or else FIN; what is read; the code of the connection's end.
type Row = (Vec<u8>, Option<Code>, Result<usize, (Kind, Option<Code>)>, Option<Code>);

#[tokio::test]
async fn what_the_peer_does_is_told_by_reading() {
    use Code as C;
    let data = |bytes: &[u8]| bytes.to_vec();
    let wrong = |code| Err((Kind::InvalidData, Some(code)));
    let unexpected = C::H3_FRAME_UNEXPECTED;
    let rows: Vec<(Row, &str)> = vec![
        ((data(&[]), None, Ok(0), None), "FIN at once"),
        ((data(&[0, 3, 1, 2, 3]), None, Ok(3), None), "FIN behind a frame"),
        ((data(&[0, 1, 1, 0, 0, 0, 2, 2, 3]), None, Ok(3), None), "an empty frame between two"),
        ((data(&[0x40, 0x00, 0x40, 0x01, 9]), None, Ok(1), None), "long integers"),
        ((data(&[0x21, 2, 9, 9, 0, 1, 7]), None, Ok(1), None), "a reserved frame"),
        ((data(&[0x40, 0x41, 1, 0, 0, 1, 7]), None, Ok(1), None), "a frame of WebTransport is unknown"),
        ((data(&[0, 3, 1]), None, wrong(C::H3_FRAME_ERROR), Some(C::H3_FRAME_ERROR)), "FIN inside a payload"),
        (
            (data(&[0, 3]), None, wrong(C::H3_FRAME_ERROR), Some(C::H3_FRAME_ERROR)),
            "FIN in front of a payload",
        ),
        ((data(&[0]), None, wrong(C::H3_FRAME_ERROR), Some(C::H3_FRAME_ERROR)), "FIN inside a header"),
        (
            (data(&[0x21, 2, 9]), None, wrong(C::H3_FRAME_ERROR), Some(C::H3_FRAME_ERROR)),
            "FIN inside a reserved frame",
        ),
        ((data(&[1, 2, 0, 0]), None, wrong(unexpected), Some(unexpected)), "HEADERS"),
        ((data(&[4, 0]), None, wrong(unexpected), Some(unexpected)), "SETTINGS"),
        ((data(&[3, 1, 0]), None, wrong(unexpected), Some(unexpected)), "CANCEL_PUSH"),
        ((data(&[7, 1, 0]), None, wrong(unexpected), Some(unexpected)), "GOAWAY"),
        ((data(&[13, 1, 0]), None, wrong(unexpected), Some(unexpected)), "MAX_PUSH_ID"),
        ((data(&[5, 1, 0]), None, wrong(unexpected), Some(unexpected)), "PUSH_PROMISE to a server"),
        ((data(&[6, 0]), None, wrong(unexpected), Some(unexpected)), "PING of HTTP/2"),
        (
            (
                data(&[0, 3, 1]),
                Some(C::H3_REQUEST_CANCELLED),
                Err((Kind::ConnectionReset, Some(C::H3_REQUEST_CANCELLED))),
                None,
            ),
            "cancelled inside a frame",
        ),
        (
            (
                data(&[]),
                Some(C::H3_REQUEST_REJECTED),
                Err((Kind::ConnectionRefused, Some(C::H3_REQUEST_REJECTED))),
                None,
            ),
            "rejected",
        ),
        (
            (data(&[]), Some(C::H3_NO_ERROR), Err((Kind::ConnectionReset, Some(C::H3_NO_ERROR))), None),
            "reset without an error",
        ),
        (
            (data(&[]), Some(C::from(0x21)), Err((Kind::ConnectionReset, Some(C::from(0x21)))), None),
            "a reserved code",
        ),
    ];
    for ((bytes, reset, expected, closed), what) in rows {
        let pair = Pair::new().await;
        let (mut sending, _receiving, mut stream) = established(&pair, nothing()).await;
        sending.write_all(&bytes).await.unwrap();
        match reset {
            Some(reset) => sending.reset(code(reset)).unwrap(),
            None => sending.finish().unwrap(),
        }
        assert_eq!(read(&mut stream).await, expected, "{what}");
        // It stays so.
        assert_eq!(read(&mut stream).await.err(), expected.err(), "{what}, again");
        if let Some(closed) = closed {
            let close = pair.client.closed().await;
            let ConnectionError::ApplicationClosed(close) = close else { panic!("{what}: {close}") };
            assert_eq!(close.error_code, code(closed), "{what}");
        } else {
            // The other direction goes on.
            stream.write_all(b"more").await.unwrap_or_else(|error| panic!("{what}: {error}"));
            stream.flush().await.unwrap();
            assert_eq!(pair.client.close_reason(), None, "{what}");
        }
    }
}

#[tokio::test]
async fn a_peer_that_reads_no_more_is_told_by_writing() {
    let cases = [
        (Code::H3_NO_ERROR, Kind::BrokenPipe),
        (Code::H3_REQUEST_CANCELLED, Kind::ConnectionReset),
        (Code::H3_REQUEST_REJECTED, Kind::ConnectionRefused),
        (Code::H3_INTERNAL_ERROR, Kind::ConnectionReset),
    ];
    for (stop, kind) in cases {
        let pair = Pair::new().await;
        let (mut sending, mut receiving, mut stream) = established(&pair, nothing()).await;
        receiving.stop(code(stop)).unwrap();
        // Until it has arrived, bytes are taken.
        let error = loop {
            match stream.write_all(&[7; 1000]).await {
                Ok(()) => tokio::task::yield_now().await,
                Err(error) => break error,
            }
        };
        assert_eq!((error.kind(), codes::code(&error)), (kind, Some(stop)), "{error}");
        let again = stream.write(b"more").await.unwrap_err();
        assert_eq!((again.kind(), codes::code(&again)), (kind, Some(stop)), "{again}");
        // The other direction goes on.
        sending.write_all(&[0, 1, 9]).await.unwrap();
        sending.finish().unwrap();
        assert_eq!(read(&mut stream).await, Ok(1));
    }
}

#[tokio::test]
async fn a_peer_that_reads_no_more_after_the_end_is_no_error() {
    let pair = Pair::new().await;
    let (mut sending, mut receiving, mut stream) = established(&pair, nothing()).await;
    stream.write_all(b"bye").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut frame = [0; 5];
    receiving.read_exact(&mut frame).await.unwrap();
    let _ = receiving.stop(code(Code::H3_NO_ERROR));
    sending.write_all(&[0, 1, 9]).await.unwrap();
    sending.finish().unwrap();
    assert_eq!(read(&mut stream).await, Ok(1));
    stream.flush().await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(stream.write(b"more").await.unwrap_err().kind(), Kind::BrokenPipe);
}

#[tokio::test]
async fn dropped_it_cancels_what_has_not_ended() {
    let cancelled = || ReadError::Reset(code(Code::H3_REQUEST_CANCELLED));
    // Whether this side was ended, and the peer's; what the peer sees in each direction.
    for (ended, peer_ended) in [(false, false), (false, true), (true, false), (true, true)] {
        let pair = Pair::new().await;
        let hold: Arc<()> = Arc::new(());
        let (mut sending, mut receiving, mut stream) =
            established(&pair, Arc::<()>::clone(&hold) as Hold).await;
        stream.write_all(b"abc").await.unwrap();
        if ended {
            stream.shutdown().await.unwrap();
        }
        if peer_ended {
            sending.finish().unwrap();
            assert_eq!(read(&mut stream).await, Ok(0));
        }
        drop(stream);
        let mut seen = Vec::new();
        let end = loop {
            match receiving.read_chunk(usize::MAX, true).await {
                Ok(Some(chunk)) => seen.extend_from_slice(&chunk.bytes),
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        let what = format!("ended {ended}, by the peer {peer_ended}");
        if ended {
            assert_eq!((end, &seen[..]), (None, &[0, 3, b'a', b'b', b'c'][..]), "{what}");
        } else {
            assert_eq!(end, Some(cancelled()), "{what}");
        }
        if !peer_ended {
            let stopped = timeout(Duration::from_secs(60), sending.stopped()).await.expect("stopped");
            assert_eq!(stopped.unwrap(), Some(code(Code::H3_REQUEST_CANCELLED)), "{what}");
        }
        // Nothing is held for longer than it is needed.
        poll_fn(|context| {
            context.waker().wake_by_ref();
            if Arc::strong_count(&hold) == 1 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

#[tokio::test]
async fn a_peer_that_ends_behind_us_is_not_stopped() {
    let pair = Pair::new().await;
    let (mut sending, mut receiving, mut stream) = established(&pair, nothing()).await;
    stream.write_all(b"bye").await.unwrap();
    stream.shutdown().await.unwrap();
    drop(stream);
    assert_eq!(receiving.read_to_end(100).await.unwrap(), [0, 3, b'b', b'y', b'e']);
    sending.write_all(&[0, 3, b'b', b'y', b'e']).await.unwrap();
    sending.finish().unwrap();
    let stopped = timeout(Duration::from_secs(60), sending.stopped()).await.expect("received");
    assert_eq!(stopped.unwrap(), None);
}

#[tokio::test]
async fn a_peer_that_sends_on_behind_our_end_is_stopped() {
    let pair = Pair::new().await;
    let (mut sending, mut receiving, mut stream) = established(&pair, nothing()).await;
    stream.shutdown().await.unwrap();
    drop(stream);
    assert_eq!(receiving.read_to_end(0).await.unwrap(), []);
    // Two windows are more than is discarded.
    let frames = [0, 3, 1, 2, 3].repeat(1000);
    let error = loop {
        if let Err(error) = sending.write_all(&frames).await {
            break error;
        }
    };
    assert_eq!(error, quinn::WriteError::Stopped(code(Code::H3_REQUEST_CANCELLED)));
}

/// Writes until nothing is taken any more, and returns how much was.
async fn fill(stream: &mut Stream) -> usize {
    let mut taken = 0;
    loop {
        let write = poll_fn(|context| {
            let written = Pin::new(&mut *stream).poll_write(context, &[7; 5000]);
            Poll::Ready(match written {
                Poll::Ready(written) => Some(written.unwrap()),
                Poll::Pending => None,
            })
        });
        match write.await {
            Some(written) => taken += written,
            None => return taken,
        }
    }
}

#[tokio::test]
async fn a_lost_connection_is_told_by_every_call() {
    let pair = Pair::new().await;
    let (mut client, _server) = both(&pair).await;
    pair.server.close(code(Code::H3_NO_ERROR), b"");
    pair.client.closed().await;
    let read = client.read(&mut [0]).await.unwrap_err();
    let write = client.write(b"more").await.unwrap_err();
    let shutdown = client.shutdown().await.unwrap_err();
    for error in [read, write, shutdown] {
        assert_eq!(error.kind(), Kind::ConnectionAborted, "{error}");
        assert!(error.to_string().contains("H3_NO_ERROR"), "{error}");
    }
}

#[tokio::test]
async fn a_stream_that_is_not_read_stops_itself_alone() {
    let pair = Pair::new().await;
    let (mut stalled, mut unread) = both(&pair).await;
    let taken = fill(&mut stalled).await;
    assert!((60 * 1024..=(64 + 16) * 1024).contains(&taken), "{taken}");
    let (mut client, mut server) = both(&pair).await;
    client.write_all(b"hello").await.unwrap();
    let mut text = [0; 5];
    server.read_exact(&mut text).await.unwrap();
    assert_eq!(&text, b"hello");
    // As it is read, it goes on.
    let (write, rest) = tokio::join!(stalled.shutdown(), read(&mut unread));
    write.unwrap();
    assert_eq!(rest, Ok(taken));
}

#[tokio::test]
async fn half_a_frame_is_not_taken_for_a_whole_one() {
    let pair = Pair::new().await;
    let (mut stalled, mut unread) = both(&pair).await;
    fill(&mut stalled).await;
    assert!(stalled.sending.is_inside_a_frame());
    drop(stalled);
    let end = read(&mut unread).await;
    assert_eq!(end, Err((Kind::ConnectionReset, Some(Code::H3_REQUEST_CANCELLED))));
}

#[tokio::test]
async fn the_rest_of_a_frame_is_sent_by_reading_too() {
    let pair = Pair::new().await;
    let (mut stalled, mut other) = both(&pair).await;
    let taken = fill(&mut stalled).await;
    assert!(stalled.sending.is_inside_a_frame());
    // The peer answers when it has everything, and this side does nothing but read.
    let answer = async {
        let mut all = vec![0; taken];
        other.read_exact(&mut all).await.unwrap();
        other.write_all(b"all").await.unwrap();
        other.flush().await.unwrap();
    };
    let mut text = [0; 3];
    let (read, ()) = tokio::join!(stalled.read_exact(&mut text), answer);
    read.unwrap();
    assert_eq!(&text, b"all");
}

#[tokio::test]
async fn each_half_is_woken_where_two_tasks_share_a_stream() {
    let pair = Pair::new().await;
    let (client, mut server) = both(&pair).await;
    let (mut reading, mut writing) = tokio::io::split(client);
    let write = tokio::spawn(async move {
        writing.write_all(&vec![1; 1_000_000]).await.unwrap();
        writing.shutdown().await.unwrap();
    });
    let read = tokio::spawn(async move {
        let mut all = Vec::new();
        reading.read_to_end(&mut all).await.unwrap();
        all.len()
    });
    let (mut all, mut piece) = (0, vec![0; 30_000]);
    loop {
        let len = server.read(&mut piece).await.unwrap();
        if len == 0 {
            break;
        }
        all += len;
        server.write_all(&piece[..len]).await.unwrap();
    }
    server.shutdown().await.unwrap();
    write.await.unwrap();
    assert_eq!((all, read.await.unwrap()), (1_000_000, 1_000_000));
}

#[tokio::test]
async fn a_flood_of_empty_frames_leaves_time_for_others() {
    let pair = Pair::new().await;
    let (mut sending, _receiving, mut stream) = established(&pair, nothing()).await;
    sending.write_all(&vec![0x00; 60_000]).await.unwrap();
    let polls = std::cell::Cell::new(0);
    let reading = async {
        let mut byte = [0];
        let mut read = std::pin::pin!(stream.read(&mut byte));
        poll_fn(|context| {
            polls.set(polls.get() + 1);
            read.as_mut().poll(context)
        })
        .await
        .unwrap()
    };
    // The flood ends with the one frame that has something in it.
    let ending = async {
        sending.write_all(&[0, 1, 9]).await.unwrap();
    };
    let (len, ()) = tokio::join!(reading, ending);
    assert_eq!(len, 1);
    assert!(polls.get() >= 30_000 / 64, "{}", polls.get());
}

/// Bytes, and the sizes of the pieces in which they are written and read.
fn pieces() -> impl Strategy<Value = (Vec<u8>, Vec<usize>, Vec<usize>)> {
    let bytes = prop::collection::vec(any::<u8>(), 0..60_000);
    (bytes, prop::collection::vec(1_usize..40_000, 1..6), prop::collection::vec(1_usize..40_000, 1..6))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_chunks_give_the_same_bytes((bytes, writes, reads) in pieces(), vectored: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let back = runtime.block_on(async {
            let pair = Pair::new().await;
            let (mut client, mut server) = both(&pair).await;
            let write = async {
                let (mut rest, mut sizes) = (&bytes[..], writes.iter().cycle());
                while !rest.is_empty() {
                    let piece = &rest[..rest.len().min(*sizes.next().unwrap())];
                    let (one, two) = piece.split_at(piece.len() / 2);
                    let slices = [std::io::IoSlice::new(one), std::io::IoSlice::new(two)];
                    let written = if vectored {
                        client.write_vectored(&slices).await.unwrap()
                    } else {
                        client.write(piece).await.unwrap()
                    };
                    assert!((1..=piece.len()).contains(&written));
                    rest = &rest[written..];
                }
                client.shutdown().await.unwrap();
            };
            let read = async {
                let (mut all, mut sizes) = (Vec::new(), reads.iter().cycle());
                loop {
                    let mut piece = vec![0; *sizes.next().unwrap()];
                    let len = server.read(&mut piece).await.unwrap();
                    if len == 0 {
                        return all;
                    }
                    all.extend_from_slice(&piece[..len]);
                }
            };
            tokio::join!(write, read).1
        });
        prop_assert!(back == bytes);
    }

    #[test]
    fn any_frames_give_the_same_bytes((bytes, frames, splits) in pieces(), grease: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let back = runtime.block_on(async {
            let pair = Pair::new().await;
            let (mut sending, _receiving, mut stream) = established(&pair, nothing()).await;
            let mut wire = Vec::new();
            let mut sizes = frames.iter().cycle();
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let (payload, behind) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
                wire.push(0x00);
                crate::frames::reader::put_integer(payload.len() as u64, &mut wire);
                wire.extend_from_slice(payload);
                if grease {
                    wire.extend_from_slice(&[0x21, 3, 1, 2, 3, 0x00, 0x00]);
                }
                rest = behind;
            }
            let write = async {
                let (mut rest, mut sizes) = (Bytes::from(wire), splits.iter().cycle());
                while !rest.is_empty() {
                    let piece = rest.split_to(rest.len().min(*sizes.next().unwrap()));
                    sending.write_chunk(piece).await.unwrap();
                    tokio::task::yield_now().await;
                }
                sending.finish().unwrap();
            };
            let mut all = Vec::new();
            let (read, ()) = tokio::join!(stream.read_to_end(&mut all), write);
            read.unwrap();
            all
        });
        prop_assert!(back == bytes);
    }
}
