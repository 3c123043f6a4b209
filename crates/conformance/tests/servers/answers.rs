//! What the suite says about answers that are wrong: each is sent by a server that answers nothing else.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use websocket_upgrade_conformance::key::accept_value;
use websocket_upgrade_conformance::report::CaseResult;
use websocket_upgrade_conformance::server::ServerSuite;
use websocket_upgrade_conformance::wire::Bounds;

const GOOD: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Accept: {accept}\r\n\r\n";

/// A case, what every request is answered with, and what the suite says about it. Nothing: the case passes.
const ANSWERS: &[(&str, &str, Option<&str>)] = &[
    ("server/request-line/good", "", Some("no answer, but the end of the connection")),
    ("server/request-line/good", "SSH-2.0-x\r\n\r\n", Some("bytes that are no response")),
    (
        "server/request-line/good",
        "HTTP/1.1 101 Switch",
        Some("no whole head of a response, but \"HTTP/1.1 101 Switch\""),
    ),
    ("server/request-line/good", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Some("a 200 response")),
    (
        "server/request-line/good",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        Some("a 101 that breaks response/upgrade"),
    ),
    (
        "server/request-line/good",
        GOOD,
        Some("a 101, and then the end of the connection, in place of the echo"),
    ),
    (
        "server/request-line/good",
        "{good}\u{81}\u{2}hi",
        Some("a text message of 2 bytes, \"hi\", in place of the echo"),
    ),
    ("server/request-line/good", "{good}HTTP/1.1 200 OK\r\n\r\n", Some("a 101, and then a control frame")),
    ("server/key/missing", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Some("a 200 response")),
    (
        "server/key/missing",
        "{interim}HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n",
        Some("more than 50 interim responses"),
    ),
    ("server/key/missing", "HTTP/1.1 400 Bad\r\nX: {long}", Some("a head of more than 65536 bytes")),
    (
        "server/request-line/good",
        "{good}{pongs}",
        Some("a 101, and then the end of the connection, in place of the echo"),
    ),
    ("server/key/missing", "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", None),
    (
        "server/key/missing",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n",
        None,
    ),
    (
        "server/key/missing",
        "HTTP/1.1 400 Bad\r\nContent-Length: 5\r\n\r\nhel",
        Some("a body of 5 bytes, of which 3"),
    ),
    (
        "server/key/missing",
        "HTTP/1.1 400 Bad\r\nContent-Length: 3\r\n\r\nhello",
        Some("a 400 response, and behind it \"lo\""),
    ),
    ("server/key/missing", "HTTP/1.1 400 Bad\r\nConnection: close\r\n\r\nhello", None),
    (
        "server/key/missing",
        "HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
        None,
    ),
    (
        "server/key/missing",
        "HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n",
        Some("a chunk that does not end where its size says"),
    ),
    (
        "server/key/missing",
        "HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        Some("a chunk whose size is no number"),
    ),
    (
        "server/key/missing",
        "HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        Some("the trailer of a body in chunks"),
    ),
    (
        "server/version/14",
        "HTTP/1.1 426 Upgrade\r\nContent-Length: 0\r\n\r\n",
        Some("without \"Sec-WebSocket-Version: 13\""),
    ),
    (
        "server/version/14",
        "HTTP/1.1 426 Upgrade\r\nSec-WebSocket-Version: 8, 13\r\nContent-Length: 0\r\n\r\n",
        None,
    ),
    ("server/host/missing", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", Some("a 404 response")),
    (
        "server/refusal/of-post",
        "HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n",
        Some("breaks refusal/allow-405"),
    ),
    ("server/refusal/of-post", "HTTP/1.1 405 No\r\nAllow: GET\r\nContent-Length: 0\r\n\r\n", None),
    ("server/delivery/nothing", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Some("a 200 response")),
    ("server/delivery/nothing", "", None),
    (
        "server/delivery/reset",
        "",
        Some("no answer, but the end of the connection to a good request afterwards"),
    ),
    ("server/framing/content-length-letters", "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", None),
    (
        "server/framing/content-length-letters",
        "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n{open}",
        Some("a 400 response, and a connection that stays open"),
    ),
    ("server/request-line/good", "{open}", Some("no answer, but silence")),
    (
        "server/pipelining/request-behind-refused",
        "HTTP/1.1 400 Bad\r\nConnection: close\r\nContent-Length: 0\r\n\r\nHTTP/1.1 404 Not Found\r\n\r\n",
        Some("a 400 response that closes the connection, and behind it \"HTTP/1.1 404"),
    ),
    (
        "server/pipelining/request-behind-refused",
        "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        None,
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_about_answers() {
    let mut bounds = Bounds::default();
    bounds.exchange = Duration::from_millis(800);
    let mut wrong = Vec::new();
    for (id, answer, expected) in ANSWERS {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, answer));
            }
        });
        let report = ServerSuite::new(&url).unwrap().only(*id).bounds(bounds).run().await;
        server.abort();
        let outcome = report.results.iter().find(|outcome| outcome.id == *id).unwrap();
        match (&outcome.result, expected) {
            (CaseResult::Passed, None) => {}
            (CaseResult::Failed { got, .. }, Some(expected)) if got.contains(expected) => {}
            (result, _) => {
                wrong.push(format!("{id}, answered with {answer:?}: {result:?}, expected {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Reads a request up to its empty line, or to its end, and answers.
async fn serve(mut stream: TcpStream, answer: &str) {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(length) if length > 0 => request.extend_from_slice(&buffer[..length]),
            _ => break,
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let key =
        request.split("Sec-WebSocket-Key: ").nth(1).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let stays_open = answer.contains("{open}");
    let answer = answer.replace("{open}", "").replace("{good}", GOOD).replace("{accept}", &accept_value(key));
    let answer = answer
        .replace("{interim}", &"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000))
        .replace("{long}", &"x".repeat(1_000_000))
        .replace("{pongs}", &"\u{8a}\0".repeat(200_000));
    let bytes: Vec<u8> = answer.chars().map(|c| u8::try_from(c).unwrap()).collect();
    let _ = stream.write_all(&bytes).await;
    if !stays_open {
        let _ = stream.shutdown().await;
    }
    // What comes meanwhile is read, so that no reset erases the answer.
    while stream.read(&mut buffer).await.is_ok_and(|length| length > 0) {}
}

#[tokio::test]
async fn a_server_that_is_not_there_fails_every_case() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    drop(listener);
    let report = ServerSuite::new(&url).unwrap().only("server/key/").run().await;
    let counts = report.counts();
    assert!(counts.passed == 0 && counts.failed > 20 && !report.holds(), "{report}");
    assert!(report.to_string().contains("no connection over TCP"), "{report}");
}

#[tokio::test]
async fn what_can_t_be_tested() {
    for url in ["http://127.0.0.1/", "ws://", "127.0.0.1:80"] {
        assert!(ServerSuite::new(url).is_err(), "{url}");
    }
    let suite = || ServerSuite::new("ws://127.0.0.1:1/").unwrap();
    assert!(suite().field("Authorization: Bearer x").is_ok());
    assert!(suite().field("X: y\r\nZ: w").is_err());
    assert!(suite().field("X").is_err());
}
