//! Request streams of a client that breaks the rules.

use quinn::{ReadError, VarInt};

use super::kit::raw::{DATA, Exchange, GOAWAY, HEADERS, SETTINGS, connect, frame, headers, plain};
use super::roles::{Server, close_code, soon};

/// What the client sees. Where the connection lives, another WebSocket is established on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// A response with this status.
    Answered(u16),
    /// The stream is reset with this code.
    Reset(u64),
    /// The connection is closed with this code.
    Closed(u64),
}

use End::{Answered, Closed, Reset};

const FRAME_UNEXPECTED: u64 = 0x105;
const FRAME_ERROR: u64 = 0x106;
const EXCESSIVE_LOAD: u64 = 0x107;
const REQUEST_INCOMPLETE: u64 = 0x10d;
const MESSAGE_ERROR: u64 = 0x10e;
const DECOMPRESSION_FAILED: u64 = 0x200;

type Row = (&'static str, Vec<u8>, bool, End);

/// What is sent, whether the client's side ends behind it, and what comes of it.
fn rows() -> Vec<Row> {
    let request = || headers(&connect("/", &[]));
    let with = |line| headers(&connect("/", &[line]));
    let (long, many) = ("a".repeat(20_000), vec![("a", "b"); 200]);
    let cut = {
        let mut request = request();
        request.pop();
        request
    };
    vec![
        ("an extended CONNECT", request(), false, Answered(200)),
        ("a reserved frame in front", [frame(0x21, b"abc"), request()].concat(), false, Answered(200)),
        ("a frame of WebTransport in front", [frame(0x41, b"abc"), request()].concat(), false, Answered(200)),
        (
            "two cookies",
            headers(&connect("/", &[("cookie", "a=1"), ("cookie", "b=2")])),
            false,
            Answered(200),
        ),
        // RFC 9114 §4.1.
        ("nothing", vec![], true, Reset(REQUEST_INCOMPLETE)),
        ("a reserved frame alone", frame(0x21, b""), true, Reset(REQUEST_INCOMPLETE)),
        ("DATA first", frame(DATA, b"a"), false, Closed(FRAME_UNEXPECTED)),
        // RFC 9114 §7.1.
        ("a head that is cut off", cut, true, Closed(FRAME_ERROR)),
        ("half a header", vec![0x01], true, Closed(FRAME_ERROR)),
        ("DATA that is cut off", [request(), vec![0, 3, b'a']].concat(), true, Closed(FRAME_ERROR)),
        // RFC 9114 §4.4.
        ("a second head", [request(), request()].concat(), false, Closed(FRAME_UNEXPECTED)),
        ("trailers", [request(), headers(&[("a", "b")])].concat(), true, Closed(FRAME_UNEXPECTED)),
        (
            "trailers behind DATA",
            [request(), frame(DATA, b"a"), headers(&[("a", "b")])].concat(),
            true,
            Closed(FRAME_UNEXPECTED),
        ),
        // RFC 9114 §7.2.
        ("SETTINGS", frame(SETTINGS, &[]), false, Closed(FRAME_UNEXPECTED)),
        ("GOAWAY", frame(GOAWAY, &[0]), false, Closed(FRAME_UNEXPECTED)),
        ("CANCEL_PUSH", frame(0x03, &[0]), false, Closed(FRAME_UNEXPECTED)),
        ("PUSH_PROMISE", frame(0x05, &[0]), false, Closed(FRAME_UNEXPECTED)),
        ("MAX_PUSH_ID", frame(0x0d, &[0]), false, Closed(FRAME_UNEXPECTED)),
        ("PRIORITY of HTTP/2", frame(0x02, &[]), false, Closed(FRAME_UNEXPECTED)),
        ("PING of HTTP/2", frame(0x06, &[]), false, Closed(FRAME_UNEXPECTED)),
        ("WINDOW_UPDATE of HTTP/2", frame(0x08, &[]), false, Closed(FRAME_UNEXPECTED)),
        ("CONTINUATION of HTTP/2", frame(0x09, &[]), false, Closed(FRAME_UNEXPECTED)),
        (
            "SETTINGS behind the head",
            [request(), frame(SETTINGS, &[])].concat(),
            false,
            Closed(FRAME_UNEXPECTED),
        ),
        (
            "PING of HTTP/2 behind the head",
            [request(), frame(0x06, &[])].concat(),
            false,
            Closed(FRAME_UNEXPECTED),
        ),
        // RFC 9204 §2.2.
        ("no field section", frame(HEADERS, &[]), false, Closed(DECOMPRESSION_FAILED)),
        (
            "a reference to a dynamic table",
            frame(HEADERS, &[0, 0, 0x80]),
            false,
            Closed(DECOMPRESSION_FAILED),
        ),
        ("a required insertion", frame(HEADERS, &[2, 0, 0x80]), false, Closed(DECOMPRESSION_FAILED)),
        ("a line of no table", frame(HEADERS, &[0, 0, 0xff, 0x7f]), false, Closed(DECOMPRESSION_FAILED)),
        ("a value that is cut off", frame(HEADERS, &[0, 0, 0x51, 0x05]), false, Closed(DECOMPRESSION_FAILED)),
        // RFC 9114 §4.2.2.
        ("a long field", with(("a", &long)), false, Answered(431)),
        ("many fields", headers(&connect("/", &many)), false, Answered(431)),
        ("a head of a terabyte", vec![0x01, 0xc0, 0, 0, 1, 0, 0, 0, 0], false, Answered(431)),
        ("a long path", headers(&connect(&format!("/{}", &long[..9000]), &[])), false, Answered(414)),
        // Bounds of ours.
        ("a long reserved frame", frame(0x21, &vec![0; 40_000]), false, Reset(EXCESSIVE_LOAD)),
        ("empty reserved frames", [0x21, 0].repeat(10_000), false, Reset(EXCESSIVE_LOAD)),
        ("empty DATA", [0x00, 0].repeat(10_000), false, Reset(EXCESSIVE_LOAD)),
    ]
}

/// The same for messages (RFC 9114 §4.2, §4.3).
fn messages() -> Vec<Row> {
    let without = |name: &str| {
        let lines: Vec<_> = connect("/", &[]).into_iter().filter(|(other, _)| *other != name).collect();
        headers(&lines)
    };
    let with = |line| headers(&connect("/", &[line]));
    vec![
        ("a name in upper case", with(("Origin", "https://server.example.com")), false, Reset(MESSAGE_ERROR)),
        ("a name with a space", with(("a b", "c")), false, Reset(MESSAGE_ERROR)),
        ("a value with a line feed", with(("a", "b\nc: d")), false, Reset(MESSAGE_ERROR)),
        (
            "an unknown pseudo-header field",
            headers(&[&[(":a", "b")][..], &connect("/", &[])].concat()),
            false,
            Reset(MESSAGE_ERROR),
        ),
        ("a pseudo-header field at the end", with((":path", "/")), false, Reset(MESSAGE_ERROR)),
        (
            "a pseudo-header field twice",
            headers(&[&[(":path", "/")][..], &connect("/", &[])].concat()),
            false,
            Reset(MESSAGE_ERROR),
        ),
        (
            "a status",
            headers(&[&[(":status", "200")][..], &connect("/", &[])].concat()),
            false,
            Reset(MESSAGE_ERROR),
        ),
        ("no method", without(":method"), false, Reset(MESSAGE_ERROR)),
        ("no path", without(":path"), false, Reset(MESSAGE_ERROR)),
        ("an empty path", headers(&connect("", &[])), false, Reset(MESSAGE_ERROR)),
        (
            ":protocol with GET",
            headers(&[&[(":protocol", "websocket")][..], &plain("GET", "/", &[])].concat()),
            true,
            Reset(MESSAGE_ERROR),
        ),
        ("a plain request", headers(&plain("GET", "/", &[])), true, Answered(200)),
        (
            "a plain request that is specific to a connection",
            headers(&plain("GET", "/", &[("connection", "close")])),
            true,
            Reset(MESSAGE_ERROR),
        ),
        // These are judged like those of HTTP/2.
        ("no scheme", without(":scheme"), false, Answered(400)),
        ("no authority", without(":authority"), false, Answered(400)),
        ("a field that is specific to a connection", with(("connection", "upgrade")), false, Answered(400)),
        ("another Host", with(("host", "other.example.com")), false, Answered(400)),
        ("no version", without("sec-websocket-version"), false, Answered(400)),
    ]
}

#[tokio::test(start_paused = true)]
async fn each_wrong_stream_has_its_code() {
    for (what, bytes, fin, expected) in rows().into_iter().chain(messages()) {
        let server = Server::new().await;
        let (send, receive) = server.peer().open_bi().await.unwrap();
        let mut exchange = Exchange { send, frames: super::kit::raw::Frames::new(receive) };
        // A stream may be stopped before all of it is sent.
        let _ = exchange.send.write_all(&bytes).await;
        if fin {
            let _ = exchange.send.finish();
        }
        let end = match expected {
            Closed(_) => Closed(close_code(server.peer()).await),
            Answered(_) | Reset(_) => match soon(exchange.frames.next()).await {
                Ok(Some((HEADERS, section))) => Answered(status(section)),
                Err(ReadError::Reset(code)) => Reset(code.into_inner()),
                other => panic!("{what}: {other:?}"),
            },
        };
        assert_eq!(end, expected, "{what}");
        match end {
            Closed(_) => soon(server.serving).await.expect("it ends"),
            Answered(_) | Reset(_) => assert!(server.works().await, "{what}: the connection lives"),
        }
    }
}

fn status(section: Vec<u8>) -> u16 {
    let decoded = http3::qpack::decode_stateless(&mut bytes::Bytes::from(section), u64::MAX).unwrap();
    std::str::from_utf8(&decoded.fields[0].value).unwrap().parse().unwrap()
}

/// How far a request is when the client gives it up.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Opened,
    InsideHead,
    Sent,
    Established,
    InsideFrame,
    Ended,
}

