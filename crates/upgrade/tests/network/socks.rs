//! Tunnels through a SOCKS proxy, byte by byte (RFC 1928, RFC 1929; SOCKS 4A).

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use websocket_upgrade::{ClientOptions, ConnectReason, Phase, ResponseHead, create_upgrade_request};

use crate::certificates::{acceptor, trusting};
use crate::peers::{FRAME, Io, accept, bind, read_head};
use crate::report::{run, same, same_bytes};

/// What the client sends, and the answer to it.
type Step = (&'static [u8], &'static [u8]);

const NO_CREDENTIALS: Step = (b"\x05\x01\x00", b"\x05\x00");
const CREDENTIALS: Step = (b"\x05\x01\x02", b"\x05\x02");
const WELCOME: Step = (b"\x01\x04user\x06p@ss:w", b"\x01\x00");
const OPEN: &[u8] = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x1f\x90";

/// Scheme and user information, the URL, and the dialogue until the tunnel is open. No name is looked up here.
const TALKS: [(&str, &str, &[Step]); 11] = [
    (
        "socks5://",
        "ws://name.invalid/",
        &[NO_CREDENTIALS, (b"\x05\x01\x00\x03\x0cname.invalid\x00\x50", OPEN)],
    ),
    (
        "socks5h://",
        "ws://name.invalid/",
        &[NO_CREDENTIALS, (b"\x05\x01\x00\x03\x0cname.invalid\x00\x50", OPEN)],
    ),
    ("socks5://", "wss://a.example/", &[NO_CREDENTIALS, (b"\x05\x01\x00\x03\x09a.example\x01\xbb", OPEN)]),
    (
        "socks5://",
        "ws://192.0.2.1:443/",
        &[NO_CREDENTIALS, (b"\x05\x01\x00\x01\xc0\x00\x02\x01\x01\xbb", OPEN)],
    ),
    (
        "socks5://",
        "wss://[::1]/",
        &[NO_CREDENTIALS, (b"\x05\x01\x00\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01\xbb", OPEN)],
    ),
    (
        "socks5://user:p%40ss%3Aw@",
        "ws://name.invalid/",
        &[CREDENTIALS, WELCOME, (b"\x05\x01\x00\x03\x0cname.invalid\x00\x50", OPEN)],
    ),
    (
        "socks5h://user@",
        "ws://name.invalid:1/",
        &[
            CREDENTIALS,
            (b"\x01\x04user\x00", b"\x01\x00"),
            (b"\x05\x01\x00\x03\x0cname.invalid\x00\x01", OPEN),
        ],
    ),
    // The bound address in the answer may be a name, or an IPv6 address.
    (
        "socks5://",
        "ws://name.invalid/",
        &[
            NO_CREDENTIALS,
            (b"\x05\x01\x00\x03\x0cname.invalid\x00\x50", b"\x05\x00\x00\x03\x05proxy\x00\x00"),
        ],
    ),
    (
        "socks4://",
        "ws://name.invalid/",
        &[(b"\x04\x01\x00\x50\x00\x00\x00\xff\x00name.invalid\x00", b"\x00\x5a\0\0\0\0\0\0")],
    ),
    (
        "socks4a://",
        "wss://a.example/",
        &[(b"\x04\x01\x01\xbb\x00\x00\x00\xff\x00a.example\x00", b"\x00\x5a\0\0\0\0\0\0")],
    ),
    ("socks4a://", "ws://192.0.2.1/", &[(b"\x04\x01\x00\x50\xc0\x00\x02\x01\x00", b"\x00\x5a\0\0\0\0\0\0")]),
];

/// Runs the proxy's side of a dialogue.
async fn talk(stream: &mut (impl Io + ?Sized), steps: &[(&[u8], &[u8])]) {
    for (expected, answer) in steps {
        let mut heard = vec![0; expected.len()];
        stream.read_exact(&mut heard).await.expect("a client");
        same_bytes("to the proxy", &heard, expected).expect("the talk");
        stream.write_all(answer).await.expect("a client");
    }
}

async fn serve(listener: &TcpListener, steps: &[Step], tls: bool) {
    let (stream, _) = listener.accept().await.expect("a client");
    let mut stream: Box<dyn Io> = Box::new(stream);
    talk(&mut *stream, steps).await;
    if tls {
        stream = Box::new(acceptor().accept(stream).await.expect("TLS through the proxy"));
    }
    let head = read_head(&mut stream).await.expect("a request");
    stream.write_all(&[accept(&head, "").as_bytes(), FRAME].concat()).await.expect("a client");
    stream.shutdown().await.expect("a client");
}

