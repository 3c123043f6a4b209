//! Checks shown texts word for word: errors, and types with their own `Debug`.

use websocket_upgrade_proto::client::{self, Request};
use websocket_upgrade_proto::error::Excerpt;
use websocket_upgrade_proto::extension::{Extension, Member, Plain};
use websocket_upgrade_proto::field::Field;
use websocket_upgrade_proto::head::{Scan, read_request, read_response};
use websocket_upgrade_proto::permessage_deflate::{Codec, Offer, PermessageDeflate};
use websocket_upgrade_proto::server::{self, Deviation, Rejection};
use websocket_upgrade_proto::subprotocol::{SubprotocolError, Subprotocols};
use websocket_upgrade_proto::uri::Uri;
use websocket_upgrade_proto::{BufferTooSmall, EncodeError, ExtraFields, Key, Limits};

#[test]
fn errors() {
    let too_small = BufferTooSmall { needed: 3 };
    assert_eq!(too_small.to_string(), "buffer too small: 3 bytes needed");
    assert_eq!(EncodeError::from(too_small).to_string(), "buffer too small: 3 bytes needed");
    assert_eq!(
        EncodeError::ExtendedConnect.to_string(),
        "the answer to an extended CONNECT is a status and fields, not bytes of HTTP/1.1"
    );
    for status in [0, 101, 200, 299, 304, 600] {
        assert_eq!(
            Rejection::new(status).expect_err("refuses nothing").to_string(),
            format!("status {status}: a rejection has one from 300 to 599, save 304")
        );
    }
    assert_eq!(Deviation::KeyMissing.to_string(), "Sec-WebSocket-Key: missing");
    assert_eq!(
        SubprotocolError::check("abc d").expect_err("no token").to_string(),
        "subprotocol: not a token, got \"abc d\" (byte 3)"
    );
    for (list, expected) in [
        ("a, b c", "subprotocol number 2: not a token, got \"b c\" (byte 1)"),
        ("a, b, a", "subprotocol number 3: named twice"),
    ] {
        assert_eq!(Subprotocols::parse(list).expect_err(list).to_string(), expected);
    }
    for (name, value, expected) in [
        ("a b", "c", "field \"a b\": the name is not a token"),
        ("Host", "a", "field \"Host\": the handshake sets this field itself, it can't be added"),
        ("X-A", "a\r\n", "field \"X-A\": the value has a control character, or white space around it"),
    ] {
        let error = ExtraFields::check(name.as_bytes(), value.as_bytes()).expect_err(name);
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(
        ExtraFields::from_lines(b"A: b\n").expect_err("no CR").to_string(),
        "field \"A\": not a field line ended by CR LF"
    );
}

#[test]
fn offers_that_a_codec_can_not_keep() {
    let mut small = Codec::FULL;
    small.max_inflate_window_bits = websocket_upgrade_proto::permessage_deflate::WindowBits::MIN;
    for (codec, offer, expected) in [
        (
            Codec::ZLIB,
            "client_max_window_bits=8",
            "compress with a window as small as `client_max_window_bits` says",
        ),
        (
            Codec::FIXED_WINDOW,
            "client_max_window_bits",
            "choose its window, so `client_max_window_bits` can't be offered",
        ),
        (
            Codec::FIXED_WINDOW,
            "client_max_window_bits=15",
            "choose its window, so `client_max_window_bits` can't be offered",
        ),
        (small, "", "inflate a window as large as `server_max_window_bits` allows"),
        (
            Codec::FULL.without_context(),
            "client_no_context_takeover",
            "keep a window while inflating, so `server_no_context_takeover` must be offered",
        ),
        (
            Codec::FULL.without_context(),
            "server_no_context_takeover",
            "keep a window while compressing, so `client_no_context_takeover` must be offered",
        ),
    ] {
        let offer = Offer::parse(offer).expect("an offer");
        let error = PermessageDeflate::new(codec).with_offer(offer).expect_err(expected);
        assert_eq!(error.to_string(), format!("permessage-deflate offer: the codec can't {expected}"));
    }
    let mut deflate = PermessageDeflate::new(Codec::FULL);
    for _ in 0..PermessageDeflate::MAX_OFFERS {
        deflate = deflate.with_offer(Offer::default()).expect("there is room");
    }
    let error = deflate.with_offer(Offer::default()).expect_err("one too many");
    assert_eq!(error.to_string(), "permessage-deflate: at most 4 offers");
}

#[test]
fn options_that_can_not_be() {
    let plain = Plain::new("x-a").expect("a token");
    let text = |uri: &str, set: &dyn Fn(&mut client::Options<'_, '_>)| {
        let uri = Uri::parse(uri).expect("a URI");
        let mut options = client::Options::new();
        set(&mut options);
        Request::new(&uri, &options).expect_err("contradictory").to_string()
    };
    let lines = |lines: &'static [u8]| ExtraFields::from_lines(lines).expect("legal lines");
    assert_eq!(
        text("ws://u:p@a/", &|options| options.fields = lines(b"Authorization: Basic a\r\n")),
        "Authorization: given twice, as a field or as user information of the URI"
    );
    assert_eq!(
        text("ws://a/", &|options| options.origin = Some("a")),
        "Origin: not null, nor a scheme, a host and perhaps a port, got \"a\""
    );
    assert_eq!(
        text("ws://a/", &|options| {
            options.origin = Some("https://a");
            options.fields = lines(b"Origin: https://b\r\n");
        }),
        "Origin: given twice, as a field or as an option"
    );
    let uri = Uri::parse("ws://a/").expect("a URI");
    let mut options = client::Options::new();
    let twice: [&dyn Extension; 2] = [&plain, &plain];
    options.extensions = &twice;
    assert_eq!(
        Request::new(&uri, &options).expect_err("twice").to_string(),
        "extension: not a token, or named twice, got \"x-a\""
    );
}

#[test]
fn debug_of_what_may_hold_a_secret() {
    assert_eq!(format!("{:?}", Key::from_nonce(b"the sample nonce")), "Key(..)");
    assert_eq!(format!("{:?}", Field { name: b"A\xFF", value: b"secret" }), "A\\xff: ..");
    let fields = ExtraFields::from_lines(b"A: secret\r\nB: c\r\n").expect("legal lines");
    assert_eq!(format!("{fields:?}"), "[A: .., B: ..]");
    let rejection = Rejection::new(403).expect("a status").with_body(b"secret");
    assert!(format!("{rejection:?}").contains("Body(6 bytes)"), "{rejection:?}");
    let uri = Uri::parse("wss://user:pass@A.example:8443/chat?token=secret").expect("a URI");
    assert_eq!(format!("{uri:?}"), "wss://a.example:8443/chat");
    assert_eq!(format!("{:?}", Uri::parse("ws://a").expect("a URI")), "ws://a/");

    let bytes = b"GET /chat?token=secret HTTP/1.1\r\nHost: a\r\n\r\n";
    let head = read_request(bytes, &mut Scan::default(), &Limits::new()).expect("legal").expect("whole");
    assert_eq!(format!("{head:?}"), "RequestHead { method: \"GET\", target: /chat, fields: [Host: ..], .. }");
    let mut bytes = *b"HTTP/1.1 403 No\r\nSet-Cookie: secret\r\n\r\n";
    let head =
        read_response(&mut bytes, &mut Scan::default(), &Limits::new()).expect("legal").expect("whole");
    assert_eq!(format!("{head:?}"), "ResponseHead { status: 403, fields: [Set-Cookie: ..], .. }");
}

#[test]
fn debug_of_options_and_members() {
    let options = format!("{:?}", client::Options::new());
    for field in ["Options {", "origin: None", "subprotocols", "extensions: 0", "fields: []", "limits"] {
        assert!(options.contains(field), "{options} has no {field}");
    }
    let subprotocols = Subprotocols::parse("chat, superchat").expect("tokens");
    assert_eq!(format!("{subprotocols:?}"), "Subprotocols(2)");
    let mut options = server::Options::new();
    options.subprotocols = subprotocols;
    let options = format!("{options:?}");
    for field in [
        "Options {",
        "subprotocols: \"chat, superchat\"",
        "require_subprotocol: false",
        "extensions: 0",
        "danger_no_key",
    ] {
        assert!(options.contains(field), "{options} has no {field}");
    }
    let mut members = Member::parse_list("x-a; b; c=\"d\"").expect("a list");
    let member = members.next().expect("one");
    assert_eq!(format!("{member:?}"), "x-a([b, c=..])");
    let values: Vec<String> = member
        .params()
        .into_iter()
        .filter_map(|param| param.value())
        .map(|value| format!("{value:?}"))
        .collect();
    assert_eq!(values, ["Value(1 bytes)"]);
}

#[test]
fn excerpts_and_errors_in_debug() {
    let error = server::read(b"GET / HTTP/1.1\r\n\r\n", &mut Scan::default(), &Limits::new());
    let error = error.map(|request| request.is_some()).expect_err("no Host");
    assert_eq!(format!("{error:?}"), format!("{:?}({error})", error.reason()));

    let shown =
        |excerpt: Option<Excerpt>| excerpt.map(|excerpt| (excerpt.to_string(), format!("{excerpt:?}")));
    let both = |text: &str| Some((text.to_owned(), text.to_owned()));
    assert_eq!(shown(Excerpt::of_name("x y")), both("\"x y\""));
    assert_eq!(shown(Excerpt::of_place("a.example:80")), both("\"a.example:80\""));
    assert_eq!(shown(Excerpt::of_place("user@a.example")), None);
}
