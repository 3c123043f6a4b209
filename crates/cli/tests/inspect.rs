//! `wsupgrade inspect`: the whole handshake, explained.

mod kit;

use kit::{Certificate, Done, Served, answering, echo, echo_over_tls, run, serve};
use serde_json::Value;

fn inspected(arguments: &[&str]) -> Done {
    let done = run([&["inspect"], arguments].concat());
    let is_text = !done.out.starts_with('{');
    for line in done.out.lines().filter(|line| is_text && !line.starts_with(['>', '<'])) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    done
}

fn json(arguments: &[&str]) -> (i32, Value) {
    let done = run([&["inspect", "--json"], arguments].concat());
    (done.code, serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {done:#?}")))
}

#[track_caller]
fn says(done: &Done, texts: &[&str]) {
    for text in texts {
        assert!(done.out.contains(text), "{text:?} is not in {done:#?}");
    }
}

#[test]
fn an_established_connection() {
    let url = format!("ws://{}/chat", echo());
    let done = inspected(&["-s", "chat", "--compress", &url]);
    assert_eq!((done.code, &*done.err), (0, ""), "{done:#?}");
    says(
        &done,
        &[
            "> GET /chat HTTP/1.1\n",
            "> Sec-WebSocket-Protocol: chat\n",
            "< HTTP/1.1 101 Switching Protocols\n",
            "  connect    ",
            "  request    ",
            "  response   ",
            "ok   response/accept                          RFC 6455 \u{a7}4.1\n",
            "subprotocol   chat offered, chat agreed\n",
            "established: 101 over HTTP/1.1, subprotocol chat, permessage-deflate",
            "response: all ",
        ],
    );
}

#[test]
fn a_request_that_was_not_sent_is_not_shown() {
    let done = inspected(&[&format!("ws://{}.invalid/", "a".repeat(64))]);
    assert!(done.code == 3 && !done.out.contains("> GET"), "{done:#?}");
}

#[test]
fn the_summary_has_three_lines() {
    let done = inspected(&["-q", &format!("ws://{}/", echo())]);
    assert_eq!((done.code, done.out.lines().count()), (0, 3), "{done:#?}");
}

#[test]
fn secrets_are_shown_only_if_asked_for() {
    let address = echo();
    let flags = ["-u", "user:secret", "-b", "id=secret", "-H", "X-Api-Key: secret"];
    let url = format!("ws://{address}/?token=secret");
    for format in [&[][..], &["--json"], &["-v"]] {
        let hidden = inspected(&[format, &flags, &[&*url]].concat());
        assert!(hidden.code == 0 && !hidden.out.contains("secret"), "{hidden:#?}");
        assert!(!hidden.out.contains("dXNlcjpzZWNyZXQ="), "{hidden:#?}");
        let shown = inspected(&[format, &flags, &["--show-secrets", &*url]].concat());
        says(&shown, &["dXNlcjpzZWNyZXQ=", "id=secret", "X-Api-Key: secret", "/?token=secret"]);
    }
}

#[test]
fn every_broken_rule_of_a_response() {
    let server = answering(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: close\r\n\
        Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\nSec-WebSocket-Protocol: other\r\n\r\n",
    );
    let done = inspected(&[&format!("ws://{server}/")]);
    assert_eq!(done.code, 9, "{done:#?}");
    says(
        &done,
        &[
            "FAIL response/upgrade ",
            "FAIL response/connection ",
            "FAIL response/accept ",
            "FAIL response/subprotocol-offered ",
            "     2 Upgrade: h2c\n                ^^^ byte 43\n",
            "response: 4 of ",
            "rules broken: response/upgrade, response/connection,\n          response/accept, ",
        ],
    );
    assert!(done.err.starts_with("error: the server's response breaks the WebSocket protocol"), "{done:#?}");
}

/// A response that our client takes, and that is not as it must be.
#[test]
fn a_rule_that_clients_forgive_is_told() {
    let server = serve(|mut stream| async move {
        let head = kit::read_head(&mut stream).await;
        let judged = websocket_upgrade_conformance::judge::request(head.as_bytes());
        let due = judged.due().expect("an answer");
        let fields =
            due.fields.iter().fold(String::new(), |text, (name, value)| text + name + ": " + value + "\n");
        let answer = format!("HTTP/1.1 101\n{fields}\n");
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, answer.as_bytes()).await;
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut Vec::new()).await;
    });
    let done = inspected(&[&format!("ws://{server}/")]);
    says(&done, &["FAIL response/line-ends", "established: 101"]);
    assert_eq!((done.code, &*done.err), (9, ""), "{done:#?}");
}

