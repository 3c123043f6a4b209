//! Endless bodies: a client does not wait for a body that it does not need, and waits at most a pause for another one.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use websocket_upgrade::proto::Limits;
use websocket_upgrade::{ClientOptions, ConnectError, Refused, Report};

use crate::drivers::{Connect, DRIVERS};
use crate::peers::accept;

/// Longer than any step takes.
const LONG: Duration = Duration::from_secs(60);

const SHORT: Duration = Duration::from_millis(50);

/// The framing of a body, what is sent of it, and whether this is repeated.
const BODIES: [(&str, &str, bool); 8] = [
    ("Content-Length: 1000\r\n", "", false),
    ("Content-Length: 1000\r\n", "half", false),
    ("Content-Length: 18446744073709551615\r\n", "x", true),
    ("Transfer-Encoding: chunked\r\n", "", false),
    ("Transfer-Encoding: chunked\r\n", "4\r\nhalf\r\n", false),
    ("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n", true),
    ("", "half", false),
    ("", "x", true),
];

/// Runs a server that gives this answer, and accepts the next request.
fn server(answer: String, repeat: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        let mut open = Vec::new();
        for (count, stream) in listener.incoming().enumerate() {
            let Ok(mut stream) = stream else { return };
            let Some(head) = read_head(&mut stream) else { continue };
            let answer = if count == 0 { answer.clone() } else { accept(&head, "") };
            let _ = stream.write_all(answer.as_bytes());
            if count == 0 && !repeat.is_empty() {
                let (mut stream, repeat) = (stream, repeat.repeat(1000));
                // Sends up to the client's end.
                thread::spawn(move || while stream.write_all(repeat.as_bytes()).is_ok() {});
            } else {
                open.push(stream);
            }
        }
    });
    format!("ws://{address}/")
}

fn read_head(stream: &mut TcpStream) -> Option<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

/// Checks the result of an answer with each of the bodies.
fn each(
    drivers: &[(&str, Connect)],
    start: &str,
    options: &ClientOptions,
    judge: impl Fn(&str, Result<Report, ConnectError>),
) {
    for (driver, connect) in drivers {
        for (framing, body, again) in BODIES {
            let repeat = if again { body } else { "" };
            let url = server(format!("{start}{framing}\r\n{body}"), repeat.into());
            judge(&format!("{driver}, {start:?}{framing:?}{body:?}"), connect(&url, options));
        }
    }
}

/// A client that would wait very long for a body.
fn patient() -> ClientOptions {
    let mut limits = Limits::new();
    limits.refusal_body = usize::MAX;
    ClientOptions::new().no_proxy().limits(limits).deadline(LONG).refusal_body_idle(LONG)
}

#[test]
fn a_redirect_is_followed_at_once() {
    for status in [301, 302, 303, 307, 308] {
        let start = format!("HTTP/1.1 {status} There\r\nLocation: /there\r\n");
        each(&DRIVERS, &start, &patient().redirects(1), |what, connected| {
            let report = connected.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(report.redirects.len(), 1, "{what}");
        });
    }
}

#[test]
fn a_401_is_answered_at_once() {
    let start = "HTTP/1.1 401 Who?\r\nWWW-Authenticate: Bearer\r\n";
    let options = patient().on_unauthorized(|asked| async move {
        assert!(asked.refused.truncated);
        Some(HeaderMap::from_iter([(AUTHORIZATION, "Bearer new".parse().expect("a value"))]))
    });
    // The blocking driver has no hooks.
    each(&DRIVERS[..2], start, &options, |what, connected| {
        connected.unwrap_or_else(|error| panic!("{what}: {error}"));
    });
}

/// A redirect that is not followed is reported like any other refusal.
#[test]
fn a_refusal_is_told_after_a_pause() {
    let starts = [
        "HTTP/1.1 403 No\r\n",
        "HTTP/1.1 401 Who?\r\n",
        "HTTP/1.1 302 There\r\nLocation: /there\r\n",
        "HTTP/1.1 302 Nowhere\r\nLocation: ftp://a/\r\n",
    ];
    for start in starts {
        let options = ClientOptions::new().no_proxy().deadline(LONG).refusal_body_idle(SHORT);
        each(&DRIVERS, start, &options.redirects(usize::from(start.contains("ftp"))), |what, connected| {
            let refused = refused(what, connected);
            assert!(refused.truncated, "{what}");
            assert!(refused.body.len() <= 64 * 1024, "{what}");
            assert!(matches!(&refused.body[..], b"" | b"half" | [b'x', ..]), "{what}");
        });
    }
}

#[test]
fn nothing_is_waited_for_where_nothing_is_kept() {
    let mut limits = Limits::new();
    limits.refusal_body = 0;
    each(&DRIVERS, "HTTP/1.1 403 No\r\n", &patient().limits(limits), |what, connected| {
        let refused = refused(what, connected);
        assert_eq!((refused.body.len(), refused.truncated), (0, true), "{what}");
    });
    for (driver, connect) in DRIVERS {
        let url = server("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n".into(), String::new());
        let refused = refused(driver, connect(&url, &patient().limits(limits)));
        assert!(!refused.truncated, "{driver}: there is none");
    }
}

fn refused(what: &str, connected: Result<Report, ConnectError>) -> Refused {
    let error = connected.expect_err(what);
    error.refused().unwrap_or_else(|| panic!("{what}: {error}")).clone()
}
