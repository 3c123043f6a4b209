//! Heads and content, against a peer that writes frames itself.

use std::future::poll_fn;
use std::io::ErrorKind;

use bytes::{BufMut, Bytes};
use http::{Request, Response};
use http3::error::Code;
use http3::qpack::{HeaderField, encode_stateless};
use quinn::{ConnectionError, RecvStream, SendStream};
use websocket_upgrade_proto::Limits;

use super::{Exchange, HeadError};
use crate::codes;
use crate::frames::reader::put_integer;
use crate::loopback::{Pair, nothing};

/// A frame of this type.
fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![kind];
    put_integer(payload.len() as u64, &mut frame);
    frame.put_slice(payload);
    frame
}

/// A `HEADERS` frame with these lines.
fn headers(lines: &[(&str, &str)]) -> Vec<u8> {
    let mut section = Vec::new();
    let fields = lines.iter().map(|(name, value)| HeaderField::new(*name, *value));
    encode_stateless(&mut section, fields).unwrap();
    frame(1, &section)
}

fn post(more: &[(&str, &str)]) -> Vec<u8> {
    let lines = [(":method", "POST"), (":scheme", "https"), (":authority", "a.example"), (":path", "/")];
    headers(&[&lines[..], more].concat())
}

/// The client's end of a stream on which it has sent this, and the server's.
async fn stream(pair: &Pair, bytes: &[u8], fin: bool) -> (SendStream, RecvStream, Exchange) {
    let (mut sending, receiving) = pair.client.open_bi().await.unwrap();
    sending.write_all(bytes).await.unwrap();
    if fin {
        sending.finish().unwrap();
    }
    (sending, receiving, Exchange::of(pair.server.accept_bi().await.unwrap(), pair.server.clone()))
}

/// What a head leads to, without its words.
#[derive(Debug, PartialEq)]
enum Head {
    Whole,
    Malformed(Code),
    TooLarge,
    Incomplete,
    /// The code that an error shows.
    Lost(Option<Code>),
}

impl<T> From<Result<T, HeadError>> for Head {
    fn from(result: Result<T, HeadError>) -> Self {
        match result {
            Ok(_) => Self::Whole,
            Err(HeadError::Malformed(code, _)) => Self::Malformed(code),
            Err(HeadError::TooLarge) => Self::TooLarge,
            Err(HeadError::Incomplete) => Self::Incomplete,
            Err(HeadError::Connection(error)) => Self::Lost(codes::code(&error)),
        }
    }
}

/// Frames, the content that is read or the code of the error, and what it is about.
type Content = (Vec<Vec<u8>>, Result<&'static [u8], Code>, &'static str);

