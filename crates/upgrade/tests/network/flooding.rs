//! Peers that never stop sending, on real sockets, at every stage and on every driver: the deadline still ends them.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use websocket_upgrade::proto::Limits;
use websocket_upgrade::{ClientOptions, ConnectError, Phase, create_upgrade_request};

use crate::certificates::{config, trusting};
use crate::drivers::{Connect, DRIVERS};

const DEADLINE: Duration = Duration::from_millis(100);

/// After this time a flood ends itself.
const LONG: Duration = Duration::from_secs(20);

/// What a peer waits for, what it sends then, and what it repeats.
#[derive(Clone, Copy, Debug)]
struct Flood {
    /// The ends of what it reads each time before it sends.
    before: &'static [&'static [u8]],
    first: &'static [u8],
    piece: &'static [u8],
}

/// A request.
const HEAD: &[&[u8]] = &[b"\r\n\r\n"];

/// Returns an address where every client is flooded.
fn flooding(flood: Flood, tls: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            thread::spawn(move || {
                // The result is checked at the client's side.
                let _ = if tls {
                    let connection = rustls::ServerConnection::new(config()).expect("a configuration");
                    talk(rustls::StreamOwned::new(connection, stream), flood)
                } else {
                    talk(stream, flood)
                };
            });
        }
    });
    address
}

fn talk(mut stream: impl Read + Write, Flood { before, first, piece }: Flood) -> std::io::Result<()> {
    for end in before {
        let (mut read, mut byte) = (Vec::new(), [0]);
        while !read.ends_with(end) {
            stream.read_exact(&mut byte)?;
            read.push(byte[0]);
        }
    }
    stream.write_all(first)?;
    let (pieces, start) = (piece.repeat(100), Instant::now());
    while start.elapsed() < LONG {
        stream.write_all(&pieces)?;
    }
    Ok(())
}

/// Options with which only a deadline ends a call.
fn options() -> ClientOptions {
    let mut limits = Limits::new();
    (limits.head, limits.fields) = (usize::MAX, usize::MAX);
    (limits.interim, limits.refusal_body) = (usize::MAX, usize::MAX);
    limits.refusal_overhead = usize::MAX;
    ClientOptions::new().no_proxy().tls_config(trusting()).limits(limits).deadline(LONG)
}

/// Checks that it ends at the deadline, long before the flood does.
fn ends(
    what: &str,
    (driver, connect): (&str, Connect),
    url: &str,
    options: &ClientOptions,
    labels: &[&str],
    phase: Phase,
) -> ConnectError {
    let (start, options) = (Instant::now(), options.clone().phase_deadline(phase, DEADLINE));
    let error = connect(url, &options).expect_err("no end");
    let (elapsed, what) = (start.elapsed(), format!("{driver}, {what}: {error}"));
    assert!(elapsed < LONG / 2, "{what}: {elapsed:?}");
    assert!(labels.contains(&error.reason().label()), "{what}");
    assert_eq!(error.phase(), phase, "{what}");
    error
}

#[test]
fn a_server_floods() {
    let cases = [
        (Flood { before: HEAD, first: b"", piece: b"HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n" }, "deadline"),
        (Flood { before: HEAD, first: b"HTTP/1.1 101 Yes\r\n", piece: b"X: y\r\n" }, "deadline"),
        (Flood { before: HEAD, first: b"HTTP/1.1 404 No\r\n\r\n", piece: b"y" }, "refused"),
        (
            Flood {
                before: HEAD,
                first: b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n",
                piece: b"1\r\ny\r\n",
            },
            "refused",
        ),
    ];
    for (flood, label) in cases {
        for scheme in ["ws", "wss"] {
            for driver in DRIVERS {
                let url = format!("{scheme}://{}/", flooding(flood, scheme == "wss"));
                let what = format!("{scheme}, {flood:?}");
                let error = ends(&what, driver, &url, &options(), &[label], Phase::Handshake);
                assert!(error.refused().is_none_or(|refused| refused.truncated), "{what}");
            }
        }
    }
}

/// The server does not read a request that is larger than all buffers on the way.
#[test]
fn a_server_floods_and_does_not_read() {
    let options = options().header("Cookie", "c".repeat(8 * 1024 * 1024)).expect("a header");
    for piece in [b"HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n".as_slice(), b"y"] {
        let first = if piece == b"y" { b"HTTP/1.1 404 No\r\n\r\n".as_slice() } else { b"" };
        let flood = Flood { before: &[], first, piece };
        for driver in DRIVERS {
            let url = format!("ws://{}/", flooding(flood, false));
            // If sending took all of the time, nothing of the refusal was read.
            ends(&format!("{flood:?}"), driver, &url, &options, &["deadline", "refused"], Phase::Handshake);
        }
    }
}

