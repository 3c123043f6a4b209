//! What breaks each rule, and where the judge points.

use std::collections::BTreeSet;

use websocket_upgrade_conformance::judge::{self, Body, Conclusion, Finding, Judgement, Sent};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const REFUSAL: &str = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// A text of a head, what stands in its place, and the rules that are broken then, with what the judge points at.
type Row = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

#[rustfmt::skip]
const REQUESTS: &[Row] = &[
    ("", "", &[]),
    ("GET", "\r\nGET", &[("request/empty-lines-before", "")]),
    ("GET", "G(T", &[("request/method-token", "G(T"), ("request/method-get", "G(T")]),
    ("/chat", "/ch#at", &[("request/target-characters", "/ch#at")]),
    ("/chat", "/ch at", &[("request/target-characters", "/ch at"), ("request/line", "GET /ch at HTTP/1.1")]),
    ("HTTP/1.1", "http/1.1", &[("request/http-version", "http/1.1")]),
    ("HTTP/1.1", "HTTP/2.0", &[("request/http-1", "HTTP/2.0")]),
    ("Host: a\r\n", "Host: a\n", &[("request/line-ends", "Host: a")]),
    ("Host: a\r\n", "Host: a\r\nX: b\rc\r\n", &[("request/bare-cr", "X: b\rc"), ("request/field-value", "b\rc")]),
    ("Host: a\r\n", "Host: a\r\nX: b\r\n c\r\n", &[("request/fold", " c")]),
    ("Host: a\r\n", "Host: a\r\nno colon\r\n", &[("request/field-name", "no colon")]),
    ("Host: a\r\n", "Host: a\r\n(x): b\r\n", &[("request/field-name", "(x)")]),
    ("Host: a\r\n", "Host: a\r\nX : b\r\n", &[("request/space-before-colon", "X : b")]),
    ("Host: a\r\n", "Host: a\r\nX:  b\0 \r\n", &[("request/field-value", "b\0")]),
    ("13\r\n\r\n", "13\r\n", &[("request/complete", "")]),
    ("Host: a\r\n", "", &[("request/host-present", "")]),
    ("Host: a\r\n", "Host: a\r\nHost: b\r\n", &[("request/host-once", "b")]),
    ("Host: a", "Host: a/b", &[("request/host", "a/b")]),
    ("/chat", "http://u@a/chat", &[("request/target-authority", "http://u@a/chat"), ("request/host-same-as-target", "a")]),
    ("/chat", "http://A/chat", &[]),
    ("/chat", "http://b/chat", &[("request/host-same-as-target", "a")]),
    ("Host: a", "Host: a\r\nContent-Length: +0", &[("request/content-length", "+0"), ("request/body", "+0")]),
    ("HTTP/1.1\r\n", "HTTP/1.0\r\nTransfer-Encoding: chunked\r\n", &[("request/transfer-encoding-http-10", "chunked"),
        ("request/http-11", "HTTP/1.0"), ("request/body", "chunked"), ("request/host-first", "Transfer-Encoding")]),
    ("Host: a", "Host: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked", &[("request/framed-once", "0"), ("request/body", "chunked")]),
    ("Host: a", "Host: a\r\nTransfer-Encoding: gzip", &[("request/transfer-encoding", "gzip"), ("request/body", "gzip")]),
    ("Host: a", "Host: a\r\nContent-Length: 0", &[]),
    ("HTTP/1.1", "HTTP/1.0", &[("request/http-11", "HTTP/1.0")]),
    ("Upgrade: websocket\r\n", "", &[("request/upgrade", "")]),
    ("Upgrade: websocket", "Upgrade: websockets, h2c", &[("request/upgrade", "websockets, h2c")]),
    ("Upgrade: websocket", "Upgrade: WebSocket, a/1/2", &[("request/upgrade-members", "WebSocket, a/1/2")]),
    ("Connection: Upgrade\r\n", "", &[("request/connection", "")]),
    ("Connection: Upgrade", "Connection: keep-alive\r\nConnection: close", &[("request/connection", "keep-alive")]),
    ("Connection: Upgrade", "Connection: upgrade, a b", &[("request/connection-members", "upgrade, a b")]),
    ("GET", "get", &[("request/method-get", "get")]),
    ("Host: a", "Host: a\r\nExpect: 100-Continue", &[("request/expect", "100-Continue")]),
    ("/chat", "*", &[("request/target-form", "*")]),
    ("/chat", "ftp://a/", &[("request/target-form", "ftp://a/")]),
    ("Host: a\r\n", "X: b\r\nHost: a\r\n", &[("request/host-first", "X")]),
    ("Host: a", "Host: a\r\nReferer: b\r\nUser-Agent: c\r\nUser-Agent: d", &[("request/singletons", "d")]),
    ("Sec-WebSocket-Version: 13\r\n", "", &[("request/version-present", "")]),
    ("Version: 13\r\n", "Version: 13\r\nSec-WebSocket-Version: 13\r\n", &[("request/version-once", "13")]),
    ("Version: 13", "Version: 013", &[("request/version", "013"), ("request/version-13", "013")]),
    ("Version: 13", "Version: 8", &[("request/version-13", "8")]),
    ("Host: a\r\n", "Host: a\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", &[("request/key-once", KEY)]),
    ("ub25jZQ==", "ub25jZQ=", &[("request/key-length", "dGhlIHNhbXBsZSBub25jZQ="), ("request/key-base64", "dGhlIHNhbXBsZSBub25jZQ=")]),
    ("ub25jZQ==", "ub25jZQ_=", &[("request/key-base64", "dGhlIHNhbXBsZSBub25jZQ_=")]),
    ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", &[("request/key-present", "")]),
    ("ub25jZQ==", "ub25jZR==", &[("request/key-canonical", "dGhlIHNhbXBsZSBub25jZR==")]),
    ("Host: a", "Host: a\r\nOrigin: http://a\r\nOrigin: null", &[("request/origin-once", "null")]),
    ("Host: a", "Host: a\r\nOrigin: a.example", &[("request/origin", "a.example")]),
    ("Host: a", "Host: a\r\nSec-WebSocket-Protocol: chat, a b", &[("request/subprotocols", "chat, a b")]),
    ("Host: a", "Host: a\r\nSec-WebSocket-Protocol: ,", &[("request/subprotocols", ",")]),
    ("Host: a", "Host: a\r\nSec-WebSocket-Protocol: b, c\r\nSec-WebSocket-Protocol: b", &[("request/subprotocols-unique", "b")]),
    ("Host: a", "Host: a\r\nSec-WebSocket-Extensions: x; a=\"b, c\"", &[("request/extensions", "\"b, c\"")]),
    ("Host: a", "Host: a\r\nSec-WebSocket-Extensions: permessage-deflate; a", &[("request/deflate-parameters", "permessage-deflate; a")]),
    ("Host: a", "Host: a\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits; client_max_window_bits",
        &[("request/deflate-repeated", "permessage-deflate; client_max_window_bits; client_max_window_bits")]),
    ("Host: a", "Host: a\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits",
        &[("request/deflate-values", "permessage-deflate; server_max_window_bits")]),
    ("Host: a", "Host: a\r\nSec-WebSocket-Accept: b", &[("request/accept-absent", "b")]),
    ("13\r\n\r\n", "13\r\n\r\nabc", &[("request/nothing-behind", "abc")]),
];

