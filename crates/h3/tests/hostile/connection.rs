//! The streams of the connection itself: control, QPACK, push, and those without a meaning.

use quinn::{Connection, RecvStream, SendStream, VarInt};
use websocket_upgrade_h3::Session;

use super::kit::raw::{GOAWAY, SETTINGS, frame};
use super::roles::{Client, EXTENDED_CONNECT, Server, URL, close_code, soon};

/// What the peer does, in order.
enum Step {
    /// Opens a stream in one direction and sends this.
    Open(Vec<u8>),
    /// Sends more on the last one.
    More(Vec<u8>),
    /// Ends the last one.
    Fin,
    /// Resets the last one.
    Reset,
    /// Stops the stream of this type that the library has opened.
    Stop(u8),
}

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// A WebSocket is established on it.
    Works,
    Closed(u64),
}

use End::{Closed, Works};
use Step::{Fin, More, Open, Reset, Stop};

const CONTROL: u8 = 0x00;
const PUSH: u8 = 0x01;
const ENCODER: u8 = 0x02;
const DECODER: u8 = 0x03;

const STREAM_CREATION_ERROR: u64 = 0x103;
const CLOSED_CRITICAL_STREAM: u64 = 0x104;
const FRAME_UNEXPECTED: u64 = 0x105;
const FRAME_ERROR: u64 = 0x106;
const EXCESSIVE_LOAD: u64 = 0x107;
const ID_ERROR: u64 = 0x108;
const SETTINGS_ERROR: u64 = 0x109;
const MISSING_SETTINGS: u64 = 0x10a;
const ENCODER_STREAM_ERROR: u64 = 0x201;
const DECODER_STREAM_ERROR: u64 = 0x202;

/// The beginning of a control stream.
fn settings() -> Vec<u8> {
    let payload = [u8::try_from(EXTENDED_CONNECT.0).unwrap(), u8::try_from(EXTENDED_CONNECT.1).unwrap()];
    [vec![CONTROL], frame(SETTINGS, &payload)].concat()
}

/// A control stream with this behind the settings.
fn behind(frame: Vec<u8>) -> Vec<Step> {
    vec![Open([settings(), frame].concat())]
}

/// A control stream with these settings.
fn with(payload: &[u8]) -> Vec<Step> {
    vec![Open([vec![CONTROL], frame(SETTINGS, payload)].concat())]
}

/// A good control stream, and then these steps.
fn then(steps: Vec<Step>) -> Vec<Step> {
    std::iter::once(Open(settings())).chain(steps).collect()
}

