//! What is counted: established handshakes, and failures by reason.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bench;
use crate::common::{Served, run};

/// A server of this process that gives each connection the next of these answers, the last of them again and again.
/// Returns its URL.
fn answers<const N: usize>(answers: [&'static str; N]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for (index, client) in listener.incoming().map_while(Result::ok).enumerate() {
            let mut client = client;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                let Ok(()) = client.read_exact(&mut byte) else { break };
                head.extend(byte);
            }
            // The client may be gone.
            let _ = client.write_all(answers[index.min(N - 1)].as_bytes());
        }
    });
    url
}

/// The counts of a result.
fn counts(json: &Value) -> Value {
    let mut counts = json.clone();
    let names =
        ["established", "failed", "not_begun", "given_up", "interrupted", "held", "concurrency", "rate"];
    counts.as_object_mut().expect("an object").retain(|name, _| names.contains(&name.as_str()));
    counts
}

#[test]
fn a_number_of_handshakes_is_established() {
    let served = Served::start(&["-s", "chat", "--compress"]);
    let url = served.url("ws", "/path?token=hidden");
    for (arguments, concurrency, rate) in [
        (&["-n", "50"][..], 10, Value::Null),
        (&["-n", "50", "-c", "3"], 3, Value::Null),
        (&["-n", "50", "-c", "100", "-s", "chat", "--compress"], 100, Value::Null),
        (&["-n", "50", "--rate", "1000/s"], 1000, json!(1000.0)),
        (&["-n", "50", "-r", "60000/m", "-c", "2"], 2, json!(1000.0)),
        (&["-n", "50", "--http2"], 10, Value::Null),
        (&["-n", "50", "--http2", "--one-connection"], 10, Value::Null),
    ] {
        let (json, code) = bench(&[arguments, &[&url]].concat());
        let expected = json!({
            "established": 50, "failed": 0, "not_begun": 0, "given_up": 0, "interrupted": false, "held": null,
            "concurrency": concurrency, "rate": rate,
        });
        assert_eq!((counts(&json), code), (expected, 0), "{arguments:?}");
        for name in ["latency", "service"] {
            assert_eq!(json[name]["count"], 50, "{arguments:?}: {name}");
            assert!(json[name]["percentiles"]["99"].is_f64(), "{arguments:?}: {name}");
        }
        assert_eq!(json["phases"]["handshake"]["count"], 50, "{arguments:?}");
        assert_eq!(json["url"], served.url("ws", "/path"), "{arguments:?}");
    }
}

#[test]
fn the_time_over_tls_is_one_of_its_phases() {
    let served = Served::start(&["--tls", "--quiet"]);
    let url = served.url("wss", "/");
    let (json, code) = bench(&["-n", "20", "-k", &url]);
    assert_eq!((&json["established"], code), (&json!(20), 0));
    for phase in ["connect", "tls", "handshake"] {
        assert_eq!(json["phases"][phase]["count"], 20, "{phase}");
    }
    // Over one connection, nothing connects again.
    let (json, code) = bench(&["-n", "20", "-k", "--http2", "--one-connection", &url]);
    assert_eq!((&json["established"], code), (&json!(20), 0));
    assert_eq!(json["phases"].as_object().expect("an object").keys().collect::<Vec<_>>(), ["handshake"]);
}

#[test]
fn failures_are_counted_by_their_reason() {
    let busy = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy";
    let gone = "HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n";
    // The first one is not counted: it shows whether there is a server.
    let url = answers([busy, busy, "", gone, "nonsense\r\n\r\n", busy]);
    let (json, code) = bench(&["-n", "6", "-c", "1", &url]);
    assert_eq!((&json["established"], &json["failed"], code), (&json!(0), &json!(6), 8), "{json:#}");
    let mut failures: Vec<_> = json["failures"].as_array().expect("a list").clone();
    failures.sort_by_key(|failure| failure["count"].as_u64());
    let reasons: Vec<_> = failures.iter().map(|of| (&of["reason"], &of["status"], &of["count"])).collect();
    let (response, refused, none) = (json!("response"), json!("refused"), json!(null));
    assert_eq!(reasons.last(), Some(&(&refused, &json!(503), &json!(3))), "{failures:?}");
    assert!(reasons.contains(&(&refused, &json!(404), &json!(1))), "{failures:?}");
    assert_eq!(
        reasons.iter().filter(|(reason, status, _)| (*reason, *status) == (&response, &none)).count(),
        2
    );
    assert!(json["latency"].is_null(), "no handshake has a time");
}

