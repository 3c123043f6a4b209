//! What stands in a client's extended CONNECT and what does not: no case of the JSON files says so.

use websocket_upgrade_proto::Key;
use websocket_upgrade_proto::client::{Options, Request};
use websocket_upgrade_proto::extension::{Extension, Plain};
use websocket_upgrade_proto::field::ExtraFields;
use websocket_upgrade_proto::subprotocol::Subprotocols;
use websocket_upgrade_proto::uri::Uri;

/// The pseudo-header fields, and the fields.
type Connect = (String, Vec<(String, String)>);

/// The request of these options; a value that is to get into no table has a `!` behind its name.
fn connect(uri: &str, options: &Options<'_, '_>) -> Connect {
    let uri = Uri::parse(uri).expect("a URI");
    let request = Request::new(&uri, options).expect("legal options");
    let request = request.to_http_connect().expect("a request of the http crate");
    let fields = request.headers().iter().map(|(name, value)| {
        let mark = if value.is_sensitive() { "!" } else { "" };
        (format!("{name}{mark}"), value.to_str().expect("ASCII").to_owned())
    });
    let start = format!("{} {} {:?}", request.method(), request.uri(), request.version());
    (start, fields.collect())
}

fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_whole_request() {
    let expected = "CONNECT http://server.example.com/chat?room=1 HTTP/2.0";
    let (start, fields) = connect("ws://server.example.com/chat?room=1", &Options::new());
    assert_eq!((start.as_str(), fields), (expected, pairs(&[("sec-websocket-version", "13")])));
}

#[test]
fn the_target_uri_is_the_websocket_uri() {
    for (uri, expected) in [
        ("wss://Server.Example.com", "https://server.example.com/"),
        ("wss://server.example.com:443/", "https://server.example.com/"),
        ("ws://server.example.com:443/", "http://server.example.com:443/"),
        ("ws://server.example.com:80?a", "http://server.example.com/?a"),
        ("ws://[::1]:8080/a%20b?c=\"d\"", "http://[::1]:8080/a%20b?c=%22d%22"),
        ("wss://192.0.2.1/\u{e9}", "https://192.0.2.1/%C3%A9"),
        ("ws://user:secret@server.example.com/", "http://server.example.com/"),
    ] {
        assert_eq!(connect(uri, &Options::new()).0, format!("CONNECT {expected} HTTP/2.0"), "{uri}");
    }
}

#[test]
fn every_field_in_its_place() {
    let (first, second) = (Plain::new("x-b").expect("a token"), Plain::new("x-a").expect("a token"));
    let extensions: [&dyn Extension; 2] = [&first, &second];
    let mut options = Options::new();
    options.origin = Some("https://example.com");
    options.subprotocols = Subprotocols::parse("superchat,chat").expect("tokens");
    options.extensions = &extensions;
    options.fields =
        ExtraFields::from_lines(b"Cookie: id=1\r\nX-Test: a\r\nX-Test: b\r\nProxy-Authorization: c\r\n")
            .expect("legal");
    let (_, fields) = connect("wss://user:secret@server.example.com/", &options);
    let expected = [
        ("sec-websocket-version", "13"),
        ("origin", "https://example.com"),
        ("authorization!", "Basic dXNlcjpzZWNyZXQ="),
        ("sec-websocket-protocol", "superchat, chat"),
        ("sec-websocket-extensions", "x-b, x-a"),
        ("cookie!", "id=1"),
        ("x-test", "a"),
        ("x-test", "b"),
        ("proxy-authorization!", "c"),
    ];
    assert_eq!(fields, pairs(&expected));
}

#[test]
fn nothing_is_of_a_connection() {
    let mut options = Options::new();
    let lines =
        b"Keep-Alive: timeout=5\r\nProxy-Connection: close\r\nHTTP2-Settings: AAMAAABk\r\nAuthorization: Bearer a\r\n";
    options.fields = ExtraFields::from_lines(lines).expect("legal");
    let (_, fields) = connect("ws://server.example.com/", &options);
    assert_eq!(fields, pairs(&[("sec-websocket-version", "13"), ("authorization!", "Bearer a")]));
}

#[test]
fn the_fields_are_those_of_an_upgrade() {
    let extension = Plain::new("x-a").expect("a token");
    let extensions: [&dyn Extension; 1] = [&extension];
    let mut options = Options::new();
    options.extensions = &extensions;
    options.subprotocols = Subprotocols::parse("chat").expect("a token");
    options.fields = ExtraFields::from_lines(b"A: 1\r\nB: 2\r\nA: 3\r\n").expect("legal");
    let uri = Uri::parse("ws://a@server.example.com/").expect("a URI");
    let request = Request::new(&uri, &options).expect("legal options");
    let mut bytes = [0; 1024];
    let len = request.encode_h1(&Key::from_nonce(b"the sample nonce"), &mut bytes).expect("a short request");
    let start = bytes.windows(2).position(|end| end == b"\r\n").expect("a request line") + 2;
    let text = String::from_utf8(bytes[start..len].to_vec()).expect("ASCII");
    let lines = text.lines().filter_map(|line| line.split_once(": "));
    let mut upgrade: Vec<(&str, &str)> = lines.collect();
    upgrade.retain(|(name, _)| !["Host", "Upgrade", "Connection", "Sec-WebSocket-Key"].contains(name));
    // A map keeps the lines of one name together.
    upgrade.sort_by_key(|(name, _)| name.to_ascii_lowercase());
    let lower = |(name, value): (&str, &str)| (name.to_ascii_lowercase(), value.to_owned());
    let (_, mut fields) = connect("ws://a@server.example.com/", &options);
    fields.sort_by_key(|(name, _)| name.clone());
    assert_eq!(fields.len(), upgrade.len());
    for ((name, value), expected) in fields.iter().zip(upgrade.into_iter().map(lower)) {
        assert_eq!((name.trim_end_matches('!'), value), (expected.0.as_str(), &expected.1));
    }
}