#[rustfmt::skip]
const RESPONSES: &[Row] = &[
    ("", "", &[]),
    ("HTTP/1.1 101 Switching Protocols", "HTTP/1.1", &[("response/line", "HTTP/1.1"), ("response/status", ""), ("response/space-behind-status", "")]),
    ("HTTP/1.1", "HTTP/11", &[("response/http-version", "HTTP/11")]),
    ("HTTP/1.1", "HTTP/2.0", &[("response/http-1", "HTTP/2.0")]),
    (" 101 ", " 1010 ", &[("response/status", "1010")]),
    (" 101 ", " 700 ", &[("response/status-range", "700"), ("refusal/length", ""), ("refusal/accept-absent", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")]),
    (" Switching Protocols", "", &[("response/space-behind-status", "101")]),
    ("Switching", "Switch\u{1}ing", &[("response/reason", "Switch\u{1}ing Protocols")]),
    ("Upgrade\r\n", "Upgrade\n", &[("response/line-ends", "Connection: Upgrade")]),
    ("Upgrade\r\n", "Upgrade\r\nX: b\rc\r\n", &[("response/bare-cr", "X: b\rc"), ("response/field-value", "b\rc")]),
    ("Upgrade\r\n", "\r\n\tUpgrade\r\n", &[("response/fold", "\tUpgrade")]),
    ("Protocols\r\n", "Protocols\r\n X: b\r\n", &[("response/fold", " X: b"), ("response/fold-first", " X: b")]),
    ("Upgrade\r\n", "Upgrade\r\nX\r\n", &[("response/field-name", "X")]),
    ("Connection:", "Connection :", &[("response/space-before-colon", "Connection : Upgrade")]),
    ("Upgrade\r\n", "Upgrade\r\nX: \u{7f}\r\n", &[("response/field-value", "\u{7f}")]),
    ("=\r\n\r\n", "=\r\n", &[("response/complete", "")]),
    ("Upgrade\r\n", "Upgrade\r\nDate: b\r\nServer: c\r\nServer: d\r\n", &[("response/singletons", "d")]),
    ("HTTP/1.1", "HTTP/1.0", &[("response/http-11", "HTTP/1.0")]),
    ("Upgrade\r\n", "Upgrade\r\nContent-Length: 0\r\n", &[("response/framing", "0")]),
    ("Upgrade\r\n", "Upgrade\r\nContent-Length: 1\r\n", &[("response/framing", "1"), ("response/body", "1")]),
    ("Upgrade: websocket\r\n", "", &[("response/upgrade", "")]),
    ("websocket", "websocket, h2c", &[("response/upgrade", "websocket, h2c")]),
    ("websocket", "WebSocket", &[]),
    ("Connection: Upgrade\r\n", "", &[("response/connection", "")]),
    ("Connection: Upgrade", "Connection: keep-alive, upgrade, a b", &[("response/connection-members", "keep-alive, upgrade, a b")]),
    ("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", "", &[("response/accept-present", "")]),
    ("Upgrade\r\n", "Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", &[("response/accept-once", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")]),
    ("s3pPL", "S3pPL", &[("response/accept", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=")]),
    ("Upgrade\r\n", "Upgrade\r\nSec-WebSocket-Extensions: x;\r\n", &[("response/extensions", "")]),
    ("Upgrade\r\n", "Upgrade\r\nSec-WebSocket-Extensions: x\r\nSec-WebSocket-Extensions: y\r\n", &[("response/extensions-once", "y")]),
    ("Upgrade\r\n", "Upgrade\r\nSec-WebSocket-Extensions: z\r\n", &[("response/extensions-offered", "z")]),
    ("Upgrade\r\n", "Upgrade\r\nSec-WebSocket-Extensions: x, x\r\n", &[("response/extensions-unique", "x, x")]),
    ("Upgrade\r\n", "Upgrade\r\nSec-WebSocket-Extensions: permessage-b, permessage-c\r\n", &[("response/extensions-compression", "permessage-b, permessage-c")]),
    ("Upgrade\r\n", "Upgrade\r\nSec-WebSocket-Extensions: permessage-deflate; a; server_max_window_bits=9\r\n",
        &[("response/deflate-parameters", "permessage-deflate; a; server_max_window_bits=9")]),
    ("Upgrade\r\n", "Upgrade\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9; server_max_window_bits=9\r\n",
        &[("response/deflate-repeated", "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9")]),
    ("Upgrade\r\n", "Upgrade\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9; server_no_context_takeover=1\r\n",
        &[("response/deflate-values", "permessage-deflate; server_max_window_bits=9; server_no_context_takeover=1")]),
    ("Upgrade\r\n", "Upgrade\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n",
        &[("response/deflate-server-window", "permessage-deflate; server_no_context_takeover"), ("response/deflate-offer", "permessage-deflate; server_no_context_takeover")]),
    ("Upgrade\r\n", "Upgrade\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10; client_max_window_bits=9\r\n",
        &[("response/deflate-offer", "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9")]),
    ("Upgrade\r\n", "Upgrade\r\nSec-WebSocket-Protocol: b\r\nSec-WebSocket-Protocol: b\r\n", &[("response/subprotocol-once", "b")]),
    ("Upgrade\r\n", "Upgrade\r\nSec-WebSocket-Protocol: b, c\r\n", &[("response/subprotocol", "b, c"), ("response/subprotocol-offered", "b, c")]),
    ("Upgrade\r\n", "Upgrade\r\nSec-WebSocket-Protocol: B\r\n", &[("response/subprotocol-offered", "B")]),
];

#[rustfmt::skip]
const REFUSALS: &[Row] = &[
    ("", "", &[]),
    ("Length: 0", "Length: 0, 1", &[("refusal/content-length", "0, 1")]),
    ("403 Forbidden\r\nConnection: close\r\nContent-Length: 0", "304 Not Modified\r\nContent-Length: x", &[]),
    ("Length: 0", "Length: 0\r\nTransfer-Encoding: chunked", &[("refusal/framed-once", "0")]),
    ("Content-Length: 0", "Transfer-Encoding: chunked, gzip", &[("refusal/transfer-encoding", "chunked, gzip")]),
    ("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0", "HTTP/1.0 403 Forbidden\r\nTransfer-Encoding: chunked",
        &[("refusal/transfer-encoding-http-10", "chunked")]),
    ("Connection: close\r\nContent-Length: 0", "X: b", &[("refusal/length", "")]),
    ("Content-Length: 0\r\n", "", &[]),
    ("close", "clo se", &[("refusal/connection-members", "clo se")]),
    ("403", "426", &[("refusal/upgrade-426", ""), ("refusal/version-list", "")]),
    ("403", "400", &[("refusal/version-list", "")]),
    ("Length: 0", "Length: 0\r\nUpgrade: websocket", &[("refusal/upgrade-option", "close")]),
    ("close\r\nContent-Length: 0", "close, upgrade\r\nContent-Length: 0\r\nUpgrade: a b", &[("refusal/upgrade-members", "a b")]),
    ("Length: 0", "Length: 0\r\nSec-WebSocket-Version: 13, x", &[("refusal/version-members", "13, x")]),
    ("403", "405", &[("refusal/allow-405", "")]),
    ("403", "401", &[("refusal/challenge-401", "")]),
    ("403", "407", &[("refusal/challenge-407", "")]),
    ("403", "302", &[("refusal/location", "")]),
    ("Length: 0", "Length: 0\r\nSec-WebSocket-Accept: b", &[("refusal/accept-absent", "b")]),
];

/// The rules of responses that two offers are needed for, one of which asks for nothing.
#[rustfmt::skip]
const WITH_CONTEXT: &[Row] = &[
    ("Upgrade\r\n", "Upgrade\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
        &[("response/deflate-server-context", "permessage-deflate"), ("response/deflate-offer", "permessage-deflate")]),
    ("Upgrade\r\n", "Upgrade\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_max_window_bits=9\r\n",
        &[("response/deflate-client-window", "permessage-deflate; server_no_context_takeover; client_max_window_bits=9"),
        ("response/deflate-offer", "permessage-deflate; server_no_context_takeover; client_max_window_bits=9")]),
];

fn sent() -> Sent {
    Sent::with_key(KEY).subprotocols(&["b", "c"]).extensions(
        "x, y, permessage-b, permessage-c, permessage-deflate; server_max_window_bits=9, \
         permessage-deflate; server_max_window_bits=10; server_no_context_takeover; client_max_window_bits",
    )
}

fn check(base: &str, rows: &[Row], judge: impl Fn(&[u8]) -> Judgement, seen: &mut BTreeSet<&'static str>) {
    let mut wrong = Vec::new();
    for (from, to, expected) in rows {
        let head = base.replacen(from, to, 1);
        let judgement = judge(head.as_bytes());
        let broken: Vec<(&str, String)> = judgement
            .broken()
            .map(|verdict| {
                let Finding::Broken { at, evidence } = &verdict.finding else {
                    unreachable!("it is broken");
                };
                assert!(!evidence.is_empty() && evidence.len() < 300, "{head:?}: {evidence}");
                seen.insert(verdict.rule.id);
                let place = at.clone().map(|at| head.get(at).expect("a place in the head").to_owned());
                (verdict.rule.id, place.unwrap_or_default())
            })
            .collect();
        let expected: Vec<(&str, String)> = expected.iter().map(|(id, at)| (*id, (*at).to_owned())).collect();
        if broken != expected {
            wrong.push(format!("{head:?}\n    {broken:?}\n    expected {expected:?}"));
        }
        if broken.is_empty() {
            assert!(judgement.is_valid(), "{head:?}");
        }
        let json = serde_json::to_value(&judgement).expect("it can be serialised");
        assert_eq!(json["verdicts"].as_array().map(Vec::len), Some(judgement.verdicts.len()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_of_http_1_is_broken_by_some_head_and_by_no_good_one() {
    let mut seen = BTreeSet::new();
    check(REQUEST, REQUESTS, judge::request, &mut seen);
    check(RESPONSE, RESPONSES, |head| judge::response(head, &sent()), &mut seen);
    let mut old = sent();
    old.version = Some("8".to_owned());
    check(REFUSAL, REFUSALS, |head| judge::response(head, &old), &mut seen);
    let context = Sent::with_key(KEY).extensions("permessage-deflate; server_no_context_takeover");
    check(RESPONSE, WITH_CONTEXT, |head| judge::response(head, &context), &mut seen);
    let never = judge::rules().map(|rule| rule.id).filter(|id| !id.starts_with("connect"));
    assert_eq!(never.filter(|id| !seen.contains(id)).collect::<Vec<_>>(), [""; 0]);
}

/// A field with another value, none, or one more.
type Change = (&'static str, Option<&'static str>, &'static [&'static str]);

#[rustfmt::skip]
const CONNECTS: &[Change] = &[
    (":method", Some("GET"), &["connect/method"]),
    (":protocol", None, &["connect/protocol-present"]),
    (":path", Some("/a b"), &["connect/path-characters"]),
    ("+a b", Some("c"), &["connect/field-name"]),
    ("+X", Some("c"), &["connect/lower-case"]),
    ("+x", Some("c\0"), &["connect/field-value"]),
    ("+x", Some(" c"), &["connect/padding"]),
    ("+:x", Some("c"), &["connect/pseudo-first", "connect/pseudo-known"]),
    ("+:path", Some("/"), &["connect/pseudo-first", "connect/pseudo-once"]),
    ("+connection", Some("upgrade"), &["connect/connection-specific"]),
    ("+te", Some("gzip"), &["connect/te"]),
    ("+te", Some("trailers"), &[]),
    (":authority", None, &["connect/authority-present"]),
    (":authority", Some("u@a"), &["connect/authority"]),
    (":scheme", None, &["connect/scheme-present"]),
    (":path", None, &["connect/path-present"]),
    (":path", Some("a"), &["connect/path"]),
    ("+host", Some("a:443"), &[]),
    ("+host", Some("a:80"), &["connect/host-same"]),
    ("+host", Some("a/"), &["connect/host", "connect/host-same"]),
    ("+content-length", Some("x"), &["connect/content-length", "connect/body"]),
    ("+content-length", Some("1"), &["connect/body"]),
    (":protocol", Some("h2c"), &["connect/protocol"]),
    (":protocol", Some("WebSocket"), &[]),
    (":scheme", Some("wss"), &["connect/scheme"]),
    ("sec-websocket-version", None, &["connect/version-present"]),
    ("+sec-websocket-version", Some("13"), &["connect/version-once"]),
    ("sec-websocket-version", Some("a"), &["connect/version", "connect/version-13"]),
    ("+sec-websocket-key", Some(KEY), &["connect/key-absent"]),
    ("origin", Some("a"), &["connect/origin"]),
    ("+origin", Some("null"), &["connect/origin-once"]),
    ("+sec-websocket-protocol", Some("a b"), &["connect/subprotocols"]),
    ("+sec-websocket-protocol", Some("a,a"), &["connect/subprotocols-unique"]),
    ("+sec-websocket-extensions", Some("a b"), &["connect/extensions"]),
    ("+sec-websocket-extensions", Some("permessage-deflate; a; b; b; client_max_window_bits=a"),
        &["connect/deflate-parameters", "connect/deflate-repeated", "connect/deflate-values"]),
];

#[rustfmt::skip]
const CONNECT_RESPONSES: &[Change] = &[
    (":status", Some("204"), &[]),
    (":status", Some("101"), &["connect-response/status-101"]),
    (":status", Some("20"), &["connect-response/status"]),
    (":status", Some("405"), &["refusal/allow-405"]),
    ("+a b", Some("c"), &["connect-response/field-name"]),
    ("+X", Some("c"), &["connect-response/lower-case"]),
    ("+x", Some("c\n"), &["connect-response/field-value"]),
    ("+x", Some("c "), &["connect-response/padding"]),
    ("+:status", Some("200"), &["connect-response/pseudo-once"]),
    ("+:path", Some("/"), &["connect-response/pseudo-known"]),
    ("+te", Some("trailers"), &["connect-response/connection-specific"]),
    ("+content-length", Some("0"), &["connect-response/framing"]),
    ("+sec-websocket-accept", Some("a"), &["connect-response/accept-absent"]),
    ("+sec-websocket-extensions", Some(""), &["connect-response/extensions"]),
    ("+sec-websocket-extensions", Some("z"), &["connect-response/extensions-offered"]),
    ("+sec-websocket-extensions", Some("x, x"), &["connect-response/extensions-unique"]),
    ("+sec-websocket-extensions", Some("permessage-b, permessage-c"), &["connect-response/extensions-compression"]),
    ("+sec-websocket-extensions", Some("permessage-deflate; a; a; client_max_window_bits"), &["connect-response/deflate-parameters",
        "connect-response/deflate-repeated", "connect-response/deflate-values", "connect-response/deflate-server-context",
        "connect-response/deflate-server-window", "connect-response/deflate-client-window", "connect-response/deflate-offer"]),
    ("+sec-websocket-protocol", Some("b c"), &["connect-response/subprotocol", "connect-response/subprotocol-offered"]),
];

fn check_fields(
    base: &[(&'static str, &'static str)],
    changes: &[Change],
    judge: impl Fn(&[(&str, &str)]) -> Judgement,
    seen: &mut BTreeSet<&'static str>,
) {
    let mut wrong = Vec::new();
    for (name, value, expected) in changes {
        let mut fields = base.to_vec();
        match name.strip_prefix('+') {
            Some(name) => fields.push((name, value.unwrap_or_default())),
            None => fields.retain_mut(|field| {
                field.1 = value.filter(|_| field.0 == *name).unwrap_or(field.1);
                field.0 != *name || value.is_some()
            }),
        }
        let judgement = judge(&fields);
        let broken: Vec<&str> = judgement.broken().map(|verdict| verdict.rule.id).collect();
        if broken != *expected {
            wrong.push(format!("{name}: {value:?}\n    {broken:?}\n    expected {expected:?}"));
        }
        seen.extend(broken);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_of_http_2_is_broken_by_some_fields_and_by_no_good_ones() {
    let request = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "https"),
        (":path", "/chat"),
        (":authority", "a"),
        ("sec-websocket-version", "13"),
        ("origin", "https://a"),
    ];
    let mut seen = BTreeSet::new();
    check_fields(&request, CONNECTS, |fields| judge::connect(fields), &mut seen);
    let two_hosts = [&request[..], &[("host", "a"), ("host", "a")]].concat();
    seen.extend(judge::connect(&two_hosts).broken().map(|verdict| verdict.rule.id));
    let sent = Sent::connect().subprotocols(&["b"]).extensions(
        "x, permessage-b, permessage-c, \
         permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
    );
    check_fields(
        &[(":status", "200")],
        CONNECT_RESPONSES,
        |fields| judge::connect_response(fields, &sent),
        &mut seen,
    );
    let two_lines = [
        ("sec-websocket-protocol", "b"),
        (":status", "200"),
        ("sec-websocket-protocol", "b"),
        ("sec-websocket-extensions", "x"),
        ("sec-websocket-extensions", "permessage-b"),
    ];
    let judgement = judge::connect_response(&two_lines, &sent);
    seen.extend(judgement.broken().map(|verdict| verdict.rule.id));
    let never = judge::rules().map(|rule| rule.id).filter(|id| id.starts_with("connect"));
    assert_eq!(never.filter(|id| !seen.contains(id)).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn interim_responses_come_before_the_final_one() {
    let bytes = format!("HTTP/1.1 100 \r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n{RESPONSE}frame");
    let judgements = judge::responses(bytes.as_bytes(), &sent());
    let statuses: Vec<_> = judgements.iter().map(|judgement| judgement.status).collect();
    assert_eq!(statuses, [Some(100), Some(103), Some(101)]);
    let conclusions: Vec<_> = judgements.iter().map(Judgement::conclusion).collect();
    assert_eq!(conclusions, [Conclusion::Interim, Conclusion::Interim, Conclusion::Established]);
    assert_eq!(judgements[2].len, RESPONSE.len());
}

#[test]
fn the_body_of_a_refusal_ends_somewhere() {
    for (fields, method, body) in [
        ("", "GET", Body::UntilClose),
        ("Content-Length: 010\r\n", "GET", Body::Length(10)),
        ("Content-Length: 0\r\n", "GET", Body::Length(0)),
        ("Content-Length: 10\r\n", "HEAD", Body::None),
        ("Content-Length: 10\r\nTransfer-Encoding: Chunked\r\n", "GET", Body::Chunked),
        ("Transfer-Encoding: gzip\r\n", "GET", Body::UntilClose),
    ] {
        let mut sent = sent();
        sent.method = method.to_owned();
        let head = format!("HTTP/1.1 403 Forbidden\r\n{fields}\r\n");
        assert_eq!(judge::response(head.as_bytes(), &sent).body, body, "{fields:?} to {method}");
    }
    for status in [101, 204, 304] {
        let head = format!("HTTP/1.1 {status} \r\n\r\n");
        assert_eq!(judge::response(head.as_bytes(), &sent()).body, Body::None, "{status}");
    }
}
