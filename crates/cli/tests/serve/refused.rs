//! Who may connect, and what is logged of those who may not.

use crate::common::Served;

#[test]
fn only_the_origins_that_were_named_may_connect() {
    let own = |served: &Served| format!("http://{}", served.address);
    let foreign = "https://elsewhere.example";
    for (arguments, own_status, foreign_status) in [
        (&[][..], 101, 403),
        (&["--origin", "https://elsewhere.example"], 403, 101),
        (&["--origin", "https://*.example", "-o", "http://127.0.0.1:*"], 101, 101),
        (&["--any-origin"], 101, 101),
    ] {
        let served = Served::start(arguments);
        for (origin, status) in [(own(&served).as_str(), own_status), (foreign, foreign_status)] {
            let head = served.head(&format!("Origin: {origin}\r\n"));
            assert!(head.starts_with(&format!("http/1.1 {status} ")), "{arguments:?}, {origin}: {head}");
        }
        // A client that is no browser has none.
        assert!(served.head("").starts_with("http/1.1 101 "), "{arguments:?}");
        if foreign_status == 403 {
            let line = served.logs("403");
            assert!(line.contains(foreign) && line.contains("--any-origin"), "{line}");
        }
    }
}

#[test]
fn clients_need_the_credentials() {
    let served = Served::start(&["--user", "name:pass:word"]);
    // Base64 of name:pass:word, and of name:password.
    let (right, wrong) = ("bmFtZTpwYXNzOndvcmQ=", "bmFtZTpwYXNzd29yZA==");
    for (fields, status) in [
        (String::new(), 401),
        (format!("Authorization: Basic {wrong}\r\n"), 401),
        (format!("Authorization: Bearer {right}\r\n"), 401),
        (format!("Authorization: Basic {right}\r\n"), 101),
        (format!("authorization: basic  {right}\r\n"), 101),
    ] {
        let head = served.head(&fields);
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{fields}: {head}");
        assert_eq!(head.contains("\r\nwww-authenticate: basic realm="), status == 401, "{head}");
        let page = served.plain("GET /", &fields);
        assert_eq!(page.starts_with("HTTP/1.1 200 "), status == 101, "{fields}: {page}");
    }
    // A foreign page can't try passwords.
    let head = served.head("Origin: https://elsewhere.example\r\n");
    assert!(head.starts_with("http/1.1 403 "), "{head}");
}

#[test]
fn a_subprotocol_can_be_required() {
    let served = Served::start(&["-s", "chat", "--require-subprotocol"]);
    for (fields, status) in [
        ("", 400),
        ("Sec-WebSocket-Protocol: other\r\n", 400),
        ("Sec-WebSocket-Protocol: other, chat\r\n", 101),
    ] {
        let head = served.head(fields);
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{fields}: {head}");
    }
    served.logs(" 400 ");
}

#[test]
fn no_secret_is_logged() {
    let served = Served::start(&["--user", "name:hidden", "-H", "X-Token: hidden"]);
    // Base64 of name:hidden.
    let fields = "Authorization: Basic bmFtZTpoaWRkZW4=\r\nCookie: hidden=bmFtZTpoaWRkZW4\r\n";
    let client = served.client(served.request("/path?token=hidden", fields).as_bytes());
    let accepted = served.logs(" /path 101 ");
    drop(client);
    let refused = served.request("/path?token=hidden", "Cookie: hidden=bmFtZTpoaWRkZW4\r\n");
    let _client = served.client(refused.as_bytes());
    let lines = [accepted, served.logs(" /path 401 ")];
    for line in served.logged().iter().chain(&lines) {
        assert!(!line.contains("hidden") && !line.contains("bmFtZT"), "{line}");
    }
}

#[test]
fn a_bad_request_is_answered_and_logged() {
    let served = Served::start(&[]);
    for (from, to, status, why) in [
        ("Version: 13", "Version: 12", 426, "Sec-WebSocket-Version"),
        ("Connection: Upgrade", "Connection: close", 400, "Connection"),
        ("GET ", "POST ", 405, "POST"),
        ("Sec-WebSocket-Key: ", "X-Key: ", 400, "Sec-WebSocket-Key"),
    ] {
        let request = served.request("/", "").replace(from, to);
        let answer = crate::common::head(&mut served.client(request.as_bytes()));
        assert!(answer.starts_with(&format!("http/1.1 {status} ")), "{to}: {answer}");
        assert!(answer.contains("\r\nconnection: close"), "{to}: {answer}");
        let line = served.logs(&format!(" {status} "));
        assert!(line.contains(why), "{line}");
    }
}

#[test]
fn nothing_is_logged_if_it_is_to_be_quiet() {
    let mut served = Served::start(&["--quiet"]);
    assert!(served.head("").starts_with("http/1.1 101 "));
    assert!(served.head("Origin: https://elsewhere.example\r\n").starts_with("http/1.1 403 "));
    crate::ending::interrupt(&served);
    assert!(served.ended().success());
    assert_eq!(served.logged(), [""; 0]);
}