#[test]
fn a_refusal_has_its_body() {
    let server = answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 12\r\n\r\nnot you\x1b[2J!");
    let done = inspected(&[&format!("ws://{server}/")]);
    assert_eq!(done.code, 8, "{done:#?}");
    says(&done, &["the body, 12 bytes:\nnot you\\u{1b}[2J!\n", "not established after a response with 403"]);
    assert!(done.err.contains("hint: the server may want an origin"), "{done:#?}");
}

#[test]
fn redirects_are_shown_one_by_one() {
    let there = echo();
    let here = answering(format!(
        "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ws://{there}/x?secret\r\n\r\n"
    ));
    let url = format!("ws://{here}/");
    let done = inspected(&["-L", &url]);
    assert_eq!(done.code, 0, "{done:#?}");
    says(
        &done,
        &[
            "< HTTP/1.1 302 Found\n",
            &format!("< Location: ws://{there}/x\n"),
            &format!("then ws://{there}/x\n"),
            "> GET /x?... HTTP/1.1\n",
            "redirected    302 from ",
            "established: 101",
        ],
    );
    let (code, json) = json(&["-L", &url]);
    let statuses: Vec<_> =
        json["attempts"].as_array().expect("attempts").iter().map(|one| &one["status"]).collect();
    assert_eq!((code, statuses), (0, vec![&Value::from(302), &Value::from(101)]));
}

#[test]
fn tls_is_shown() {
    let certificate = Certificate::of("localhost");
    let address = echo_over_tls(&certificate);
    let pem = certificate.file("inspected.pem");
    let url = format!("wss://localhost:{}/", address.port());
    let done = inspected(&["-4", "--cacert", pem.to_str().expect("UTF-8"), &url]);
    assert_eq!((done.code, &*done.err), (0, ""), "{done:#?}");
    says(
        &done,
        &[
            "  tls        ",
            "TLS           TLS 1.3, TLS13_",
            "certificate   CN=",
            "  for         localhost\n",
            "  valid       ",
        ],
    );
    says(&done, &["established: 101 over HTTP/1.1, TLS 1.3\n"]);
}

#[test]
fn json_and_har_have_the_same() {
    let url = format!("ws://{}/?a=b", echo());
    let har = kit::file("inspected.har", "");
    let har = har.to_str().expect("UTF-8");
    let (code, json) = json(&["--har", har, "--show-secrets", "-s", "chat", &url]);
    assert_eq!(
        (code, &json["established"], &json["agreed"]["subprotocol"]),
        (0, &true.into(), &"chat".into())
    );
    assert_eq!(json["attempts"][0]["request"][0], "GET /?a=b HTTP/1.1");
    assert!(
        json["attempts"][0]["verdicts"][0].as_array().is_some_and(|verdicts| verdicts.len() > 20),
        "{json}"
    );
    let har: Value = serde_json::from_slice(&std::fs::read(har).expect("a file")).expect("JSON");
    let entry = &har["log"]["entries"][0];
    assert_eq!((&har["log"]["version"], &entry["response"]["status"]), (&"1.2".into(), &101.into()));
    assert_eq!((&entry["request"]["url"], &entry["request"]["method"]), (&Value::from(url), &"GET".into()));
    let times = &entry["timings"];
    assert!(times["wait"].as_f64() >= Some(0.0) && times["ssl"].as_f64() == Some(-1.0), "{times}");
    assert!(entry["startedDateTime"].as_str().is_some_and(|time| time.contains('T')), "{entry}");
}

#[test]
fn a_failure_is_in_the_json() {
    let address = kit::free();
    let (code, json) = json(&[&format!("ws://{address}/")]);
    assert_eq!((code, &json["established"], &json["failure"]["exit_code"]), (4, &false.into(), &4.into()));
    assert_eq!(json["failure"]["error"]["reason"], "connect");
    let done = run(["inspect", "--har", "/nowhere/a.har", &format!("ws://{}/", echo())]);
    assert!(done.code == 2 && done.err.starts_with("error: /nowhere/a.har: "), "{done:#?}");
}

#[test]
fn http2_has_fields_and_no_lines() {
    let served = Served::new(&["-s", "chat", "--compress"]);
    let url = format!("{}?token=secret", served.url);
    let done = inspected(&["--http2", "-s", "chat", "--compress", &url]);
    assert_eq!((done.code, &*done.err), (0, ""), "{done:#?}");
    let authority = served.url.trim_start_matches("ws://").trim_end_matches('/');
    says(
        &done,
        &[
            "> :method: CONNECT\n> :protocol: websocket\n> :scheme: http\n",
            &format!("> :authority: {authority}\n> :path: /?...\n"),
            "< :status: 200\n",
            "ok   connect-response/subprotocol-offered     RFC 6455",
            "established: 200 over HTTP/2, subprotocol chat, permessage-deflate",
        ],
    );
    let har = kit::file("http2.har", "");
    let (code, json) = json(&["--http2", "--har", har.to_str().expect("UTF-8"), &url]);
    assert_eq!((code, &json["attempts"][0]["status"]), (0, &200.into()));
    let har: Value = serde_json::from_slice(&std::fs::read(har).expect("a file")).expect("JSON");
    let request = &har["log"]["entries"][0]["request"];
    assert_eq!((&request["method"], &request["httpVersion"]), (&"CONNECT".into(), &"h2".into()));
    assert_eq!(request["url"], format!("{}?...", served.url));
}

#[test]
fn a_server_without_http2_is_asked_over_http1() {
    let served = Served::new(&["--http1.1", "--tls"]);
    let done = inspected(&["-k", "--http2", &served.url]);
    assert_eq!(done.code, 0, "{done:#?}");
    says(
        &done,
        &[
            "HTTP/1.1      and not HTTP/2: the server did not choose h2 by ALPN",
            "established: 101 over HTTP/1.1",
        ],
    );
}

#[test]
fn what_a_server_does_wrong_is_told_by_its_rule() {
    for (fault, rule) in [
        ("accept-constant", "response/accept "),
        ("accept-of-nonce", "response/accept "),
        ("no-connection", "response/connection "),
        ("answer-http10", "response/http-11 "),
        ("answer-with-length", "response/framing "),
        ("subprotocol-unasked", "response/subprotocol-offered "),
    ] {
        let served = Served::new(&["--fault", fault]);
        let done = inspected(&[&served.url]);
        assert_eq!(done.code, 9, "{fault}: {done:#?}");
        says(&done, &[&format!("FAIL {rule}")]);
    }
}
