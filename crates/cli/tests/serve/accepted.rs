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
