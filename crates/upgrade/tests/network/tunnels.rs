//! Tunnels through an HTTP proxy: the request, and the results of its answers (RFC 9110 §9.3.6).

use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use websocket_upgrade::proto::Limits;
use websocket_upgrade::{
    ClientOptions, ClientStream, ConnectError, ConnectReason, OptionsError, Phase, ResponseHead, Retry,
    Upgraded, create_upgrade_request,
};

use crate::certificates::{acceptor, trusting};
use crate::peers::{FRAME, Io, accept, bind, read_head};
use crate::report::same_bytes;

type Connected = Result<Upgraded<ClientStream, ResponseHead>, ConnectError>;

/// Serves one client as a proxy, and then as the server behind it, each with TLS or without. Returns both requests.
async fn proxy(listener: &TcpListener, answer: &str, tls: [bool; 2]) -> [String; 2] {
    let (stream, _) = listener.accept().await.expect("a client");
    let mut stream: Box<dyn Io> = Box::new(stream);
    if tls[0] {
        stream = Box::new(acceptor().accept(stream).await.expect("TLS to the proxy"));
    }
    let to_proxy = read_head(&mut stream).await.expect("a request to the proxy");
    stream.write_all(answer.as_bytes()).await.expect("a client");
    if tls[1] {
        stream = Box::new(acceptor().accept(stream).await.expect("TLS through the proxy"));
    }
    let to_server =
        read_head(&mut stream).await.unwrap_or_else(|| panic!("no request to the server behind {answer:?}"));
    let answer = [accept(&to_server, "").as_bytes(), FRAME].concat();
    stream.write_all(&answer).await.expect("a client");
    stream.shutdown().await.expect("a client");
    [to_proxy, to_server]
}

fn options(proxy: &str) -> ClientOptions {
    ClientOptions::new().proxy(proxy).expect("a proxy").tls_config(trusting())
}

/// The URL, and the host and port that the proxy must connect to. No name is looked up here.
const TARGETS: [(&str, &str); 10] = [
    ("ws://name.invalid/", "name.invalid:80"),
    ("ws://name.invalid:443/", "name.invalid:443"),
    ("ws://NAME.Invalid:8080/Path?query", "name.invalid:8080"),
    ("ws://user:secret@name.invalid", "name.invalid:80"),
    ("ws://192.0.2.1/", "192.0.2.1:80"),
    ("ws://[2001:DB8::1]/", "[2001:db8::1]:80"),
    ("wss://a.example/", "a.example:443"),
    ("wss://a.example:80/", "a.example:80"),
    ("wss://127.0.0.1:1/", "127.0.0.1:1"),
    ("wss://[::1]/", "[::1]:443"),
];

#[tokio::test]
async fn what_a_proxy_is_asked() {
    for (url, target) in TARGETS {
        for scheme in ["http", "https"] {
            for (userinfo, credentials) in [
                ("", None),
                ("user:pass@", Some("user:pass")),
                ("us%65r:p%40ss%2Fw%C3%B6rd@", Some("user:p@ss/w\u{f6}rd")),
                ("user@", Some("user:")),
            ] {
                let (listener, address) = bind().await;
                let options = options(&format!("{scheme}://{userinfo}{address}/ignored"));
                let tls = [scheme == "https", url.starts_with("wss")];
                let serve = proxy(&listener, "HTTP/1.1 200 OK\r\n\r\n", tls);
                let ([to_proxy, to_server], connected) =
                    tokio::join!(serve, create_upgrade_request(url, &options));
                let upgraded = connected.expect(url);
                let credentials = credentials.map(|credentials| {
                    format!("Proxy-Authorization: Basic {}\r\n", BASE64_STANDARD.encode(credentials))
                });
                let credentials = credentials.unwrap_or_default();
                let expected = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{credentials}\r\n");
                same_bytes("to the proxy", to_proxy.as_bytes(), expected.as_bytes()).expect(url);
                assert!(to_server.starts_with("GET /"), "{to_server}");
                assert!(!to_server.to_ascii_lowercase().contains("proxy-"), "{to_server}");
                let report = upgraded.report();
                assert_eq!(report.proxy, Some(format!("{scheme}://{address}")));
                assert_eq!(report.remote_address.map(|address| address.to_string()), Some(address));
                let phases: Vec<_> = report.times.iter().map(|(phase, _)| phase).collect();
                let expected = [Phase::Connect, Phase::Proxy, Phase::Tls, Phase::Handshake];
                assert_eq!(
                    phases,
                    expected.into_iter().filter(|phase| tls[1] || *phase != Phase::Tls).collect::<Vec<_>>()
                );
                assert_eq!(upgraded.get_ref().is_tls(), tls[1]);
                let mut received = Vec::new();
                upgraded.into_stream().read_to_end(&mut received).await.expect("a server");
                assert_eq!(received, FRAME);
            }
        }
    }
}