/// How the client's connection has ended.
async fn close_code(pair: &Pair) -> Code {
    match pair.client.closed().await {
        ConnectionError::ApplicationClosed(close) => Code::from(close.error_code.into_inner()),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn each_beginning_of_a_stream_has_its_meaning() {
    use Code as C;
    let lost = |code| Head::Lost(Some(code));
    let long = "a".repeat(20_000);
    let many = vec![("a", "b"); 101];
    let (mut cut, mut announced) = (post(&[]), vec![1]);
    cut.pop();
    put_integer(1 << 40, &mut announced);
    let rows: Vec<(Vec<u8>, bool, Head, &str)> = vec![
        (post(&[]), true, Head::Whole, "a head and FIN"),
        (post(&[]), false, Head::Whole, "a head"),
        ([frame(0x21, b"abc"), post(&[])].concat(), false, Head::Whole, "a reserved frame in front"),
        (vec![], true, Head::Incomplete, "FIN"),
        (frame(0x21, b"abc"), true, Head::Incomplete, "FIN behind a reserved frame"),
        (cut, true, lost(C::H3_FRAME_ERROR), "FIN inside the head"),
        (vec![1], true, lost(C::H3_FRAME_ERROR), "FIN inside a header"),
        (frame(0, b"a"), false, lost(C::H3_FRAME_UNEXPECTED), "DATA"),
        (frame(0, b""), true, Head::Incomplete, "empty DATA and FIN"),
        (frame(4, b""), false, lost(C::H3_FRAME_UNEXPECTED), "SETTINGS"),
        (frame(7, &[0]), false, lost(C::H3_FRAME_UNEXPECTED), "GOAWAY"),
        (frame(13, &[0]), false, lost(C::H3_FRAME_UNEXPECTED), "MAX_PUSH_ID"),
        (frame(3, &[0]), false, lost(C::H3_FRAME_UNEXPECTED), "CANCEL_PUSH"),
        (frame(5, &[0]), false, lost(C::H3_FRAME_UNEXPECTED), "PUSH_PROMISE of a client"),
        (frame(8, b""), false, lost(C::H3_FRAME_UNEXPECTED), "WINDOW_UPDATE of HTTP/2"),
        (frame(1, b""), false, lost(C::QPACK_DECOMPRESSION_FAILED), "an empty field section"),
        (frame(1, &[0, 0, 0x80]), false, lost(C::QPACK_DECOMPRESSION_FAILED), "a reference to nothing"),
        (frame(1, &[2, 0, 0x80]), false, lost(C::QPACK_DECOMPRESSION_FAILED), "a dynamic table"),
        (frame(1, &[0, 0, 0xd1]), false, Head::Malformed(C::H3_MESSAGE_ERROR), "only a method"),
        (post(&[("A", "b")]), false, Head::Malformed(C::H3_MESSAGE_ERROR), "a name in upper case"),
        (post(&[("a", &long)]), false, Head::TooLarge, "a long field"),
        (post(&many), false, Head::TooLarge, "101 fields"),
        (announced, false, Head::TooLarge, "a head of a terabyte is announced"),
        (
            frame(0x21, &vec![0; 40_000]),
            false,
            Head::Malformed(C::H3_EXCESSIVE_LOAD),
            "a long reserved frame",
        ),
        (
            [0x21, 0].repeat(20_000),
            false,
            Head::Malformed(C::H3_EXCESSIVE_LOAD),
            "many empty reserved frames",
        ),
        ([0, 0].repeat(20_000), false, Head::Malformed(C::H3_EXCESSIVE_LOAD), "many empty DATA frames"),
    ];
    for (bytes, fin, expected, what) in rows {
        let pair = Pair::new().await;
        let (_sending, mut receiving, mut exchange) = stream(&pair, &bytes, fin).await;
        let head = exchange.request_head(&Limits::new()).await;
        let code = head.as_ref().err().map(HeadError::code);
        let head = Head::from(head);
        assert_eq!(head, expected, "{what}");
        match (head, code) {
            (Head::Lost(Some(code)), _) => assert_eq!(close_code(&pair).await, code, "{what}"),
            (_, Some(Some(code))) => {
                exchange.reset(code);
                let end = receiving.read_to_end(0).await;
                let reset = quinn::ReadToEndError::Read(quinn::ReadError::Reset(codes::to_varint(code)));
                assert_eq!(end, Err(reset), "{what}");
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_head_in_any_pieces_is_the_same() {
    let pair = Pair::new().await;
    let bytes = [frame(0x21, b"abc"), post(&[("a", "b")]), frame(0, b"content")].concat();
    for size in 1..bytes.len() {
        let (mut pieces, limits) = (bytes.chunks(size), Limits::new());
        let (mut sending, _receiving, mut exchange) = stream(&pair, pieces.next().unwrap(), false).await;
        let write = async {
            for piece in pieces {
                sending.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
            sending.finish().unwrap();
        };
        let (head, ()) = tokio::join!(exchange.request_head(&limits), write);
        assert_eq!(head.unwrap().0.headers()["a"], "b", "in pieces of {size}");
        assert_eq!(content(&mut exchange).await.unwrap(), b"content", "in pieces of {size}");
    }
}

#[tokio::test]
async fn a_head_can_be_awaited_again() {
    let pair = Pair::new().await;
    let bytes = post(&[("a", "b")]);
    let (front, back) = bytes.split_at(bytes.len() / 2);
    let (mut sending, _receiving, mut exchange) = stream(&pair, front, false).await;
    let limits = Limits::new();
    for _ in 0..3 {
        tokio::select! {
            biased;
            head = exchange.request_head(&limits) => panic!("{head:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    sending.write_all(back).await.unwrap();
    assert_eq!(exchange.request_head(&Limits::new()).await.unwrap().0.headers()["a"], "b");
}

async fn content(exchange: &mut Exchange) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    while let Some(bytes) = poll_fn(|context| exchange.poll_data(context)).await? {
        assert!(!bytes.is_empty());
        content.extend_from_slice(&bytes);
    }
    Ok(content)
}

#[tokio::test]
async fn content_is_what_was_announced() {
    use Code as C;
    let trailers = headers(&[("a", "b")]);
    let data = |bytes: &[u8]| frame(0, bytes);
    let rows: Vec<Content> = vec![
        (vec![post(&[])], Ok(b""), "none"),
        (vec![post(&[]), data(b"ab"), data(b""), data(b"c")], Ok(b"abc"), "three frames"),
        (vec![post(&[]), data(b"ab"), frame(0x21, b"x"), data(b"c")], Ok(b"abc"), "a reserved frame between"),
        (vec![post(&[]), data(b"ab"), trailers.clone()], Ok(b"ab"), "trailers"),
        (vec![post(&[]), trailers.clone(), frame(0x21, b"x")], Ok(b""), "a reserved frame behind trailers"),
        (vec![post(&[("content-length", "3")]), data(b"ab"), data(b"c")], Ok(b"abc"), "as announced"),
        (vec![post(&[("content-length", "2")]), data(b"abc")], Err(C::H3_MESSAGE_ERROR), "too long"),
        (vec![post(&[("content-length", "4")]), data(b"abc")], Err(C::H3_MESSAGE_ERROR), "too short"),
        (vec![post(&[("content-length", "1")])], Err(C::H3_MESSAGE_ERROR), "none at all"),
        (vec![post(&[]), trailers.clone(), data(b"a")], Err(C::H3_FRAME_UNEXPECTED), "DATA behind trailers"),
        (vec![post(&[]), trailers.clone(), trailers], Err(C::H3_FRAME_UNEXPECTED), "trailers twice"),
        (vec![post(&[]), frame(4, b"")], Err(C::H3_FRAME_UNEXPECTED), "SETTINGS"),
        (vec![post(&[]), vec![0, 3, b'a']], Err(C::H3_FRAME_ERROR), "cut off"),
    ];
    for (frames, expected, what) in rows {
        let pair = Pair::new().await;
        let (_sending, _receiving, mut exchange) = stream(&pair, &frames.concat(), true).await;
        exchange.request_head(&Limits::new()).await.unwrap();
        let content = content(&mut exchange).await.map_err(|error| codes::code(&error).expect("has a code"));
        assert_eq!(content.as_deref(), expected.as_ref().copied(), "{what}");
    }
}

#[tokio::test]
async fn a_client_reads_interim_responses_and_the_final_one() {
    let pair = Pair::new().await;
    let (mut client, mut server) = pair.exchange(&[0x21, 0]).await;
    let request = Request::post("https://a.example/").body(()).unwrap();
    client.send_request(&request, "").await.unwrap();
    let asking = async {
        client.send_data(Bytes::from(vec![7; 200_000])).await.unwrap();
        client.finish().await.unwrap();
    };
    let reading = async {
        server.request_head(&Limits::new()).await.unwrap();
        content(&mut server).await.unwrap()
    };
    assert_eq!(tokio::join!(asking, reading).1, vec![7; 200_000]);
    for status in [100, 103, 200] {
        server.send_response(&Response::builder().status(status).body(()).unwrap()).await.unwrap();
    }
    server.send_data(Bytes::from_static(b"hello")).await.unwrap();
    server.finish().await.unwrap();
    server.end(nothing());
    for status in [100, 103, 200] {
        assert_eq!(client.response_head(&Limits::new()).await.unwrap().status(), status);
    }
    assert_eq!(content(&mut client).await.unwrap(), b"hello");
}

#[tokio::test]
async fn what_a_server_sends_instead_of_a_response_is_an_error() {
    use Code as C;
    let lost = |code| Head::Lost(Some(code));
    let rows: Vec<(Vec<u8>, Head, &str)> = vec![
        (vec![], Head::Incomplete, "FIN"),
        (headers(&[(":status", "103")]), Head::Whole, "an interim response"),
        (frame(0, b"a"), lost(C::H3_FRAME_UNEXPECTED), "DATA"),
        (frame(5, &[0]), lost(C::H3_ID_ERROR), "PUSH_PROMISE, though none was allowed"),
        (frame(4, b""), lost(C::H3_FRAME_UNEXPECTED), "SETTINGS"),
        (frame(1, &[0, 0, 0x80]), lost(C::QPACK_DECOMPRESSION_FAILED), "a reference to nothing"),
        (headers(&[("a", "b")]), Head::Malformed(C::H3_MESSAGE_ERROR), "no status"),
        (headers(&[(":status", "200"), ("a", &"a".repeat(20_000))]), Head::TooLarge, "a long field"),
        (frame(0x21, &vec![0; 40_000]), Head::Malformed(C::H3_EXCESSIVE_LOAD), "a long reserved frame"),
    ];
    for (bytes, expected, what) in rows {
        let pair = Pair::new().await;
        let (mut sending, receiving) = pair.client.open_bi().await.unwrap();
        sending.write_all(&[0x21, 0]).await.unwrap();
        let (mut answering, _asking) = pair.server.accept_bi().await.unwrap();
        answering.write_all(&bytes).await.unwrap();
        answering.finish().unwrap();
        let mut exchange = Exchange::of((sending, receiving), pair.client.clone());
        let head = exchange.response_head(&Limits::new()).await;
        assert_eq!(Head::from(head), expected, "{what}");
    }
}

#[tokio::test]
async fn a_reset_is_told_at_every_stage() {
    let cancelled = Some(Code::H3_REQUEST_CANCELLED);
    let code = codes::to_varint(Code::H3_REQUEST_CANCELLED);
    for len in [0, 10, post(&[]).len()] {
        let pair = Pair::new().await;
        let bytes = [&[0x21, 0][..], &post(&[])[..len]].concat();
        let (mut sending, mut receiving, mut exchange) = stream(&pair, &bytes, false).await;
        let whole = len == post(&[]).len();
        if whole {
            exchange.request_head(&Limits::new()).await.unwrap();
        }
        sending.reset(code).unwrap();
        receiving.stop(code).unwrap();
        let error = if whole {
            content(&mut exchange).await.unwrap_err()
        } else {
            exchange.request_head(&Limits::new()).await.unwrap_err().into_io()
        };
        assert_eq!((error.kind(), codes::code(&error)), (ErrorKind::ConnectionReset, cancelled), "{len}");
        // The answer may be taken before the peer's word has arrived.
        let error = loop {
            match exchange.send_data(Bytes::from_static(b"more")).await {
                Ok(()) => tokio::task::yield_now().await,
                Err(error) => break error,
            }
        };
        assert_eq!((error.kind(), codes::code(&error)), (ErrorKind::ConnectionReset, cancelled), "{len}");
    }
}
