//! Proxies that break the protocol: each kind has its own error, ends by the deadline, and uses bounded memory.

use std::io::ErrorKind;
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};
use websocket_upgrade::proto::Limits;
use websocket_upgrade::{ClientOptions, ConnectError, ConnectReason, Phase, create_upgrade_request};

use crate::certificates::{acceptor, trusting};
use crate::peers::{bind, read_head};

/// What a proxy does with its client, after the request if it speaks HTTP.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    /// It sends this, and closes.
    Close(&'static [u8]),
    /// It sends this, and resets the connection.
    Reset(&'static [u8]),
    /// It sends this, and nothing more.
    Stop(&'static [u8]),
    /// It sends the first text, and then the second one for ever.
    Repeat(&'static [u8], &'static [u8]),
    /// It sends this for ever, a byte a second.
    Drip(&'static [u8]),
}

/// The expected kind of error; `None` is the deadline.
const DEADLINE: Option<ErrorKind> = None;

/// The proxy's scheme, what it does, the error, and whether a retry makes sense.
const CASES: [(&str, Does, Option<ErrorKind>, bool); 32] = [
    ("http", Does::Stop(b""), DEADLINE, true),
    ("http", Does::Stop(b"HTTP/1.1 200 O"), DEADLINE, true),
    ("http", Does::Stop(b"HTTP/1.1 100 Continue\r\n\r\n"), DEADLINE, true),
    ("http", Does::Drip(b"HTTP/1.1 200 OK\r\nX: yyyyyyyyyyyy"), DEADLINE, true),
    ("http", Does::Repeat(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), Some(ErrorKind::InvalidData), false),
    ("http", Does::Repeat(b"HTTP/1.1 200 OK\r\nX: ", b"y"), Some(ErrorKind::InvalidData), false),
    ("http", Does::Repeat(b"HTTP/1.1 200 ", b"O"), Some(ErrorKind::InvalidData), false),
    ("http", Does::Repeat(b"", b"x"), Some(ErrorKind::InvalidData), false),
    ("http", Does::Repeat(b"", b"\x00"), Some(ErrorKind::InvalidData), false),
    ("http", Does::Close(b""), Some(ErrorKind::UnexpectedEof), true),
    ("http", Does::Close(b"HTTP/1.1 200 OK\r\n"), Some(ErrorKind::UnexpectedEof), true),
    ("http", Does::Close(b"HTTP/1.1 100 Continue\r\n\r\n"), Some(ErrorKind::UnexpectedEof), true),
    ("http", Does::Close(b"SSH-2.0-OpenSSH\r\n"), Some(ErrorKind::InvalidData), false),
    ("http", Does::Close(b"HTTP/2 200 OK\r\n\r\n"), Some(ErrorKind::InvalidData), false),
    ("http", Does::Close(b"\x05\xff"), Some(ErrorKind::InvalidData), false),
    ("http", Does::Reset(b""), Some(ErrorKind::ConnectionReset), true),
    ("http", Does::Reset(b"HTTP/1.1 200 OK\r\n"), Some(ErrorKind::ConnectionReset), true),
    ("https", Does::Stop(b""), DEADLINE, true),
    ("https", Does::Stop(b"\x16\x03\x03"), DEADLINE, true),
    ("https", Does::Close(b""), Some(ErrorKind::UnexpectedEof), true),
    ("https", Does::Close(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Some(ErrorKind::InvalidData), false),
    ("https", Does::Reset(b""), Some(ErrorKind::ConnectionReset), true),
    ("socks5", Does::Stop(b""), DEADLINE, true),
    ("socks5", Does::Stop(b"\x05\x00"), DEADLINE, true),
    ("socks5", Does::Drip(b"\x05\x00\x05\x00\x00\x03\x09localhost\x00"), DEADLINE, true),
    ("socks5", Does::Close(b""), Some(ErrorKind::UnexpectedEof), true),
    ("socks5", Does::Close(b"\x05\x00\x05\x00"), Some(ErrorKind::UnexpectedEof), true),
    ("socks5", Does::Repeat(b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"), Some(ErrorKind::InvalidData), false),
    ("socks5", Does::Reset(b""), Some(ErrorKind::ConnectionReset), true),
    ("socks4", Does::Stop(b"\x00"), DEADLINE, true),
    ("socks4", Does::Close(b"\x00\x5a"), Some(ErrorKind::UnexpectedEof), true),
    ("socks4", Does::Repeat(b"", b"\x04"), Some(ErrorKind::InvalidData), false),
];

/// The maximum bytes that a proxy can send: the limit of a head, and the buffers of the system.
const MOST: usize = 16 << 20;

/// Returns how many bytes the proxy could send.
async fn serve(mut stream: TcpStream, scheme: &str, does: Does) -> usize {
    if scheme == "http" {
        read_head(&mut stream).await.expect("a request");
    } else {
        // The client speaks first.
        stream.readable().await.expect("a client");
    }
    let (first, piece) = match does {
        Does::Close(first) | Does::Reset(first) | Does::Stop(first) => (first, &b""[..]),
        Does::Repeat(first, piece) => (first, piece),
        Does::Drip(bytes) => {
            for byte in bytes.chunks(1) {
                sleep(Duration::from_secs(1)).await;
                if stream.write_all(byte).await.is_err() {
                    break;
                }
            }
            (&b""[..], &b""[..])
        }
    };
    let mut written = first.len();
    stream.write_all(first).await.expect("a client");
    match does {
        Does::Close(_) => {
            // Closing with unread bytes would reset the connection.
            stream.shutdown().await.expect("a client");
        }
        Does::Reset(_) => {
            set_socket_linger(&stream, Some(Duration::ZERO)).expect("a socket");
            return written;
        }
        Does::Repeat(..) => {
            let pieces = piece.repeat(1000);
            while stream.write_all(&pieces).await.is_ok() {
                written += pieces.len();
                tokio::task::yield_now().await;
            }
            return written;
        }
        Does::Stop(_) | Does::Drip(_) => {}
    }
    // Reads up to the client's end, of any kind.
    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    written
}

async fn through(scheme: &str, does: Does, options: ClientOptions) -> (ConnectError, usize) {
    let (listener, address) = bind().await;
    let options = options.proxy(&format!("{scheme}://{address}")).expect("a proxy");
    let proxy = async { serve(listener.accept().await.expect("a client").0, scheme, does).await };
    let (written, connected) = tokio::join!(proxy, create_upgrade_request("ws://name.invalid/", &options));
    (connected.expect_err("no way"), written)
}

/// The clock advances by itself while nothing else happens.
#[tokio::test(start_paused = true)]
async fn every_one_has_its_error() {
    for (scheme, does, expected, again) in CASES {
        let start = Instant::now();
        let options = ClientOptions::new().phase_deadline(Phase::Proxy, Duration::from_secs(7));
        let (error, written) = through(scheme, does, options.tls_config(trusting())).await;
        let what = format!("{scheme}, {does:?}: {error}");
        match (expected, error.reason()) {
            (Some(kind), ConnectReason::Proxy(cause)) => assert_eq!(cause.kind(), kind, "{what}"),
            (None, ConnectReason::Deadline) => assert!(start.elapsed() >= Duration::from_secs(7), "{what}"),
            _ => panic!("{what}"),
        }
        assert_eq!((error.phase(), error.retry().is_worthwhile()), (Phase::Proxy, again), "{what}");
        assert!(error.report().proxy.is_some() && error.report().remote_address.is_some(), "{what}");
        assert!(written <= MOST, "{what}: {written}");
        assert_eq!(error.to_string().lines().count(), 1, "{what}");
        assert_eq!(format!("{error:#}").lines().count(), 2, "{what}");
    }
}

const INTERIM: &[u8] = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";

/// If the limit allows any number of them, the deadline ends them, here in real time.
#[tokio::test]
async fn interim_responses_for_ever() {
    let mut limits = Limits::new();
    limits.interim = usize::MAX;
    let options =
        ClientOptions::new().limits(limits).phase_deadline(Phase::Proxy, Duration::from_millis(100));
    let (error, _) = through("http", Does::Repeat(b"", INTERIM), options).await;
    assert!(matches!(error.reason(), ConnectReason::Deadline), "{error:?}");
    assert_eq!(error.phase(), Phase::Proxy);
}

/// As many as the limit allows, and one more.
#[tokio::test]
async fn interim_responses_up_to_the_limit() {
    let refusal = b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n";
    for most in [0, 1, 8] {
        let mut limits = Limits::new();
        limits.interim = most;
        for (count, fits) in [(most, true), (most + 1, false)] {
            let says = [&INTERIM.repeat(count)[..], refusal].concat().leak();
            let (error, _) = through("http", Does::Stop(says), ClientOptions::new().limits(limits)).await;
            match error.reason() {
                ConnectReason::ProxyRefused(_) if fits => {}
                ConnectReason::Proxy(_) if !fits => {
                    let text = error.to_string();
                    assert!(text.contains(&format!("more than the limit `interim` of {most}")), "{text}");
                    assert_eq!((error.phase(), error.retry().is_worthwhile()), (Phase::Proxy, false));
                }
                _ => panic!("{count} of {most}: {error}"),
            }
        }
    }
}

/// A proxy's refusal is reported when its body has ended, is cut at the limit, or has paused.
#[tokio::test]
async fn a_refusal_whose_body_never_ends() {
    const LONG: Duration = Duration::from_secs(60);
    // The framing of the body, what is sent of it, the limit, what is kept, and whether there is a pause.
    type Case = (&'static [u8], usize, &'static [u8], bool, bool);
    let cases: [Case; 8] = [
        (b"Content-Length: 2\r\n\r\nno", 10, b"no", false, false),
        (b"Content-Length: 99\r\n\r\nno", 10, b"no", true, true),
        (b"Content-Length: 99\r\n\r\nno", 2, b"no", true, false),
        (b"Content-Length: 99\r\n\r\n", 0, b"", true, false),
        (b"Content-Length: 0\r\n\r\n", 0, b"", false, false),
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\nno\r\n", 10, b"no", true, true),
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\nno\r\n", 1, b"n", true, false),
        (b"\r\nno", 10, b"no", true, true),
    ];
    for (rest, limit, kept, truncated, pause) in cases {
        let mut limits = Limits::new();
        limits.refusal_body = limit;
        let says = [b"HTTP/1.1 403 No\r\n", rest].concat().leak();
        let idle = if pause { Duration::from_millis(20) } else { LONG };
        let options = ClientOptions::new().limits(limits).deadline(LONG).refusal_body_idle(idle);
        let start = Instant::now();
        let (error, _) = through("http", Does::Stop(says), options).await;
        let what = format!("{}, {limit}: {error}", rest.escape_ascii());
        let ConnectReason::ProxyRefused(refused) = error.reason() else { panic!("{what}") };
        assert_eq!((&refused.body[..], refused.truncated), (kept, truncated), "{what}");
        assert!(start.elapsed() < LONG / 2, "{what}");
    }
}

/// TLS to a proxy is verified like TLS to a host. Here, the certificate is for another name.
#[tokio::test]
async fn a_certificate_of_another() {
    let (listener, address) = bind().await;
    let proxy = format!("https://{}", address.replace("127.0.0.1", "localhost"));
    let options = ClientOptions::new().proxy(&proxy).expect("a proxy").tls_config(trusting());
    let serve = async {
        let (stream, _) = listener.accept().await.expect("a client");
        acceptor().accept(stream).await.is_err()
    };
    let (failed, connected) = tokio::join!(serve, create_upgrade_request("ws://name.invalid/", &options));
    let error = connected.expect_err("another name");
    assert!(failed, "the proxy hears of it");
    assert!(matches!(error.reason(), ConnectReason::Proxy(_)), "{error:?}");
    assert_eq!((error.phase(), error.retry().is_worthwhile()), (Phase::Proxy, false));
    assert!(format!("{error:#}").contains("certificate"), "{error}");
    assert_eq!(error.report().proxy, Some(proxy));
}

/// There is no proxy at the address.
#[tokio::test]
async fn no_proxy_there() {
    let (listener, address) = bind().await;
    drop(listener);
    for scheme in ["http", "https", "socks4", "socks4a", "socks5", "socks5h"] {
        let userinfo = if scheme.starts_with("socks4") { "" } else { "user:s-p@" };
        let options =
            ClientOptions::new().proxy(&format!("{scheme}://{userinfo}{address}")).expect("a proxy");
        let options = options.tls_config(trusting());
        let error = create_upgrade_request("ws://name.invalid/", &options).await.expect_err("nobody");
        let ConnectReason::Connect(cause) = error.reason() else { panic!("{error:?}") };
        assert_eq!((cause.kind(), error.phase()), (ErrorKind::ConnectionRefused, Phase::Connect), "{scheme}");
        assert_eq!(error.report().proxy, Some(format!("{scheme}://{address}")));
        let text = format!("could not connect: the proxy {scheme}://{address} can't be reached: ");
        assert_eq!(error.to_string(), format!("{text}connection refused"));
        let whole = format!("{error:#}");
        assert!(whole.starts_with(&format!("{text}Connection refused")) && !whole.contains("s-p"), "{whole}");
    }
}

#[test]
fn what_is_no_proxy() {
    for url in [
        "",
        "127.0.0.1",
        "127.0.0.1:3128",
        "localhost",
        "http://",
        "http:///",
        "http://:3128",
        "ftp://a.example",
        "ws://a.example",
        "socks://a.example",
        "socks6://a.example",
        "http://a b/",
        "http://a.example:99999",
        "http://user:s-p@ss@a.example:x",
        "http://user:s-p@ss@a.example",
        "socks5://s-p@ss@a.example",
        "http://a%41.example",
        "http://a.example:-1",
        "nonsense://",
        "http://[::1",
        "http://\u{e9}.example",
    ] {
        let error = ClientOptions::new().proxy(url).expect_err(url).to_string();
        assert!(error.starts_with("proxy: not a URL") && !error.contains("s-p"), "{url}: {error}");
    }
    // These would otherwise be dropped silently.
    for url in ["socks4://user:s-p@a.example", "socks4a://user@a.example", "socks4://:s-p@a.example"] {
        let error = ClientOptions::new().proxy(url).expect_err(url).to_string();
        assert!(error.starts_with("proxy: SOCKS 4 has no password") && !error.contains("s-p"), "{error}");
    }
    let url = format!("socks5://user:{}@a.example", "x".repeat(256));
    let error = ClientOptions::new().proxy(&url).expect_err("too long").to_string();
    assert!(error.starts_with("proxy: SOCKS 5") && !error.contains("xx"), "{error}");
}