#[tokio::test]
async fn what_a_proxy_is_asked() {
    for (scheme, url, steps) in TALKS {
        let (listener, address) = bind().await;
        let options = ClientOptions::new().proxy(&format!("{scheme}{address}")).expect("a proxy");
        let options = options.tls_config(trusting());
        let serve = serve(&listener, steps, url.starts_with("wss"));
        let ((), connected) = tokio::join!(serve, create_upgrade_request(url, &options));
        let upgraded = connected.unwrap_or_else(|error| panic!("{scheme} {url}: {error}"));
        let proxy = upgraded.report().proxy.clone().expect("a proxy");
        let bare = scheme.split("//").next().expect("a scheme");
        assert_eq!(proxy, format!("{bare}//{address}"), "{scheme} {url}");
        let mut received = Vec::new();
        upgraded.into_stream().read_to_end(&mut received).await.expect("a server");
        assert_eq!(received, FRAME);
    }
}

/// The server has already sent data, in the same segment as the proxy's answer.
#[tokio::test]
async fn bytes_behind_the_answer_are_the_servers() {
    const EARLY: &[u8] = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    for (scheme, url, steps) in TALKS {
        if url.starts_with("wss") {
            continue;
        }
        let (listener, address) = bind().await;
        let options = ClientOptions::new().proxy(&format!("{scheme}{address}")).expect("a proxy");
        let serve = async {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let [before @ .., (asked, answer)] = steps else { panic!("a talk") };
            talk(&mut stream, before).await;
            talk(&mut stream, &[(*asked, &*[*answer, EARLY].concat())]).await;
            let head = read_head(&mut stream).await.expect("a request");
            stream.write_all(&[accept(&head, "").as_bytes(), FRAME].concat()).await.expect("a client");
            stream.shutdown().await.expect("a client");
        };
        let ((), connected) = tokio::join!(serve, create_upgrade_request(url, &options));
        let upgraded = connected.unwrap_or_else(|error| panic!("{scheme} {url}: {error}"));
        let early: Vec<_> = upgraded.interim.iter().map(ResponseHead::as_bytes).collect();
        assert_eq!(early, [EARLY], "{scheme} {url}");
        let mut received = Vec::new();
        upgraded.into_stream().read_to_end(&mut received).await.expect("a server");
        assert_eq!(received, FRAME);
    }
}

const PLEASE: &[u8] = b"\x05\x01\x00\x03\x0cname.invalid\x00\x50";
const PLEASE4: &[u8] = b"\x04\x01\x00\x50\x00\x00\x00\xff\x00name.invalid\x00";

