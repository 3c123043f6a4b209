//! What is agreed, and the echo.

use std::io::{Read, Write};

use futures_util::{SinkExt, StreamExt};
use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade::{ClientOptions, create_upgrade_request};
use yawc::{Frame, Options, Role, WebSocket};

use crate::common::{ACCEPT, Served, head};

/// Does a handshake, sends both kinds of messages, and returns status, subprotocol and extensions.
pub(crate) async fn talk(url: &str, options: &ClientOptions) -> (u16, Option<String>, String) {
    let upgraded = create_upgrade_request(url, options).await.unwrap_or_else(|error| panic!("{error:#}"));
    let (stream, settings, head) = upgraded.into_parts();
    let agreed = settings.permessage_deflate().map(|agreed| agreed.to_string());
    let codec =
        if agreed.is_some() { Options::default().with_balanced_compression() } else { Options::default() };
    let socket = WebSocket::from_stream_with_extensions(stream, Role::Client, agreed.as_deref(), codec);
    let mut socket = socket.expect("what was agreed can be kept");
    for message in [Frame::text("hello hello hello hello"), Frame::binary(vec![7; 100_000])] {
        let (opcode, payload) = (message.opcode(), message.payload().clone());
        socket.send(message).await.expect("an open connection");
        let echo = socket.next().await.expect("an echo");
        assert_eq!((echo.opcode(), echo.payload()), (opcode, &payload));
    }
    let (subprotocol, extensions) = (settings.subprotocol().map(str::to_owned), settings.extensions());
    (head.status(), subprotocol, extensions.as_str().to_owned())
}

#[tokio::test]
async fn messages_are_echoed_at_every_path() {
    let served = Served::start(&[]);
    for path in ["/", "/chat", "/a/b?c=d"] {
        let (status, subprotocol, extensions) = talk(&served.url("ws", path), &ClientOptions::new()).await;
        assert_eq!((status, subprotocol, extensions.as_str()), (101, None, ""), "{path}");
    }
    assert!(served.logs("/a/b").ends_with("HTTP/1.1 /a/b 101 subprotocol none, extensions none"));
}

#[tokio::test]
async fn what_is_supported_is_agreed_over_both_versions() {
    let served = Served::start(&["--subprotocol", "a,b", "-s", "c", "--compress"]);
    let offers = ClientOptions::new().subprotocol("c").and_then(|options| options.subprotocol("b"));
    let offers = offers.and_then(|options| options.permessage_deflate(PermessageDeflate::new(Codec::ZLIB)));
    let offers = offers.expect("offers");
    for (offers, status) in [(offers.clone(), 101), (offers.http2(), 200)] {
        let (answered, subprotocol, extensions) = talk(&served.url("ws", "/"), &offers).await;
        assert_eq!((answered, subprotocol.as_deref()), (status, Some("c")));
        assert!(extensions.starts_with("permessage-deflate"), "{extensions}");
        let version = if status == 200 { "HTTP/2" } else { "HTTP/1.1" };
        served.logs(&format!("{version} / {status} subprotocol c, extensions permessage-deflate"));
    }
}