/// The caller's fields: the options, and what a proxy gets between `Host` and the empty line.
type Own = (fn(ClientOptions) -> Result<ClientOptions, OptionsError>, &'static str);

const OWN: [Own; 5] = [
    (Ok, "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n"),
    (
        |options| options.proxy_header("user-agent", "demo/1.0")?.proxy_header("X-Trace-ID", "a b"),
        "Proxy-Authorization: Basic dXNlcjpwYXNz\r\nUser-Agent: demo/1.0\r\nX-Trace-Id: a b\r\n",
    ),
    (
        |options| {
            options.proxy_header("X-One", "1")?.proxy_header("X-Two", "\u{e9}")?.proxy_header("x-one", "3")
        },
        "Proxy-Authorization: Basic dXNlcjpwYXNz\r\nX-One: 1\r\nX-One: 3\r\nX-Two: \u{e9}\r\n",
    ),
    (
        |options| options.proxy_header("proxy-authorization", "Bearer token"),
        "Proxy-Authorization: Bearer token\r\n",
    ),
    // A proxy does not get fields for the server.
    (
        |options| options.header("User-Agent", "demo/1.0")?.bearer_token("token"),
        "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n",
    ),
];

#[tokio::test]
async fn fields_for_the_proxy() {
    for (give, lines) in OWN {
        let (listener, address) = bind().await;
        let options = give(options(&format!("http://user:pass@{address}"))).expect("options");
        let serve = proxy(&listener, "HTTP/1.1 200 OK\r\n\r\n", [false, false]);
        let ([to_proxy, to_server], connected) =
            tokio::join!(serve, create_upgrade_request("ws://name.invalid/", &options));
        connected.expect("accepted");
        let target = "name.invalid:80";
        let expected = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{lines}\r\n");
        same_bytes("to the proxy", to_proxy.as_bytes(), expected.as_bytes()).expect("the fields");
        assert!(!to_server.contains("Proxy-") && !to_server.contains("X-"), "{to_server}");
    }
}

#[test]
fn fields_that_no_proxy_gets() {
    for (name, value) in [
        ("Host", "s-x"),
        ("Content-Length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "s-x"),
        ("Upgrade", "s-x"),
        ("Sec-WebSocket-Key", "s-x"),
        ("", "s-x"),
        ("a b", "s-x"),
        ("X", "s-x\r\nY: z"),
        ("X", "s-x\0"),
    ] {
        let error = ClientOptions::new().proxy_header(name, value).expect_err(name).to_string();
        assert!(!error.contains("s-x"), "{error}");
    }
}

/// Answers that open the tunnel, whatever their fields say about a body.
const WAYS: [&str; 9] = [
    "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.0 200 Connection established\r\n\r\n",
    "HTTP/1.1 200\r\n\r\n",
    "HTTP/1.1 201 Created\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 299 So\r\nVia: 1.1 proxy\r\nX: y\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
];

#[tokio::test]
async fn every_success_opens_the_way() {
    for answer in WAYS {
        for url in ["ws://name.invalid/", "wss://a.example/"] {
            let (listener, address) = bind().await;
            let options = options(&format!("http://{address}"));
            let serve = proxy(&listener, answer, [false, url.starts_with("wss")]);
            let (_, connected) = tokio::join!(serve, create_upgrade_request(url, &options));
            let upgraded = connected.unwrap_or_else(|error| panic!("{answer:?}: {error}"));
            assert_eq!(upgraded.head.status(), 101, "{answer:?}");
        }
    }
}

/// The server has already sent data, in the same segment as the proxy's answer.
#[tokio::test]
async fn bytes_behind_the_answer_are_the_servers() {
    const EARLY: &str = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    for answer in WAYS {
        let (listener, address) = bind().await;
        let options = options(&format!("http://{address}"));
        let answer = format!("{answer}{EARLY}");
        let serve = proxy(&listener, &answer, [false, false]);
        let (_, connected) = tokio::join!(serve, create_upgrade_request("ws://name.invalid/", &options));
        let upgraded = connected.unwrap_or_else(|error| panic!("{answer:?}: {error}"));
        let early: Vec<_> = upgraded.interim.iter().map(ResponseHead::as_bytes).collect();
        assert_eq!(early, [EARLY.as_bytes()], "{answer:?}");
        let mut received = Vec::new();
        upgraded.into_stream().read_to_end(&mut received).await.expect("a server");
        assert_eq!(received, FRAME);
    }
}

/// Runs a proxy that answers like this, and then closes or stays.
async fn answered(answer: &[u8], closes: bool, options: ClientOptions) -> (String, Connected) {
    let (listener, address) = bind().await;
    let options = options.proxy(&format!("http://user:s-password@{address}")).expect("a proxy");
    let (done, wait) = tokio::sync::oneshot::channel::<()>();
    let serve = async {
        let (mut stream, _) = listener.accept().await.expect("a client");
        read_head(&mut stream).await.expect("a request");
        // A client that has read enough leaves.
        let _ = stream.write_all(answer).await;
        if closes {
            let _ = stream.shutdown().await;
        }
        wait.await.expect("the client's end");
    };
    let connect = async {
        let connected = create_upgrade_request("ws://name.invalid/", &options).await;
        done.send(()).expect("the proxy");
        connected
    };
    let ((), connected) = tokio::join!(serve, connect);
    (address, connected)
}

/// Statuses, and whether a retry makes sense.
const REFUSALS: [(u16, bool); 13] = [
    (300, false),
    (302, false),
    (400, false),
    (401, false),
    (403, false),
    (404, false),
    (407, false),
    (426, false),
    (429, true),
    (500, false),
    (502, true),
    (503, true),
    (504, true),
];

#[tokio::test]
async fn a_refusal_is_the_proxys() {
    for (status, again) in REFUSALS {
        let answer = format!(
            "HTTP/1.1 {status} No\r\nLocation: http://127.0.0.1:1/\r\nRetry-After: 7\r\n\
            Proxy-Authenticate: Basic\r\nContent-Length: 9\r\n\r\nno\x1b[2J\nway"
        );
        // Options for a server's answer have no effect on a proxy's.
        let options =
            ClientOptions::new().redirects(5).on_unauthorized(|_| async { panic!("no server asks") });
        let (address, connected) = answered(answer.as_bytes(), false, options).await;
        let error = connected.expect_err("refused");
        let ConnectReason::ProxyRefused(refused) = error.reason() else { panic!("{error:?}") };
        assert_eq!(
            (refused.status(), &refused.body[..], refused.truncated),
            (status, &b"no\x1b[2J\nway"[..9], false)
        );
        assert_eq!(refused.head.field("proxy-authenticate"), Some(&b"Basic"[..]));
        assert_eq!(
            (error.phase(), error.report().proxy.clone()),
            (Phase::Proxy, Some(format!("http://{address}")))
        );
        let after = Some(Duration::from_secs(7));
        assert_eq!(error.retry(), if again { Retry::Later { after } } else { Retry::Never }, "{status}");
        let text = format!("{error}\n{error:?}");
        assert!(
            text.starts_with(&format!("the proxy refused with status {status}: no\\u{{1b}}[2J")),
            "{text}"
        );
        assert!(!text.contains("s-password"), "{text}");
    }
}

/// The bytes after the head of a refusal, whether the proxy closes, what is kept, and whether it is truncated.
const BODIES: [(&str, &str, bool, &str, bool); 8] = [
    ("Content-Length: 5\r\n", "12345", false, "12345", false),
    ("Content-Length: 5\r\n", "12345678", false, "12345", false),
    ("Content-Length: 20\r\n", "12345678901234567890", false, "1234567890", true),
    ("Content-Length: 9\r\n", "12345", true, "12345", true),
    ("Transfer-Encoding: chunked\r\n", "3\r\n123\r\n2\r\n45\r\n0\r\n\r\n", false, "12345", false),
    ("Transfer-Encoding: chunked\r\n", "3\r\n123\r\n2\r\n4", true, "1234", true),
    ("", "12345", true, "12345", false),
    ("Content-Length: 9\r\n", "12345", false, "12345", true),
];

#[tokio::test]
async fn a_refusals_body_is_kept_within_its_limit() {
    let mut limits = Limits::new();
    limits.refusal_body = 10;
    for (lines, body, closes, kept, truncated) in BODIES {
        let options = ClientOptions::new().limits(limits);
        // Only the deadline shows that nothing more comes.
        let waits = truncated && !closes && kept.len() < 10;
        let time = Duration::from_millis(if waits { 100 } else { 60_000 });
        let answer = format!("HTTP/1.1 403 No\r\n{lines}\r\n{body}");
        let options = options.phase_deadline(Phase::Proxy, time).deadline(Duration::from_secs(60));
        let (_, connected) = answered(answer.as_bytes(), closes, options).await;
        let error = connected.expect_err("refused");
        let ConnectReason::ProxyRefused(refused) = error.reason() else { panic!("{answer:?}: {error:?}") };
        let body = String::from_utf8_lossy(&refused.body);
        assert_eq!((&*body, refused.truncated), (kept, truncated), "{answer:?}");
    }
}
