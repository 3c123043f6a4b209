//! Misbehaviour to order: each kind, as the bytes that arrive.

use std::io::Read;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use tokio::io::AsyncReadExt;
use websocket_upgrade::{ClientOptions, create_upgrade_request};
use yawc::{Options, Role, WebSocket};

use crate::accepted::talk;
use crate::common::{Served, head};

#[test]
fn the_status_is_the_one_that_was_ordered() {
    for (status, field) in [
        ("200", "connection: close"),
        ("302", "connection: close"),
        ("401", "www-authenticate: "),
        ("426", "upgrade: websocket"),
        ("503", "connection: close"),
        ("599", "connection: close"),
    ] {
        let served = Served::start(&["--status", status, "-H", "Location: /there"]);
        let mut answer = String::new();
        let mut client = served.client(served.request("/", "").as_bytes());
        client.read_to_string(&mut answer).expect("a whole answer");
        let answer = answer.to_ascii_lowercase();
        assert!(answer.starts_with(&format!("http/1.1 {status} ")), "{answer}");
        assert!(answer.contains(&format!("\r\n{field}")), "{answer}");
        assert!(answer.contains("\r\nlocation: /there\r\n"), "{answer}");
        served.logs(&format!(" / {status} as ordered by --status"));
        // The page is no handshake.
        assert!(served.plain("GET /", "").starts_with("HTTP/1.1 200 "), "{status}");
    }
}

#[tokio::test]
async fn a_status_refuses_over_http2_too() {
    let served = Served::start(&["--status", "403"]);
    let error = create_upgrade_request(&served.url("ws", "/"), &ClientOptions::new().http2()).await;
    let error = error.expect_err("refused");
    let refused = error.refused().expect("an answer");
    assert_eq!((refused.status(), refused.body.as_slice()), (403, &b"403 Forbidden, as ordered\n"[..]));
    served.logs("HTTP/2 / 403 as ordered");
}

#[tokio::test]
async fn a_status_that_accepts_over_http2_ends_the_stream() {
    let served = Served::start(&["--status", "200"]);
    let upgraded = create_upgrade_request(&served.url("ws", "/"), &ClientOptions::new().http2()).await;
    let mut received = Vec::new();
    let read = upgraded.expect("a 200").into_stream().read_to_end(&mut received).await;
    assert_eq!((read.ok(), received), (Some(0), Vec::new()));
}

#[test]
fn an_answer_that_was_delayed_takes_its_time() {
    let served = Served::start(&["--delay", "200ms"]);
    let began = Instant::now();
    assert!(served.head("").starts_with("http/1.1 101 "));
    assert!(began.elapsed() >= Duration::from_millis(200), "{:?}", began.elapsed());
}

#[test]
fn an_answer_comes_byte_by_byte() {
    for arguments in [&["--drip=2ms"][..], &["--drip=2ms", "--status", "404"]] {
        let served = Served::start(arguments);
        let began = Instant::now();
        let head = served.head("");
        let least = Duration::from_millis(2) * u32::try_from(head.len() - 1).expect("a short head");
        assert!(began.elapsed() >= least, "{arguments:?}: {:?} for {head}", began.elapsed());
    }
}

#[tokio::test]
async fn the_echo_does_not_come_byte_by_byte() {
    let served = Served::start(&["--drip=1ms"]);
    // Its messages alone would take minutes.
    let began = Instant::now();
    for options in [ClientOptions::new(), ClientOptions::new().http2()] {
        talk(&served.url("ws", "/"), &options).await;
    }
    assert!(began.elapsed() < Duration::from_secs(100), "{:?}", began.elapsed());
}

#[test]
fn a_frame_is_sent_behind_the_head() {
    let served = Served::start(&["--early-frame"]);
    let request = served.request("/", "");
    let mut client = served.client(&[request.as_bytes(), b"\x81\x81\0\0\0\0x"].concat());
    assert!(head(&mut client).starts_with("http/1.1 101 "));
    let mut frames = [0; 10];
    client.read_exact(&mut frames).expect("a frame and an echo");
    assert_eq!(&frames, b"\x81\x05early\x81\x01x");
    // A refusal has none.
    let mut answer = Vec::new();
    let request = served.request("/", "Origin: https://elsewhere.example\r\n");
    served.client(request.as_bytes()).read_to_end(&mut answer).expect("a whole answer");
    assert!(!answer.ends_with(b"\x81\x05early"), "{}", answer.escape_ascii());
}

#[tokio::test]
async fn a_frame_is_sent_behind_the_answer_over_http2() {
    let served = Served::start(&["--early-frame"]);
    let upgraded = create_upgrade_request(&served.url("ws", "/"), &ClientOptions::new().http2()).await;
    let stream = upgraded.expect("accepted").into_stream();
    let socket = WebSocket::from_stream_with_extensions(stream, Role::Client, None, Options::default());
    let mut socket = socket.expect("nothing was agreed");
    assert_eq!(socket.next().await.expect("a frame").as_str(), "early");
}