#[tokio::test(start_paused = true)]
async fn a_client_can_give_up_at_every_stage() {
    let stages =
        [Stage::Opened, Stage::InsideHead, Stage::Sent, Stage::Established, Stage::InsideFrame, Stage::Ended];
    let request = headers(&connect("/", &[]));
    for stage in stages {
        for (reset, stop) in [(true, false), (false, true), (true, true)] {
            for code in [0x100, 0x10b, 0x10c, 0x10e, 0x21, 0] {
                let what = format!("{stage:?}, reset {reset}, stop {stop}, {code:#x}");
                let server = Server::new().await;
                let bytes = match stage {
                    Stage::Opened => &[0x21, 0][..],
                    Stage::InsideHead => &request[..10],
                    _ => &request[..],
                };
                let mut exchange = Exchange::open(server.peer(), bytes).await;
                if matches!(stage, Stage::Established | Stage::InsideFrame | Stage::Ended) {
                    assert_eq!(soon(exchange.head()).await.unwrap().status, 200, "{what}");
                }
                match stage {
                    Stage::InsideFrame => exchange.write(&[0, 9, b'a']).await,
                    Stage::Ended => exchange.finish(),
                    _ => {}
                }
                let code = VarInt::from_u64(code).unwrap();
                // They fail if the stream has ended.
                if reset {
                    let _ = exchange.send.reset(code);
                }
                if stop {
                    let _ = exchange.frames.receive.stop(code);
                }
                assert!(server.works().await, "{what}: the connection lives");
                assert_eq!(server.peer().close_reason(), None, "{what}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_sends_settings_is_served() {
    let server = Server::new().await;
    assert!(server.works().await);
    assert!(server.works().await);
}

#[tokio::test(start_paused = true)]
async fn a_slow_head_has_a_deadline_and_blocks_nobody() {
    let server = Server::new().await;
    let mut slow = Exchange::open(server.peer(), &headers(&connect("/", &[]))[..10]).await;
    assert!(server.works().await);
    let before = tokio::time::Instant::now();
    assert_eq!(soon(slow.head()).await.unwrap().status, 408);
    assert!(before.elapsed().as_secs() <= 10, "{:?}", before.elapsed());
}
