//! Shows that the core allocates nothing, in either role.

use std::hint::black_box;

use allocation_counter::measure;
use websocket_upgrade_proto::client::{self, BodyState, Event, Handshake};
use websocket_upgrade_proto::extension::{Extension, Plain};
use websocket_upgrade_proto::head::Scan;
use websocket_upgrade_proto::permessage_deflate::{Codec, Offer, PermessageDeflate};
use websocket_upgrade_proto::server::{self, Entrance, Request};
use websocket_upgrade_proto::subprotocol::Subprotocols;
use websocket_upgrade_proto::uri::Uri;
use websocket_upgrade_proto::{ExtraFields, Limits};

const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: keep-alive\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\nOrigin: http://server.example.com\r\nSec-WebSocket-Protocol: chat\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=\"10\"\r\n\
    Sec-WebSocket-Extensions: x-test\r\n\r\n";

#[test]
fn the_counter_counts() {
    assert_eq!(count(|| drop(black_box(vec![0_u8; 100]))), 1);
}

#[test]
fn a_request_is_accepted() {
    let allocations = count(|| assert!(accepts([REQUEST.len()].into_iter())));
    assert_eq!(allocations, 0);
}

#[test]
fn a_request_arrives_byte_by_byte() {
    let allocations = count(|| assert!(accepts(0..=REQUEST.len())));
    assert_eq!(allocations, 0);
}

#[test]
fn a_request_is_rejected() {
    let rejected: [&[u8]; 5] = [
        b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n",
        b"GET /chat HTTP/1.1\r\nHost: a b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET /chat HTTP/1.1\r\nHost: a\r\nX-Note: a\0\r\n\r\n",
        b"POST /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"\x16\x03\x01",
    ];
    for request in rejected {
        let allocations = count(|| {
            let mut answer = [0; 1024];
            let error = server::read(request, &mut Scan::default(), &Limits::new()).expect_err("wrong");
            let len = error.rejection().encode_h1(&mut answer).expect("a short answer");
            assert!(len > 0);
        });
        assert_eq!(allocations, 0);
    }
    let allocations = count(|| {
        let mut answer = [0; 1024];
        let fields = ExtraFields::from_lines(b"Location: /login\r\n").expect("a field");
        let rejection = server::Rejection::new(303).expect("a status").with_fields(fields).with_body(b"no");
        assert!(rejection.encode_h1(&mut answer).is_ok());
        assert!(server::Rejection::unavailable(5).encode_h1(&mut answer).is_ok());
        assert!(server::RequestError::deadline().rejection().encode_h1(&mut answer).is_ok());
    });
    assert_eq!(allocations, 0);
}

#[test]
fn an_extended_connect_is_answered() {
    for (version, expected) in [("13", 200), ("8", 400)] {
        let allocations = count(|| {
            let fields: [(&str, &str); 4] = [
                ("sec-websocket-version", version),
                ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
                ("sec-websocket-protocol", "chat"),
                ("origin", "https://server.example.com"),
            ];
            let entrance = Entrance::ExtendedConnect {
                method: "CONNECT",
                protocol: Some("websocket"),
                scheme: Some("https"),
                authority: Some("server.example.com"),
                path: Some("/chat"),
            };
            let fields = fields.as_slice();
            let read = Request::from_fields(&entrance, &fields);
            let mut lines = 0;
            let status = match read.and_then(|request| request.accept(&server::Options::new())) {
                Ok(accepted) => {
                    accepted.for_each_field(|_, _| lines += 1);
                    accepted.status()
                }
                Err(error) => {
                    error.rejection().for_each_field(|_, _| lines += 1);
                    error.rejection().status()
                }
            };
            assert!(status == expected && lines > 0);
        });
        assert_eq!(allocations, 0);
    }
}