#[test]
fn agreed_compression_is_used() {
    let served = Served::start(&["--compress"]);
    let request = served.request("/", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    // "Hello", compressed as in RFC 7692 §7.2.3.1 and masked.
    let frame = b"\xc1\x87\x37\xfa\x21\x3d\xc5\xb2\xec\xf4\xfe\xfd\x21";
    let mut client = served.client(&[request.as_bytes(), frame].concat());
    assert!(head(&mut client).contains("\r\nsec-websocket-extensions: permessage-deflate"));
    let mut echo = [0; 2];
    client.read_exact(&mut echo).expect("an echo");
    assert_eq!(echo[0], 0xc1, "text, the last frame, compressed");
}

#[test]
fn what_came_with_the_head_is_echoed() {
    let served = Served::start(&[]);
    let mut client = served.client(&[served.request("/", "").as_bytes(), b"\x81\x81\0\0\0\0x"].concat());
    let head = head(&mut client);
    assert!(
        head.contains(&format!("\r\nsec-websocket-accept: {}\r\n", ACCEPT.to_ascii_lowercase())),
        "{head}"
    );
    client.write_all(b"\x82\x81\0\0\0\0y").expect("an open connection");
    let mut echo = [0; 6];
    client.read_exact(&mut echo).expect("two echoes");
    assert_eq!(&echo, b"\x81\x01x\x82\x01y");
}

#[test]
fn headers_of_the_command_line_are_in_every_answer() {
    let served = Served::start(&["-H", "X-Test: a:b", "-H", "Set-Cookie: c=d"]);
    assert!(served.head("").contains("\r\nx-test: a:b\r\nset-cookie: c=d\r\n"));
    for arguments in [&["--status", "404"][..], &["--status", "200"], &["--user", "a:b"]] {
        let served = Served::start(&[&["-H", "X-Test: a:b"], arguments].concat());
        assert!(served.head("").contains("\r\nx-test: a:b\r\n"), "{arguments:?}");
    }
}

#[tokio::test]
async fn one_version_alone_is_spoken() {
    let served = Served::start(&["--http2"]);
    let options = ClientOptions::new();
    let error = create_upgrade_request(&served.url("ws", "/"), &options).await.expect_err("no HTTP/1.1");
    assert!(error.refused().is_none(), "{error:#}");
    assert_eq!(talk(&served.url("ws", "/"), &options.clone().http2()).await.0, 200);
    let served = Served::start(&["--http1.1"]);
    let error = create_upgrade_request(&served.url("ws", "/"), &options.clone().http2()).await;
    assert!(error.is_err(), "no HTTP/2 by prior knowledge");
    assert_eq!(talk(&served.url("ws", "/"), &options).await.0, 101);
}

#[test]
fn a_connection_that_was_asked_for_the_page_can_be_upgraded() {
    let served = Served::start(&["-s", "chat"]);
    let plain = format!("GET /health HTTP/1.1\r\nHost: {}\r\n\r\n", served.address);
    let mut client = served.client(plain.as_bytes());
    assert!(head(&mut client).starts_with("http/1.1 200 "));
    client.read_exact(&mut [0; "healthy\n".len()]).expect("a body");
    let request = served.request("/", "Sec-WebSocket-Protocol: chat\r\n");
    client.write_all(&[request.as_bytes(), b"\x81\x81\0\0\0\0x"].concat()).expect("an open connection");
    let head = head(&mut client);
    assert!(
        head.starts_with("http/1.1 101 ") && head.contains("\r\nsec-websocket-protocol: chat\r\n"),
        "{head}"
    );
    let mut echo = [0; 3];
    client.read_exact(&mut echo).expect("an echo");
    assert_eq!(&echo, b"\x81\x01x");
    served.logs(" / 101 subprotocol chat");
}

#[test]
fn a_request_that_begins_like_http2_is_told_from_it() {
    let served = Served::start(&[]);
    for (start, rest, status) in
        [("P", "OST / HTTP/1.1\r\nHost: a\r\n\r\n", 405), ("PRI *", " HTTP/1.1\r\n\r\n", 400)]
    {
        let mut client = served.client(start.as_bytes());
        // An answer to another client: the start has come by itself, as far as anyone can tell.
        assert!(served.plain("GET /health", "").starts_with("HTTP/1.1 200 "));
        client.write_all(rest.as_bytes()).expect("an open connection");
        let head = head(&mut client);
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{start}: {head}");
    }
}

#[test]
fn text_that_is_none_is_not_echoed() {
    let served = Served::start(&[]);
    // In two fragments, the first of which ends within a character.
    let frames = b"\x01\x82\0\0\0\0\xc3\xa4\x80\x81\0\0\0\0b\x01\x81\0\0\0\0\xc3\x80\x81\0\0\0\0\xa4";
    let broken = b"\x81\x82\0\0\0\0\xc3\x28\x81\x81\0\0\0\0x";
    let mut client = served.client(&[served.request("/", "").as_bytes(), frames, broken].concat());
    head(&mut client);
    let mut echoed = Vec::new();
    // The connection ends, whether or not there was more to read.
    let _ = client.read_to_end(&mut echoed);
    let whole = b"\x81\x03\xc3\xa4b\x81\x02\xc3\xa4";
    assert!(echoed.starts_with(whole), "{}", echoed.escape_ascii());
    assert!(!echoed.contains(&b'x'), "{}", echoed.escape_ascii());
}
