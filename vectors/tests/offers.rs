//! What stands in a client's request and what does not, byte for byte: no case of the JSON files says so.

use websocket_upgrade_proto::Key;
use websocket_upgrade_proto::client::{Options, OptionsProblem, Request};
use websocket_upgrade_proto::extension::{Extension, Plain};
use websocket_upgrade_proto::permessage_deflate::{Codec, Offer, PermessageDeflate};
use websocket_upgrade_proto::subprotocol::{SubprotocolError, Subprotocols};
use websocket_upgrade_proto::uri::Uri;

fn uri() -> Uri<'static> {
    Uri::parse("ws://server.example.com/chat?room=1").expect("a URI")
}

/// The request of these options, with the key of the sample nonce.
fn request(options: &Options<'_, '_>) -> String {
    let uri = uri();
    let request = Request::new(&uri, options).expect("legal options");
    let mut bytes = vec![0; 1024];
    let len = request.encode_h1(&Key::from_nonce(b"the sample nonce"), &mut bytes).expect("a short request");
    bytes.truncate(len);
    String::from_utf8(bytes).expect("ASCII")
}

/// The one value of a field.
fn field<'r>(request: &'r str, name: &str) -> Option<&'r str> {
    let mut values = request.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    values.next().filter(|_| values.next().is_none())
}

#[test]
fn the_whole_request() {
    let expected = "GET /chat?room=1 HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    assert_eq!(request(&Options::new()), expected);
}

#[test]
fn offers_stand_in_the_order_of_preference() {
    let mut options = Options::new();
    options.subprotocols = Subprotocols::parse("superchat,chat , a").expect("tokens");
    let (first, second) = (Plain::new("x-b").expect("a token"), Plain::new("x-a").expect("a token"));
    let extensions: [&dyn Extension; 2] = [&first, &second];
    options.extensions = &extensions;
    let request = request(&options);
    assert_eq!(field(&request, "Sec-WebSocket-Protocol"), Some("superchat, chat, a"));
    assert_eq!(field(&request, "Sec-WebSocket-Extensions"), Some("x-b, x-a"));
}

#[test]
fn a_subprotocol_is_a_token_and_offered_once() {
    for name in ["two words", "a/b", "a;b", "\"a\"", "a=b", "a\r\nb", "\u{e9}", "a\u{7f}", "a@b", "[a]"] {
        assert!(SubprotocolError::check(name).is_err(), "{name:?}");
        assert!(Subprotocols::parse(name).is_err(), "{name:?}");
    }
    assert!(SubprotocolError::check("").is_err() && SubprotocolError::check("a,b").is_err());
    for list in ["chat,chat", "chat, superchat, chat"] {
        assert!(Subprotocols::parse(list).is_err(), "{list:?}");
    }
    for list in ["chat,Chat", "!#$%&'*+-.^_`|~09azAZ", ""] {
        assert!(Subprotocols::parse(list).is_ok(), "{list:?}");
    }
}

#[test]
fn an_extension_is_a_token_and_offered_once() {
    for name in ["", "two words", "a;b", "\"a\"", "a=b", "a,b", "a\r\nb", "\u{e9}"] {
        assert!(Plain::new(name).is_err(), "{name:?}");
    }
    let plain = Plain::new("x-a").expect("a token");
    let extensions: [&dyn Extension; 2] = [&plain, &plain];
    let mut options = Options::new();
    options.extensions = &extensions;
    let error = Request::new(&uri(), &options).expect_err("twice");
    assert_eq!(error.problem(), OptionsProblem::ExtensionName);
}

#[test]
fn an_origin_is_a_serialised_one() {
    let mut options = Options::new();
    for origin in ["null", "http://example.com", "https://example.com:8443", "http://[::1]:80", "file://"] {
        options.origin = Some(origin);
        assert_eq!(field(&request(&options), "Origin"), Some(origin));
    }
    for origin in [
        "",
        "example.com",
        "https://example.com/",
        "http://a b",
        "http://\u{e9}",
        "http://a\r\nb",
        "https://",
        "*",
        "https://*.example.com",
        "moz-extension://*",
        "file:///",
    ] {
        options.origin = Some(origin);
        let error = Request::new(&uri(), &options).expect_err(origin);
        assert_eq!(error.problem(), OptionsProblem::Origin, "{origin:?}");
    }
}

#[test]
fn permessage_deflate_is_offered_with_fallbacks() {
    let offered = |deflate: PermessageDeflate| {
        let extensions: [&dyn Extension; 1] = [&deflate];
        let mut options = Options::new();
        options.extensions = &extensions;
        field(&request(&options), "Sec-WebSocket-Extensions").map(str::to_owned)
    };
    let deflate = PermessageDeflate::new(Codec::FULL);
    assert_eq!(offered(deflate).as_deref(), Some("permessage-deflate; client_max_window_bits"));
    let offers = [
        "server_no_context_takeover; client_no_context_takeover",
        "server_max_window_bits=10; client_max_window_bits=12",
        "client_max_window_bits",
        "",
    ];
    let with = |deflate: PermessageDeflate, offer| {
        deflate.with_offer(Offer::parse(offer).expect("an offer")).expect("a full codec")
    };
    let expected = offers.map(|offer| match offer {
        "" => "permessage-deflate".to_owned(),
        offer => format!("permessage-deflate; {offer}"),
    });
    assert_eq!(offered(offers.into_iter().fold(deflate, with)), Some(expected.join(", ")));
}
