//! Responses of a server that breaks the rules.

use std::io::ErrorKind as Kind;

use quinn::VarInt;
use tokio::io::AsyncReadExt;
use websocket_upgrade::{ConnectError, ConnectReason};

use super::kit::raw::{DATA, HEADERS, SETTINGS, frame, headers};
use super::roles::{Client, URL, accept, close_code, soon};

/// What the client makes of it. Where the connection lives, another WebSocket is established on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The WebSocket is established.
    Established,
    /// Refused with this status.
    Refused(u16),
    /// An error, and the client stops the stream with this code.
    Stopped(u64),
    /// An error of this kind, because of what the server has done to the stream.
    Failed(Kind),
    /// The connection is closed with this code.
    Closed(u64),
}

use End::{Closed, Established, Failed, Refused, Stopped};

const FRAME_UNEXPECTED: u64 = 0x105;
const FRAME_ERROR: u64 = 0x106;
const EXCESSIVE_LOAD: u64 = 0x107;
const ID_ERROR: u64 = 0x108;
const REQUEST_CANCELLED: u64 = 0x10c;
const MESSAGE_ERROR: u64 = 0x10e;
const DECOMPRESSION_FAILED: u64 = 0x200;

/// How the server ends its side.
#[derive(Clone, Copy, Debug)]
enum Last {
    Open,
    Fin,
    Reset(u32),
}