/// What is done, and what our server and our client make of it.
fn rows() -> Vec<(&'static str, Vec<Step>, End, End)> {
    let both = |what, steps, end| (what, steps, end, end);
    vec![
        both("settings", then(vec![]), Works),
        both(
            "settings byte by byte",
            {
                let mut bytes = settings().into_iter().map(|byte| vec![byte]);
                let first = Open(bytes.next().unwrap());
                std::iter::once(first).chain(bytes.map(More)).collect()
            },
            Works,
        ),
        both("a reserved setting", with(&[0x08, 1, 0x40, 0x40, 7]), Works),
        both("a stream of an unknown type", then(vec![Open(vec![0x21, 1, 2, 3]), More(vec![4])]), Works),
        both("a stream of an unknown type that ends", then(vec![Open(vec![0x21, 1]), Fin]), Works),
        both("a stream of WebTransport", then(vec![Open(vec![0x40, 0x54, 0])]), Works),
        both("a stream that ends without a type", then(vec![Open(vec![]), Fin]), Works),
        both("a stream that is reset without a type", then(vec![Open(vec![]), Reset]), Works),
        both("a stream that ends inside its type", then(vec![Open(vec![0x40]), Fin]), Works),
        both("streams of QPACK", then(vec![Open(vec![ENCODER, 0x20]), Open(vec![DECODER, 0x40])]), Works),
        both("a long reserved frame", behind(frame(0x21, &vec![0; 100_000])), Works),
        both("a second control stream", then(vec![Open(settings())]), Closed(STREAM_CREATION_ERROR)),
        both(
            "a second encoder",
            then(vec![Open(vec![ENCODER]), Open(vec![ENCODER])]),
            Closed(STREAM_CREATION_ERROR),
        ),
        both(
            "a second decoder",
            then(vec![Open(vec![DECODER]), Open(vec![DECODER])]),
            Closed(STREAM_CREATION_ERROR),
        ),
        both("control ends", then(vec![Fin]), Closed(CLOSED_CRITICAL_STREAM)),
        both(
            "control ends inside a frame",
            vec![Open([settings(), vec![0x07]].concat()), Fin],
            Closed(CLOSED_CRITICAL_STREAM),
        ),
        both("control is reset", then(vec![Reset]), Closed(CLOSED_CRITICAL_STREAM)),
        both("the encoder ends", then(vec![Open(vec![ENCODER]), Fin]), Closed(CLOSED_CRITICAL_STREAM)),
        both(
            "the decoder is reset",
            then(vec![Open(vec![DECODER, 0x40]), Reset]),
            Closed(CLOSED_CRITICAL_STREAM),
        ),
        both("our control is stopped", then(vec![Stop(CONTROL)]), Closed(CLOSED_CRITICAL_STREAM)),
        both("our encoder is stopped", then(vec![Stop(ENCODER)]), Closed(CLOSED_CRITICAL_STREAM)),
        both("our decoder is stopped", then(vec![Stop(DECODER)]), Closed(CLOSED_CRITICAL_STREAM)),
        both("another frame than SETTINGS", vec![Open(vec![CONTROL, 0x07, 1, 0])], Closed(MISSING_SETTINGS)),
        both("a reserved frame in front", vec![Open(vec![CONTROL, 0x21, 0])], Closed(MISSING_SETTINGS)),
        both("SETTINGS twice", behind(frame(SETTINGS, &[])), Closed(FRAME_UNEXPECTED)),
        both("DATA", behind(frame(0x00, b"a")), Closed(FRAME_UNEXPECTED)),
        both("HEADERS", behind(frame(0x01, &[0, 0])), Closed(FRAME_UNEXPECTED)),
        both("PUSH_PROMISE", behind(frame(0x05, &[0])), Closed(FRAME_UNEXPECTED)),
        both("PRIORITY of HTTP/2", behind(frame(0x02, &[])), Closed(FRAME_UNEXPECTED)),
        both("PING of HTTP/2", behind(frame(0x06, &[])), Closed(FRAME_UNEXPECTED)),
        both("WINDOW_UPDATE of HTTP/2", behind(frame(0x08, &[])), Closed(FRAME_UNEXPECTED)),
        both("CONTINUATION of HTTP/2", behind(frame(0x09, &[])), Closed(FRAME_UNEXPECTED)),
        both("a setting of HTTP/2", with(&[0x03, 1]), Closed(SETTINGS_ERROR)),
        both("a setting twice", with(&[0x08, 1, 0x08, 1]), Closed(SETTINGS_ERROR)),
        both("a flag of 2", with(&[0x08, 2]), Closed(SETTINGS_ERROR)),
        both("half a setting", with(&[0x08]), Closed(FRAME_ERROR)),
        both(
            "SETTINGS of a terabyte",
            vec![Open(vec![CONTROL, 0x04, 0xc0, 0, 0, 1, 0, 0, 0, 0])],
            Closed(EXCESSIVE_LOAD),
        ),
        both("GOAWAY of a wrong length", behind(frame(GOAWAY, &[0, 0])), Closed(FRAME_ERROR)),
        both(
            "a higher GOAWAY",
            behind([frame(GOAWAY, &[4]), frame(GOAWAY, &[8])].concat()),
            Closed(ID_ERROR),
        ),
        ("GOAWAY of another stream", behind(frame(GOAWAY, &[1])), Works, Closed(ID_ERROR)),
        both("CANCEL_PUSH", behind(frame(0x03, &[0])), Closed(ID_ERROR)),
        ("MAX_PUSH_ID", behind(frame(0x0d, &[7])), Works, Closed(FRAME_UNEXPECTED)),
        (
            "a lower MAX_PUSH_ID",
            behind([frame(0x0d, &[7]), frame(0x0d, &[6])].concat()),
            Closed(ID_ERROR),
            Closed(FRAME_UNEXPECTED),
        ),
        ("a push", then(vec![Open(vec![PUSH, 0])]), Closed(STREAM_CREATION_ERROR), Closed(ID_ERROR)),
        both(
            "an insertion into the dynamic table",
            then(vec![Open(vec![ENCODER, 0xc0, 1, b'a'])]),
            Closed(ENCODER_STREAM_ERROR),
        ),
        both("a dynamic table", then(vec![Open(vec![ENCODER, 0x3f, 0x01])]), Closed(ENCODER_STREAM_ERROR)),
        both("an acknowledged section", then(vec![Open(vec![DECODER, 0x80])]), Closed(DECODER_STREAM_ERROR)),
        both("acknowledged insertions", then(vec![Open(vec![DECODER, 0x01])]), Closed(DECODER_STREAM_ERROR)),
        both(
            "an instruction in two pieces",
            then(vec![Open(vec![DECODER, 0x7f]), More(vec![0x01]), More(vec![0x80])]),
            Closed(DECODER_STREAM_ERROR),
        ),
    ]
}

