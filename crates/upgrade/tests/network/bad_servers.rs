//! Servers that break the protocol, on loopback and for every driver: each kind has its own error, by the deadline.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;
use websocket_upgrade::{ClientOptions, ConnectError, ConnectReason, Phase};

use crate::certificates::trusting;
use crate::drivers::{Connect, DRIVERS};
use crate::report::{Outcome, holds, run, same};

/// What a server does with its client, after the request if there is no TLS.
#[derive(Clone, Copy, Debug)]
enum Does {
    /// It sends this, and closes.
    Close(&'static [u8]),
    /// It sends this, and resets the connection.
    Reset(&'static [u8]),
    /// It sends this, and nothing more.
    Stop(&'static [u8]),
    /// It sends the first text, and then the second one for ever.
    Repeat(&'static [u8], &'static [u8]),
}

/// The expected error.
#[derive(Clone, Copy, Debug)]
enum Told {
    Deadline(Phase),
    /// A response that breaks the protocol; the error's text contains these words.
    Response(&'static str),
    Io(ErrorKind),
    Tls(ErrorKind),
    /// The status, the length of the body, and whether it is truncated.
    Refused(u16, usize, bool),
}

const HANDSHAKE: Told = Told::Deadline(Phase::Handshake);
const RESET: Told = Told::Io(ErrorKind::ConnectionReset);
const MOST: usize = 64 * 1024;

/// A chunk of 64 bytes. The limit also counts what is around the chunks.
const CHUNK: &[u8] = b"40\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n";

/// The scheme, what the server does, the error, and whether a retry makes sense.
const CASES: [(&str, Does, Told, bool); 34] = [
    ("ws", Does::Stop(b""), HANDSHAKE, true),
    ("ws", Does::Stop(b"HTTP/1.1 10"), HANDSHAKE, true),
    ("ws", Does::Stop(b"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\n"), HANDSHAKE, true),
    ("ws", Does::Stop(b"HTTP/1.1 103 Hints\r\n\r\n"), HANDSHAKE, true),
    (
        "ws",
        Does::Stop(b"HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n12345"),
        Told::Refused(404, 5, true),
        false,
    ),
    ("ws", Does::Stop(b"HTTP/1.1 503 No\r\n\r\n12345"), Told::Refused(503, 5, true), true),
    ("ws", Does::Repeat(b"HTTP/1.1 101 Yes\r\n", b"X: y\r\n"), Told::Response("limit"), false),
    ("ws", Does::Repeat(b"HTTP/1.1 101 Yes\r\nX: ", b"y"), Told::Response("limit"), false),
    ("ws", Does::Repeat(b"HTTP/1.1 101 ", b"y"), Told::Response("limit"), false),
    ("ws", Does::Repeat(b"", b"HTTP/1.1 103 Hints\r\n\r\n"), Told::Response("limit"), false),
    ("ws", Does::Repeat(b"", b"\r\n"), Told::Response("status line"), false),
    ("ws", Does::Repeat(b"", b"\0"), Told::Response("status line"), false),
    ("ws", Does::Repeat(b"HTTP/1.1 404 No\r\n\r\n", b"12345"), Told::Refused(404, MOST, true), false),
    (
        "ws",
        Does::Repeat(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", b"1"),
        Told::Refused(200, MOST, true),
        false,
    ),
    (
        "ws",
        Does::Repeat(b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNK),
        Told::Refused(404, MOST, true),
        false,
    ),
    ("ws", Does::Close(b""), Told::Response("closed"), true),
    ("ws", Does::Close(b"HTTP/1.1 101 Yes\r\nUpgrade: web"), Told::Response("closed"), true),
    ("ws", Does::Close(b"HTTP/1.1 103 Hints\r\n\r\n"), Told::Response("closed"), true),
    ("ws", Does::Close(b"SSH-2.0-OpenSSH_9.2\r\n"), Told::Response("status line"), false),
    ("ws", Does::Close(b"\x15\x03\x01\x00\x02\x02\x46"), Told::Response("status line"), false),
    ("ws", Does::Close(b"HTTP/1.1 101 Yes\r\n\r\n"), Told::Response("Upgrade"), false),
    (
        "ws",
        Does::Close(b"HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n12345"),
        Told::Refused(404, 5, true),
        false,
    ),
    ("ws", Does::Reset(b""), RESET, true),
    ("ws", Does::Reset(b"HTTP/1.1 101 Yes\r\nUpgrade: web"), RESET, true),
    ("ws", Does::Reset(b"HTTP/1.1 103 Hints\r\n\r\n"), RESET, true),
    ("wss", Does::Stop(b""), Told::Deadline(Phase::Tls), true),
    ("wss", Does::Stop(b"\x16\x03\x03\x00\x7a\x02"), Told::Deadline(Phase::Tls), true),
    ("wss", Does::Close(b""), Told::Tls(ErrorKind::UnexpectedEof), true),
    ("wss", Does::Close(b"\x16\x03\x03\x00\x7a\x02"), Told::Tls(ErrorKind::UnexpectedEof), true),
    ("wss", Does::Close(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Told::Tls(ErrorKind::InvalidData), false),
    ("wss", Does::Close(b"\x15\x03\x03\x00\x02\x02\x28"), Told::Tls(ErrorKind::InvalidData), false),
    ("wss", Does::Repeat(b"", b"\x16\x03\x03\x00\x01\x02"), Told::Tls(ErrorKind::InvalidData), false),
    ("wss", Does::Reset(b""), Told::Tls(ErrorKind::ConnectionReset), true),
    ("wss", Does::Reset(b"\x16\x03\x03\x00\x7a\x02"), Told::Tls(ErrorKind::ConnectionReset), true),
];

fn serve(mut stream: TcpStream, scheme: &str, does: Does) -> std::io::Result<()> {
    let mut head = Vec::new();
    if scheme == "ws" {
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
    } else {
        // Reads the whole hello, since closing with unread bytes would reset the connection.
        let mut record = [0; 5];
        stream.read_exact(&mut record)?;
        head.resize(usize::from(u16::from_be_bytes([record[3], record[4]])), 0);
        stream.read_exact(&mut head)?;
    }
    match does {
        Does::Close(first) => {
            stream.write_all(first)?;
            stream.shutdown(Shutdown::Write)?;
        }
        Does::Stop(first) => stream.write_all(first)?,
        Does::Reset(first) => {
            stream.write_all(first)?;
            return Ok(set_socket_linger(&stream, Some(Duration::ZERO))?);
        }
        Does::Repeat(first, piece) => {
            stream.write_all(first)?;
            let pieces = piece.repeat(1000);
            loop {
                stream.write_all(&pieces)?;
            }
        }
    }
    stream.read_to_end(&mut Vec::new()).map(drop)
}

/// Checks that this is the error.
fn judge(told: Told, error: &ConnectError) -> Outcome {
    match (told, error.reason()) {
        (Told::Deadline(phase), ConnectReason::Deadline) => same("phase", &error.phase(), &phase),
        (Told::Response(words), ConnectReason::Response(_)) => {
            let text = error.to_string();
            holds(text.contains(words), || text)
        }
        (Told::Io(kind), ConnectReason::Io(cause)) | (Told::Tls(kind), ConnectReason::Tls(cause)) => {
            same("kind", &cause.kind(), &kind)
        }
        (Told::Refused(status, kept, truncated), ConnectReason::Refused(refused)) => {
            let got = (refused.status(), refused.body.len(), refused.truncated);
            same("refusal", &got, &(status, kept, truncated))
        }
        _ => Err(format!("{error:?}")),
    }
}

fn meet(driver: (&str, Connect), scheme: &'static str, does: Does, told: Told, again: bool) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let url = format!("{scheme}://{}/", listener.local_addr().expect("an address"));
    let server = thread::spawn(move || serve(listener.accept().expect("a client").0, scheme, does));
    let stops = matches!(does, Does::Stop(_));
    let deadline = Duration::from_millis(if stops { 50 } else { 60_000 });
    let options = ClientOptions::new().no_proxy().tls_config(trusting()).deadline(deadline);
    let error = (driver.1)(&url, &options).expect_err("broken");
    // The server ends; how does not matter.
    let _ = server.join().expect("a server");
    let what = driver.0;
    judge(told, &error)
        .and_then(|()| same("worth another attempt", &error.retry().is_worthwhile(), &again))
        .and_then(|()| same("lines", &error.to_string().lines().count(), &1))
        .and_then(|()| same("lines with the report", &format!("{error:#}").lines().count(), &2))
        .and_then(|()| holds(error.report().remote_address.is_some(), || "no address".into()))
        .map_err(|error| format!("{what}: {error}"))
}

#[test]
fn every_one_has_its_error() {
    run(
        "servers",
        &CASES,
        |case| format!("{case:?}"),
        |(scheme, does, told, again)| {
            DRIVERS.into_iter().try_for_each(|driver| meet(driver, scheme, *does, *told, *again))
        },
    );
}

/// There is no server at the address.
#[test]
fn no_server_there() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    for (driver, connect) in DRIVERS {
        for scheme in ["ws", "wss"] {
            let options = ClientOptions::new().no_proxy().tls_config(trusting());
            let error = connect(&format!("{scheme}://{address}/"), &options).expect_err("nobody");
            let ConnectReason::Connect(cause) = error.reason() else { panic!("{driver}: {error:?}") };
            assert_eq!(
                (cause.kind(), error.phase()),
                (ErrorKind::ConnectionRefused, Phase::Connect),
                "{driver}"
            );
            assert!(error.retry().is_worthwhile(), "{driver}: {error}");
        }
    }
}
