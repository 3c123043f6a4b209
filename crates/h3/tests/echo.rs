//! Runs the example `h3_echo` in this process, with clients that send any bytes: over UDP, as it is run.

use std::time::Duration;

use clap::Parser;
use quinn::{Endpoint, SendStream};
use tokio::time::timeout;

use kit::quic::client_config;
use kit::raw::{
    DATA, Exchange, H3_REQUEST_REJECTED, HEADERS, connect, control, frame, go_away, headers, integer, plain,
};

// Its `main` and its command line are used by those who run it.
#[allow(dead_code)]
#[path = "../examples/h3_echo.rs"]
mod h3_echo;
mod kit;

/// The longest time that a client waits. A failing test takes as long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server, and an endpoint for its clients.
struct Running {
    server: std::net::SocketAddr,
    clients: Endpoint,
    config: quinn::ClientConfig,
}

impl Running {
    async fn start(arguments: &[&str]) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let file =
            std::env::temp_dir().join(format!("h3_echo_{}_{}.pem", std::process::id(), arguments.len()));
        let pem = made.cert.pem() + &made.signing_key.serialize_pem();
        std::fs::write(&file, pem).expect("a file");
        let certificate = file.to_str().expect("text");
        let arguments = [&["h3_echo", "--certificate", certificate], arguments].concat();
        let arguments = h3_echo::Arguments::parse_from(arguments);
        let (endpoint, server) = arguments.listen().await.expect("a free port");
        std::fs::remove_file(&file).expect("a file");
        let address = endpoint.local_addr().expect("an address");
        tokio::spawn(async move { h3_echo::serve(&endpoint, &server).await });
        let clients = Endpoint::client(([127, 0, 0, 1], 0).into()).expect("a free port");
        Self { server: address, clients, config: client_config(made.cert.der().clone(), b"h3") }
    }

    async fn connect(&self) -> (quinn::Connection, SendStream) {
        let connecting = self.clients.connect_with(self.config.clone(), self.server, "localhost");
        let connection = connecting.expect("a name").await.expect("it listens");
        let control = control(&connection, &[]).await;
        (connection, control)
    }
}

/// A text frame of a client (RFC 6455 §5.2), with a mask of zeros.
fn message(text: &str) -> Vec<u8> {
    let len = u8::try_from(text.len()).expect("a short text");
    frame(DATA, &[&[0x81, 0x80 | len, 0, 0, 0, 0], text.as_bytes()].concat())
}

/// The next bytes of the content.
async fn data(exchange: &mut Exchange) -> Vec<u8> {
    let (kind, payload) = exchange.frames.next().await.expect("a stream").expect("a frame");
    assert_eq!(kind, DATA);
    payload
}

async fn echoes(connection: &quinn::Connection, path: &str) -> Exchange {
    let mut exchange = Exchange::open(connection, &headers(&connect(path, &[]))).await;
    assert_eq!(exchange.head().await.expect("an answer").status, 200);
    if path.starts_with("/socket") {
        assert_eq!(data(&mut exchange).await, b"\x81\x11version: HTTP/3.0");
    }
    exchange.write(&message("hello")).await;
    assert_eq!(data(&mut exchange).await, b"\x81\x05hello");
    exchange
}

#[tokio::test]
async fn page_and_websocket_come_over_one_connection() {
    let running = Running::start(&["--subprotocol", "chat"]).await;
    let (connection, _control) = running.connect().await;
    let get = async |method, path| {
        let mut exchange = Exchange::open(&connection, &headers(&plain(method, path, &[]))).await;
        exchange.finish();
        exchange.answer().await.expect("an answer")
    };
    let page = get("GET", "/").await;
    assert_eq!((page.head.status, page.head.all("content-type")), (200, vec!["text/html"]));
    assert!(page.text().contains("new WebSocket(") && page.text().contains("[\"chat\"]"));
    let head = get("HEAD", "/").await;
    assert_eq!((head.head.all("content-length"), head.text()), (page.head.all("content-length"), ""));
    assert_eq!(get("GET", "/elsewhere").await.head.status, 404);
    assert_eq!(get("POST", "/").await.head.status, 405);

    let mut exchange = echoes(&connection, "/socket?1").await;
    let noted = get("GET", "/handshake?1").await;
    assert!(noted.text().contains("\n200 OK\n"), "{}", noted.text());
    // A close frame is answered, and then both sides end.
    exchange.write(&frame(DATA, &[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8])).await;
    exchange.finish();
    assert_eq!(exchange.body().await.expect("an orderly end"), [0x88, 0x02, 0x03, 0xe8]);
}

#[tokio::test]
async fn bad_clients_hold_nobody_up_and_are_given_up() {
    let running = Running::start(&["--same-origin", "--deadline", "0.5"]).await;
    let bad = async {
        // These stay while the other ones are served: silent, half a head, a head that never comes.
        let (silent, _control) = running.connect().await;
        let (slow, _control) = running.connect().await;
        let mut half = Exchange::open(&slow, &headers(&connect("/", &[]))[..20]).await;
        let mut empty = Exchange::open(&slow, &frame(0x21, b"")).await;
        // These vanish, break the protocol, or reset.
        let (broken, _control) = running.connect().await;
        Exchange::open(&broken, &frame(DATA, b"no head")).await;
        let (resets, _control) = running.connect().await;
        for _ in 0..100 {
            let mut exchange = Exchange::open(&resets, &[integer(HEADERS), integer(1 << 30)].concat()).await;
            let _ = exchange.send.reset(0x10c_u32.into());
            let _ = exchange.frames.receive.stop(0x10c_u32.into());
        }
        let (connection, _control) = running.connect().await;
        drop(echoes(&connection, "/").await);
        let foreign = connect("/", &[("origin", "https://elsewhere.example")]);
        let mut exchange = Exchange::open(&connection, &headers(&foreign)).await;
        assert_eq!(exchange.answer().await.expect("an answer").head.status, 403);
        let mut exchange = echoes(&connection, "/").await;
        // Both slow heads get their answer, and the silent client is told that no request is taken any more.
        for slow in [&mut half, &mut empty] {
            assert_eq!(slow.answer().await.expect("an answer").head.status, 408);
        }
        let closed = silent.closed().await;
        assert!(
            matches!(&closed, quinn::ConnectionError::ApplicationClosed(close) if close.error_code == 0x100_u32.into())
        );
        let (_, _kept) = go_away(&connection).await;
        // The one with a WebSocket goes on, although its connection takes no requests any more.
        let mut late = Exchange::open(&connection, &headers(&plain("GET", "/health", &[]))).await;
        assert_eq!(late.reset().await, H3_REQUEST_REJECTED);
        exchange.write(&message("still")).await;
        assert_eq!(data(&mut exchange).await, b"\x81\x05still");
    };
    timeout(PATIENCE, bad).await.expect("in time");
}