#[test]
fn no_reason_fills_the_memory() {
    // Each answer has the number of the connection in it.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for (index, client) in listener.incoming().map_while(Result::ok).enumerate() {
            let mut client = client;
            let _ = client.read(&mut [0; 1000]);
            let _ =
                client.write_all(format!("HTTP/1.1 503 B\r\nContent-Length: 9\r\n\r\n{index:09}").as_bytes());
        }
    });
    let (json, _) = bench(&["-n", "80", &url]);
    let failures = json["failures"].as_array().expect("a list");
    assert_eq!((failures.len(), &json["failed"]), (51, &json!(80)));
    let others = failures.iter().find(|failure| failure["message"] == "others").expect("the rest");
    assert_eq!(others["count"], 30);
}

#[test]
fn at_a_rate_those_that_wait_have_waited() {
    let served = Served::start(&["--delay", "50ms", "--quiet"]);
    let (json, code) = bench(&["-n", "5", "-c", "1", "-r", "100/s", &served.url("ws", "/")]);
    assert_eq!((&json["established"], code), (&json!(5), 0));
    // The last one was due after 40 ms, and there were four of 50 ms before it.
    let latency = json["latency"]["max"].as_f64().expect("a time");
    assert!(latency >= 0.209, "{json:#}");
    assert_eq!(json["latency_from"], "when the handshake was due");
}

#[test]
fn those_that_were_due_and_not_begun_are_counted() {
    let served = Served::start(&["--delay", "1500ms", "--quiet"]);
    let (json, code) = bench(&["-d", "2s", "-c", "1", "-r", "100/s", &served.url("ws", "/")]);
    let number = |name: &str| json[name].as_u64().expect("a number");
    assert_eq!((number("established") + number("not_begun"), code), (200, 0), "{json:#}");
    assert!((1..=2).contains(&number("established")), "{json:#}");
}

#[test]
fn connections_are_held() {
    let served = Served::start(&["--quiet"]);
    let url = served.url("ws", "/");
    let (json, code) = bench(&["-n", "30", "--hold", &url]);
    assert_eq!((&json["established"], code), (&json!(30), 0));
    assert_eq!(json["held"], json!({ "most": 30, "lost": 0 }));
    // Each for a time of its own, the last ones too.
    let began = Instant::now();
    let (json, code) = bench(&["-n", "30", "--hold=300ms", &url]);
    assert!(began.elapsed() >= Duration::from_millis(300), "{:?}", began.elapsed());
    assert_eq!((&json["established"], &json["held"]["lost"], code), (&json!(30), &json!(0), 0));
    let began = Instant::now();
    let (json, code) = bench(&["-n", "3", "-d", "300ms", "--hold", &url]);
    assert!(began.elapsed() >= Duration::from_millis(300), "{:?}", began.elapsed());
    assert_eq!((&json["held"], code), (&json!({ "most": 3, "lost": 0 }), 0));
}

#[test]
fn the_text_is_readable_at_80_columns() {
    let served = Served::start(&["--quiet"]);
    let (url, busy) = (served.url("ws", "/"), answers(["HTTP/1.1 503 B\r\nContent-Length: 1\r\n\r\n\x1b"]));
    for (arguments, parts) in [
        (&["-n", "200", &url][..], &["established  200 in ", "p99", "total", "up to", "--rate shows"][..]),
        (&["-n", "20", "-r", "500/s", "--hold", &url], &["since due", "since begun", "held", "500/s"]),
        (&["-n", "20", &busy], &["established  0 in ", "failed       20", "20 refused with status 503"]),
    ] {
        let output = run(&[&["bench"], arguments].concat());
        let text = String::from_utf8(output.stdout).expect("text");
        for part in parts {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains('\x1b'), "{text}");
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