/// rustls ends some of them earlier.
#[test]
fn a_server_floods_in_the_tls_handshake() {
    // Parts of a handshake message in one record each (RFC 8446 §5.1), alerts, and bytes that are not TLS.
    let pieces: [&[u8]; 4] =
        [b"\x16\x03\x03\0\x01\x02", b"\x15\x03\x03\0\x02\x01\x5a", b"\x14\x03\x03\0\x01\x01", b"\0"];
    for piece in pieces {
        let flood = Flood { before: &[b"\x16"], first: b"", piece };
        for driver in DRIVERS {
            let url = format!("wss://{}/", flooding(flood, false));
            ends(&format!("{piece:?}"), driver, &url, &options(), &["deadline", "tls"], Phase::Tls);
        }
    }
}

/// Only tokio's driver speaks to proxies.
#[test]
fn a_proxy_floods() {
    let cases = [
        (b"HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n".as_slice(), b"".as_slice(), ["deadline", "proxy"]),
        (b"X: y\r\n", b"HTTP/1.1 200 Yes\r\n", ["deadline", "proxy"]),
        (b"y", b"HTTP/1.1 404 No\r\n\r\n", ["proxy_refused", "proxy_refused"]),
        (
            b"1\r\ny\r\n",
            b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n",
            ["proxy_refused", "proxy_refused"],
        ),
    ];
    for (piece, first, labels) in cases {
        for scheme in ["http", "https"] {
            let flood = Flood { before: HEAD, first, piece };
            let proxy = format!("{scheme}://{}", flooding(flood, scheme == "https"));
            let (what, options) = (format!("{proxy}, {flood:?}"), options().proxy(&proxy).expect("a proxy"));
            let error = ends(&what, DRIVERS[0], "ws://name.invalid/", &options, &labels, Phase::Proxy);
            assert!(error.refused().is_none_or(|refused| refused.truncated), "{what}");
        }
    }
    for scheme in ["socks4", "socks5"] {
        for piece in [b"\0".as_slice(), b"\x05\0", b"\x05"] {
            let flood = Flood { before: &[b""], first: b"", piece };
            let proxy = format!("{scheme}://{}", flooding(flood, false));
            let (what, options) = (format!("{proxy}, {flood:?}"), options().proxy(&proxy).expect("a proxy"));
            ends(&what, DRIVERS[0], "ws://name.invalid/", &options, &["deadline", "proxy"], Phase::Proxy);
        }
    }
}

/// Each answer leads to another request, and each request is answered at once.
#[test]
fn redirects_without_end() {
    for driver in DRIVERS {
        let first = b"HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n";
        let url = format!("ws://{}/", flooding(Flood { before: HEAD, first, piece: b"y" }, false));
        let options = options().redirects(usize::MAX).deadline(10 * DEADLINE);
        let start = Instant::now();
        let error = (driver.1)(&url, &options).expect_err("no end");
        assert!(start.elapsed() < LONG / 2, "{}: {error}", driver.0);
        assert!(matches!(error.reason().label(), "deadline" | "refused"), "{}: {error}", driver.0);
        assert!(error.report().redirects.len() > 1, "{}: {error}", driver.0);
    }
}

/// Over HTTP/2, a task drives the connection. It ends when no request waits any more.
#[tokio::test]
async fn a_server_of_http2_floods() {
    // The server's settings with extended CONNECT (RFC 8441 §3), and frames of an unknown type.
    let settings = b"\0\0\x06\x04\0\0\0\0\0\0\x08\0\0\0\x01";
    let (unknown, ping) = (b"\0\0\x04\xfa\0\0\0\0\0what".as_slice(), b"\0\0\x08\x06\0\0\0\0\0whatever");
    for piece in [unknown, ping] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let url = format!("ws://{}/", listener.local_addr().expect("an address"));
        let serving = tokio::task::spawn_blocking(move || {
            let (stream, _) = listener.accept().expect("a client");
            talk(stream, Flood { before: &[b"SM\r\n\r\n"], first: settings, piece })
        });
        let options = options().http2().phase_deadline(Phase::Handshake, DEADLINE);
        let error = create_upgrade_request(&url, &options).await.expect_err("no end");
        assert_eq!((error.reason().label(), error.phase()), ("deadline", Phase::Handshake), "{error}");
        let ended = serving.await.expect("no panic");
        assert!(ended.is_err(), "the connection was still there when the flood ended");
    }
}