#[test]
fn a_response_accepts() {
    let response = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
        Connection: Upgrade,\r\n keep-alive\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
        Sec-WebSocket-Protocol: chat\r\n\
        Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10, x-test\r\n\r\n";
    for step in [1, response.len()] {
        let allocations = count(|| {
            let (mut received, mut interim) = (*response, 0);
            let (mut start, mut end) = (0, 0);
            let accepted = connect(|handshake| {
                loop {
                    end = response.len().min(end + step);
                    let event = handshake.receive(&mut received[start..end]).expect("a legal response");
                    match event {
                        Event::NeedMore => {}
                        Event::Interim { head } => {
                            start += head.head_len();
                            interim += 1;
                        }
                        Event::Accepted { settings, .. } => {
                            let extensions = settings.extensions();
                            break settings.subprotocol() == Some("chat")
                                && extensions.contains("x-test")
                                && extensions.permessage_deflate().is_some();
                        }
                        Event::Refused { .. } => break false,
                    }
                }
            });
            assert!(accepted && interim == 1);
        });
        assert_eq!(allocations, 0);
    }
}

#[test]
fn a_response_refuses() {
    let response = b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n\
        5\r\nhello\r\n1;a=b\r\n!\r\n0\r\nX-Sum: 1\r\n\r\n";
    let allocations = count(|| {
        let mut received = *response;
        let kept = connect(|handshake| match handshake.receive(&mut received) {
            Ok(Event::Refused { head, mut body }) => {
                let (mut rest, mut kept) = (&response[head.head_len()..], 0);
                while body.state() == BodyState::More {
                    let (data, done) = body.read(rest);
                    kept += data.len();
                    rest = &rest[done..];
                }
                kept
            }
            _ => 0,
        });
        assert_eq!(kept, 6);
    });
    assert_eq!(allocations, 0);
}

#[test]
fn a_response_fails() {
    let allocations = count(|| {
        let mut received = *b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n";
        assert!(connect(|handshake| handshake.receive(&mut received).is_err()));
    });
    assert_eq!(allocations, 0);
}

fn count(test: impl FnOnce()) -> u64 {
    measure(test).count_total
}

/// Returns whether the request is accepted with all of its offers if it arrives up to these ends.
fn accepts(mut ends: impl Iterator<Item = usize>) -> bool {
    let plain = Plain::new("x-test").expect("a token");
    let deflate = PermessageDeflate::new(Codec::ZLIB);
    let extensions: [&dyn Extension; 2] = [&plain, &deflate];
    let mut options = server::Options::new();
    options.subprotocols = Subprotocols::parse("superchat, chat").expect("names");
    options.extensions = &extensions;
    options.fields = ExtraFields::from_lines(b"Set-Cookie: id=1\r\n").expect("a field");
    let (mut scan, mut answer) = (Scan::default(), [0; 1024]);
    let request =
        ends.find_map(|end| server::read(&REQUEST[..end], &mut scan, &options.limits).expect("legal"));
    let accepted = request.expect("all of it").accept(&options).expect("legal lists");
    let settings = accepted.settings();
    accepted.encode_h1(&mut answer).is_ok()
        && settings.subprotocol() == Some("chat")
        && settings.extensions().iter().count() == 2
        && settings.permessage_deflate().is_some()
}

/// Writes the request of a handshake, and then runs `test` with it.
fn connect<T>(test: impl FnOnce(&mut Handshake<'_, '_>) -> T) -> T {
    let plain = Plain::new("x-test").expect("a token");
    let small = Offer::parse("server_max_window_bits=10; client_max_window_bits").expect("an offer");
    let deflate = PermessageDeflate::new(Codec::ZLIB).with_offer(small).expect("zlib can do that");
    let extensions: [&dyn Extension; 2] = [&deflate, &plain];
    let mut options = client::Options::new();
    options.origin = Some("https://app.example.com");
    options.subprotocols = Subprotocols::parse("chat").expect("a name");
    options.extensions = &extensions;
    let uri = Uri::parse("wss://user:pass@server.example.com/chat?a=\u{e9}").expect("a URI");
    let request = client::Request::new(&uri, &options).expect("legal options");
    let mut handshake = Handshake::new(request, b"the sample nonce");
    let mut head = [0; 1024];
    assert!(handshake.encode_h1(&mut head).is_ok());
    test(&mut handshake)
}