/// Scheme and user information, the dialogue, the kind of the error, and words in its text.
type Refusal = (&'static str, &'static [Step], ErrorKind, &'static str);

const REFUSALS: [Refusal; 16] = [
    (
        "socks5://",
        &[(b"\x05\x01\x00", b"\x05\xff")],
        ErrorKind::PermissionDenied,
        "the proxy wants credentials",
    ),
    (
        "socks5://user:p%40ss%3Aw@",
        &[(b"\x05\x01\x02", b"\x05\xff")],
        ErrorKind::PermissionDenied,
        "does not support",
    ),
    (
        "socks5://user:p%40ss%3Aw@",
        &[CREDENTIALS, (WELCOME.0, b"\x01\x01")],
        ErrorKind::PermissionDenied,
        "not accepted",
    ),
    ("socks5://", &[(b"\x05\x01\x00", b"\x05\x02")], ErrorKind::PermissionDenied, "authentication"),
    (
        "socks5://",
        &[NO_CREDENTIALS, (PLEASE, b"\x05\x01\x00\x01\0\0\0\0\0\0")],
        ErrorKind::HostUnreachable,
        "general server failure",
    ),
    (
        "socks5://",
        &[NO_CREDENTIALS, (PLEASE, b"\x05\x02\x00\x01\0\0\0\0\0\0")],
        ErrorKind::PermissionDenied,
        "not allowed",
    ),
    (
        "socks5://",
        &[NO_CREDENTIALS, (PLEASE, b"\x05\x03\x00\x01\0\0\0\0\0\0")],
        ErrorKind::HostUnreachable,
        "network unreachable",
    ),
    (
        "socks5://",
        &[NO_CREDENTIALS, (PLEASE, b"\x05\x04\x00\x01\0\0\0\0\0\0")],
        ErrorKind::HostUnreachable,
        "host unreachable",
    ),
    (
        "socks5://",
        &[NO_CREDENTIALS, (PLEASE, b"\x05\x05\x00\x01\0\0\0\0\0\0")],
        ErrorKind::HostUnreachable,
        "connection refused",
    ),
    (
        "socks5://",
        &[NO_CREDENTIALS, (PLEASE, b"\x05\x06\x00\x01\0\0\0\0\0\0")],
        ErrorKind::HostUnreachable,
        "ttl expired",
    ),
    (
        "socks5://",
        &[NO_CREDENTIALS, (PLEASE, b"\x05\x07\x00\x01\0\0\0\0\0\0")],
        ErrorKind::PermissionDenied,
        "not supported",
    ),
    (
        "socks5://",
        &[NO_CREDENTIALS, (PLEASE, b"\x05\x08\x00\x01\0\0\0\0\0\0")],
        ErrorKind::PermissionDenied,
        "not supported",
    ),
    (
        "socks5://",
        &[NO_CREDENTIALS, (PLEASE, b"\x05\x77\x00\x01\0\0\0\0\0\0")],
        ErrorKind::InvalidData,
        "parsing",
    ),
    ("socks4://", &[(PLEASE4, b"\x00\x5b\0\0\0\0\0\0")], ErrorKind::HostUnreachable, "failed to execute"),
    ("socks4a://", &[(PLEASE4, b"\x00\x5c\0\0\0\0\0\0")], ErrorKind::PermissionDenied, "ident"),
    ("socks4a://", &[(PLEASE4, b"\x00\x5d\0\0\0\0\0\0")], ErrorKind::PermissionDenied, "ident"),
];

#[test]
fn what_a_proxy_refuses() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    run(
        "refusals",
        &REFUSALS,
        |case| format!("{} {:?}", case.0, case.1),
        |(scheme, steps, kind, words)| {
            let error = runtime.block_on(async {
                let (listener, address) = bind().await;
                let options = ClientOptions::new().proxy(&format!("{scheme}{address}")).expect("a proxy");
                let serve = async {
                    let (mut stream, _) = listener.accept().await.expect("a client");
                    talk(&mut stream, steps).await;
                    // The client sends nothing else, and leaves; it may have unread bytes.
                    let mut rest = Vec::new();
                    let _ = stream.read_to_end(&mut rest).await;
                    assert!(rest.is_empty(), "{}", rest.escape_ascii());
                };
                let ((), connected) =
                    tokio::join!(serve, create_upgrade_request("ws://name.invalid/", &options));
                connected.expect_err("refused")
            });
            let ConnectReason::Proxy(cause) = error.reason() else { return Err(format!("{error:?}")) };
            same("kind", &cause.kind(), kind)?;
            same("phase", &error.phase(), &Phase::Proxy)?;
            same(
                "worth another attempt",
                &error.retry().is_worthwhile(),
                &(*kind == ErrorKind::HostUnreachable),
            )?;
            let text = error.to_string();
            same("words", &text.contains(words), &true).map_err(|_| text.clone())?;
            same("secrets", &format!("{text}{error:?}").contains("p@ss"), &false)
        },
    );
}

/// Requests that such a proxy can't be sent.
#[tokio::test]
async fn what_does_not_fit() {
    let long = format!("ws://{}.invalid/", "x".repeat(300));
    for (scheme, url) in [("socks4a://", "ws://[2001:db8::1]/"), ("socks5://user:password@", &*long)] {
        let (listener, address) = bind().await;
        let options = ClientOptions::new().proxy(&format!("{scheme}{address}")).expect("a proxy");
        let serve = async {
            let (mut stream, _) = listener.accept().await.expect("a client");
            stream.write_all(b"\x05\x02").await.expect("a client");
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        };
        let ((), connected) = tokio::join!(serve, create_upgrade_request(url, &options));
        let error = connected.expect_err("too long");
        assert!(matches!(error.reason(), ConnectReason::Proxy(_)), "{error:?}");
        assert!(!error.retry().is_worthwhile(), "{error}");
        assert!(!format!("{error}{error:?}").contains("password"), "{error}");
    }
}