fn rows() -> Vec<(&'static str, Vec<u8>, Last, End)> {
    use Last::{Fin, Open, Reset};
    let ok = || headers(&[(":status", "200")]);
    let long = "a".repeat(20_000);
    vec![
        ("accepted", ok(), Open, Established),
        ("an interim response in front", [headers(&[(":status", "103")]), ok()].concat(), Open, Established),
        ("a reserved frame in front", [frame(0x21, b"abc"), ok()].concat(), Open, Established),
        ("refused", headers(&[(":status", "403")]), Fin, Refused(403)),
        (
            "refused with a body",
            [headers(&[(":status", "404")]), frame(DATA, b"no")].concat(),
            Fin,
            Refused(404),
        ),
        (
            "refused with trailers",
            [headers(&[(":status", "404")]), frame(DATA, b"no"), headers(&[("a", "b")])].concat(),
            Fin,
            Refused(404),
        ),
        ("no response", vec![], Fin, Failed(Kind::UnexpectedEof)),
        ("an interim response alone", headers(&[(":status", "103")]), Fin, Failed(Kind::UnexpectedEof)),
        ("cancelled", vec![], Reset(0x10c), Failed(Kind::ConnectionReset)),
        ("an internal error", vec![], Reset(0x102), Failed(Kind::ConnectionReset)),
        ("cancelled inside the head", ok()[..2].to_vec(), Reset(0x10c), Failed(Kind::ConnectionReset)),
        (
            "interim responses without end",
            headers(&[(":status", "103")]).repeat(100),
            Open,
            Stopped(REQUEST_CANCELLED),
        ),
        (
            "refused, with empty DATA without end",
            [headers(&[(":status", "403")]), [0, 0].repeat(20_000)].concat(),
            Open,
            Refused(403),
        ),
        ("cut off", ok()[..2].to_vec(), Fin, Closed(FRAME_ERROR)),
        ("DATA first", frame(DATA, b"a"), Open, Closed(FRAME_UNEXPECTED)),
        ("SETTINGS", frame(SETTINGS, &[]), Open, Closed(FRAME_UNEXPECTED)),
        ("PING of HTTP/2", frame(0x06, &[]), Open, Closed(FRAME_UNEXPECTED)),
        ("a push", frame(0x05, &[0, 0, 0]), Open, Closed(ID_ERROR)),
        ("a reference to a dynamic table", frame(HEADERS, &[0, 0, 0x80]), Open, Closed(DECOMPRESSION_FAILED)),
        ("no status", headers(&[("a", "b")]), Open, Stopped(MESSAGE_ERROR)),
        ("a status of two digits", headers(&[(":status", "20")]), Open, Stopped(MESSAGE_ERROR)),
        ("a path", headers(&[(":status", "200"), (":path", "/")]), Open, Stopped(MESSAGE_ERROR)),
        ("a name in upper case", headers(&[(":status", "200"), ("A", "b")]), Open, Stopped(MESSAGE_ERROR)),
        (
            "a value with a line feed",
            headers(&[(":status", "200"), ("a", "b\nc")]),
            Open,
            Stopped(MESSAGE_ERROR),
        ),
        (
            "a field that is specific to a connection",
            headers(&[(":status", "200"), ("connection", "close")]),
            Open,
            Stopped(MESSAGE_ERROR),
        ),
        ("101", headers(&[(":status", "101")]), Open, Stopped(REQUEST_CANCELLED)),
        ("a long field", headers(&[(":status", "200"), ("a", &long)]), Open, Stopped(REQUEST_CANCELLED)),
        ("a head of a terabyte", vec![0x01, 0xc0, 0, 0, 1, 0, 0, 0, 0], Open, Stopped(REQUEST_CANCELLED)),
        ("a long reserved frame", frame(0x21, &vec![0; 40_000]), Open, Stopped(EXCESSIVE_LOAD)),
        ("empty reserved frames", [0x21, 0].repeat(10_000), Open, Stopped(EXCESSIVE_LOAD)),
        (
            "a subprotocol that was not offered",
            headers(&[(":status", "200"), ("sec-websocket-protocol", "x")]),
            Open,
            Stopped(REQUEST_CANCELLED),
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn each_wrong_response_has_its_code() {
    for (what, bytes, last, expected) in rows() {
        let client = Client::new();
        let (session, peer, _control) = client.session().await;
        let serve = async {
            let mut exchange = accept(&peer).await;
            exchange.frames.next().await.expect("a request");
            // The stream may be stopped before all of it is sent.
            let _ = exchange.send.write_all(&bytes).await;
            match last {
                Last::Open => {}
                Last::Fin => drop(exchange.send.finish()),
                Last::Reset(code) => exchange.send.reset(VarInt::from_u32(code)).expect("open"),
            }
            exchange
        };
        let (opened, exchange) =
            soon(async { tokio::join!(session.open(URL, &client.options), serve) }).await;
        let end = match (&opened, expected) {
            (_, Closed(_)) => Closed(close_code(&peer).await),
            (Ok(_), _) => Established,
            (Err(error), Stopped(_)) => {
                assert!(!matches!(error.reason(), ConnectReason::Refused(_)), "{what}: {error}");
                Stopped(soon(exchange.stopped()).await.expect("stopped"))
            }
            (Err(error), _) => failed(error),
        };
        assert_eq!(end, expected, "{what}: {opened:?}");
        if !matches!(end, Closed(_)) {
            assert!(client.works(&session, &peer).await, "{what}: the connection lives");
        }
    }
}

fn failed(error: &ConnectError) -> End {
    match error.reason() {
        ConnectReason::Refused(refused) => Refused(refused.status()),
        ConnectReason::Io(error) => Failed(error.kind()),
        _ => panic!("{error:#}"),
    }
}

/// How far a request is when the server gives it up.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Received,
    Interim,
    InsideHead,
    Established,
    InsideFrame,
    Ended,
}

#[tokio::test(start_paused = true)]
async fn a_server_can_give_up_at_every_stage() {
    let stages = [
        Stage::Received,
        Stage::Interim,
        Stage::InsideHead,
        Stage::Established,
        Stage::InsideFrame,
        Stage::Ended,
    ];
    let ok = headers(&[(":status", "200")]);
    for stage in stages {
        for (reset, stop) in [(true, false), (false, true), (true, true)] {
            for code in [0x100, 0x102, 0x10c, 0x10e, 0x21, 0] {
                let what = format!("{stage:?}, reset {reset}, stop {stop}, {code:#x}");
                let client = Client::new();
                let (session, peer, _control) = client.session().await;
                let serve = async {
                    let mut exchange = accept(&peer).await;
                    exchange.frames.next().await.expect("a request");
                    let bytes = match stage {
                        Stage::Received => vec![],
                        Stage::Interim => headers(&[(":status", "103")]),
                        Stage::InsideHead => ok[..2].to_vec(),
                        Stage::Established | Stage::Ended => ok.clone(),
                        Stage::InsideFrame => [&ok[..], &[0, 9, b'a']].concat(),
                    };
                    exchange.write(&bytes).await;
                    if matches!(stage, Stage::Ended) {
                        exchange.finish();
                    }
                    let code = VarInt::from_u32(code);
                    // They fail if the stream has ended.
                    if reset {
                        let _ = exchange.send.reset(code);
                    }
                    if stop {
                        let _ = exchange.frames.receive.stop(code);
                    }
                    exchange
                };
                let (opened, exchange) =
                    soon(async { tokio::join!(session.open(URL, &client.options), serve) }).await;
                if let Ok(opened) = opened {
                    let mut stream = opened.into_stream();
                    // What is read depends on what arrives first.
                    if reset || matches!(stage, Stage::Ended) {
                        let _ = soon(stream.read_to_end(&mut Vec::new())).await;
                    }
                }
                drop(exchange);
                assert!(client.works(&session, &peer).await, "{what}: the connection lives");
                assert_eq!(peer.close_reason(), None, "{what}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_can_not_break_the_rules_of_an_established_stream() {
    let rows = [
        ("HEADERS", headers(&[("a", "b")]), FRAME_UNEXPECTED),
        ("a second response", headers(&[(":status", "200")]), FRAME_UNEXPECTED),
        ("SETTINGS", frame(SETTINGS, &[]), FRAME_UNEXPECTED),
        ("PING of HTTP/2", frame(0x06, &[]), FRAME_UNEXPECTED),
        ("a push", frame(0x05, &[0, 0, 0]), ID_ERROR),
        ("half a frame and FIN", vec![0, 3, b'a'], FRAME_ERROR),
    ];
    for (what, bytes, code) in rows {
        let client = Client::new();
        let (session, peer, _control) = client.session().await;
        let serve = async {
            let mut exchange = accept(&peer).await;
            exchange.frames.next().await.expect("a request");
            exchange.write(&[headers(&[(":status", "200")]), bytes.clone()].concat()).await;
            exchange.finish();
            exchange
        };
        let (opened, _exchange) =
            soon(async { tokio::join!(session.open(URL, &client.options), serve) }).await;
        let mut stream = opened.expect("accepted").into_stream();
        let error = soon(stream.read_to_end(&mut Vec::new())).await.expect_err(what);
        assert_eq!(error.kind(), Kind::InvalidData, "{what}: {error}");
        assert_eq!(close_code(&peer).await, code, "{what}");
    }
}