/// Does what the steps say. The streams are to be kept.
async fn play(peer: &Connection, steps: Vec<Step>) -> (Vec<SendStream>, Vec<RecvStream>) {
    let (mut opened, mut stopped) = (Vec::<SendStream>::new(), Vec::new());
    for step in steps {
        // The connection may be closed before the last step.
        match step {
            Open(bytes) => {
                let Ok(mut stream) = peer.open_uni().await else { break };
                let _ = stream.write_all(&bytes).await;
                opened.push(stream);
            }
            More(bytes) => {
                let _ = opened.last_mut().expect("opened").write_all(&bytes).await;
            }
            Fin => drop(opened.last_mut().expect("opened").finish()),
            Reset => drop(opened.last_mut().expect("opened").reset(VarInt::from_u32(0x100))),
            Stop(kind) => loop {
                let Ok(mut stream) = soon(peer.accept_uni()).await else { break };
                let mut first = [0];
                stream.read_exact(&mut first).await.expect("a type");
                let found = first[0] == kind;
                if found {
                    stream.stop(VarInt::from_u32(0x100)).expect("open");
                }
                stopped.push(stream);
                if found {
                    break;
                }
            },
        }
        // What was sent arrives on its own.
        for _ in 0..5 {
            tokio::task::yield_now().await;
        }
    }
    (opened, stopped)
}

#[tokio::test(start_paused = true)]
async fn a_client_can_not_break_the_rules_of_a_connection() {
    for (what, steps, expected, _) in rows() {
        let server = Server::new().await;
        let _streams = play(server.peer(), steps).await;
        let end = match expected {
            Works if server.works().await => Works,
            Works => panic!("{what}: {:?}", server.peer().close_reason()),
            Closed(_) => Closed(close_code(server.peer()).await),
        };
        assert_eq!(end, expected, "{what}");
        if end != Works {
            soon(server.serving).await.expect("it ends");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_can_not_break_the_rules_of_a_connection() {
    for (what, steps, _, expected) in rows() {
        let client = Client::new();
        let connect = Session::connect_on(&client.endpoint, URL, &client.options);
        let serve = async {
            let peer = client.accept().await;
            let streams = play(&peer, steps).await;
            (peer, streams)
        };
        let (session, (peer, _streams)) = tokio::join!(connect, serve);
        let end = match (expected, &session) {
            (Works, Ok(session)) if client.works(session, &peer).await => Works,
            (Works, _) => panic!("{what}: {:?} {:?}", session.err(), peer.close_reason()),
            (Closed(_), _) => Closed(close_code(&peer).await),
        };
        assert_eq!(end, expected, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_a_meaning_is_stopped() {
    let server = Server::new().await;
    let mut stream = server.peer().open_uni().await.unwrap();
    stream.write_all(&[0x21, 1, 2, 3]).await.unwrap();
    let code = soon(stream.stopped()).await.unwrap().map(VarInt::into_inner);
    assert_eq!(code, Some(STREAM_CREATION_ERROR));
    assert!(server.works().await);
}

/// Only a client opens streams in both directions (RFC 9114 §6.1).
#[tokio::test(start_paused = true)]
async fn a_server_can_not_open_a_stream_in_both_directions() {
    let client = Client::new();
    let (_session, peer, _control) = client.session().await;
    let (mut send, _receive) = peer.open_bi().await.expect("it is allowed by QUIC");
    send.write_all(&[0x21, 0]).await.expect("open");
    assert_eq!(close_code(&peer).await, STREAM_CREATION_ERROR);
}
