//! The page, and what it asks the server for.

use std::collections::BTreeMap;

use crate::common::Served;

/// The head and the body of an answer.
fn split(answer: &str) -> (&str, &str) {
    answer.split_once("\r\n\r\n").expect("a head")
}

#[test]
fn the_page_offers_what_is_supported() {
    let served = Served::start(&["-s", "chat", "-s", "a!#$%&'*+-.^_`|~b"]);
    let answer = served.plain("GET /?offer=x", "");
    let (head, page) = split(&answer);
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert!(head.contains("\r\ncontent-type: text/html; charset=utf-8"), "{head}");
    assert!(head.contains("\r\ncontent-security-policy: default-src 'none';"), "{head}");
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"), "{page}");
    assert!(page.contains("[\"chat\", \"a!#$%&'*+-.^_`|~b\"]"), "{page}");
    // Nothing is loaded from elsewhere.
    for part in ["src=", "@import", "url("] {
        assert!(!page.contains(part), "{part}");
    }
    assert!(!page.replace("http://", "").contains("//cdn"));
}

#[test]
fn plain_http_has_its_answers() {
    let served = Served::start(&[]);
    for (line, status, body) in [
        ("GET /health", 200, "healthy\n"),
        ("HEAD /", 200, ""),
        ("GET /elsewhere", 404, "not found: the page is at /, and a WebSocket at every path\n"),
        ("GET /handshake", 404, "no such handshake\n"),
        ("GET /handshake?page=1", 404, "no such handshake\n"),
        ("POST /", 405, "GET, please\n"),
    ] {
        let answer = served.plain(line, "");
        let (head, shown) = split(&answer);
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {head}");
        assert_eq!(shown, body, "{line}");
    }
}

#[test]
fn the_page_is_told_what_became_of_its_handshake() {
    let served = Served::start(&["-s", "chat"]);
    let fields = "Sec-WebSocket-Protocol: chat\r\nCookie: hidden\r\nAuthorization: Basic hidden\r\n";
    for (target, fields, status, why) in [
        ("/?page=a1", fields.to_owned(), 101, None),
        ("/room?b=c&page=a2", format!("{fields}Origin: https://elsewhere.example\r\n"), 403, Some("Origin")),
    ] {
        let request = served.request(target, &fields);
        let head = crate::common::head(&mut served.client(request.as_bytes()));
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{head}");
        // The note is made before the answer is sent.
        let query = target.rsplit(['?', '&']).next().expect("a query");
        let answer = served.plain(&format!("GET /handshake?{query}"), "");
        assert!(!answer.contains("hidden"), "{answer}");
        let note: BTreeMap<String, serde_json::Value> = serde_json::from_str(split(&answer).1).expect("JSON");
        assert_eq!((&note["status"], &note["version"]), (&status.into(), &"HTTP/1.1".into()));
        let offered = note["offered"].as_str().expect("text");
        assert!(offered.contains("\nsec-websocket-protocol: chat\n"), "{offered}");
        let told = note["why"].as_str();
        assert_eq!(told.is_some(), why.is_some(), "{told:?}");
        assert!(why.is_none_or(|why| told.unwrap_or_default().contains(why)), "{told:?}");
    }
    // Handshakes of others are not told.
    assert!(served.plain("GET /handshake?b=c", "").starts_with("HTTP/1.1 404 "));
}

#[test]
fn old_handshakes_are_forgotten() {
    let served = Served::start(&["--quiet"]);
    for number in 0..101 {
        let request = served.request(&format!("/?page={number}"), "");
        crate::common::head(&mut served.client(request.as_bytes()));
    }
    for (number, status) in [(0, 404), (1, 200), (100, 200)] {
        let answer = served.plain(&format!("GET /handshake?page={number}"), "");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{number}: {answer}");
    }
}
