//! Ten thousand clients that send a byte every other second to a server on hyper, and well-behaved ones among them.

use std::convert::Infallible;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use allocation_counter::measure;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::runtime::Runtime;
use tokio::time::{Instant, advance};
use websocket_upgrade::gate::GateOptions;

use crate::clients::{Clients, Counted, allowed, listener, of_tokio};
use crate::counted::leaks_nothing;
use crate::server::{DEADLINE, Server, block_on, is_served, runtime, until};

const CLIENTS: usize = 10_000;

const PAUSE: Duration = Duration::from_secs(2);

/// An incomplete head.
const SENT: &[u8; 5] = b"GET /";

const PEER: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// The name of the test, for the process of its clients.
const TEST: &str = "pending::none_survives_its_deadline";

/// A function that serves a connection.
type Serve = fn(&Server, tokio::net::TcpStream);

/// Serves it with the gate between hyper and its clients.
fn ours(server: &Server, io: tokio::net::TcpStream) {
    server.serve(io, PEER.into());
}

/// Serves it with hyper and a constant answer.
fn alone(server: &Server, io: tokio::net::TcpStream) {
    let io = Counted { io, read: Arc::clone(&server.read) };
    server.tasks.spawn(async move {
        let mut builder = Builder::new(TokioExecutor::new());
        builder.http2().enable_connect_protocol();
        let service = service_fn(async |_: Request<Incoming>| {
            let mut response = Response::new(Empty::<Bytes>::new());
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            Ok::<_, Infallible>(response)
        });
        let _ = builder.serve_connection_with_upgrades(TokioIo::new(io), service).await;
    });
}

/// The clients, after a server has read a byte from each, and the memory for one of them.
struct Crowd {
    server: Server,
    listener: TcpListener,
    clients: Clients,
    count: usize,
    bytes: i64,
}

impl Crowd {
    fn begin(runtime: &Runtime, serve: Serve, count: usize) -> Self {
        let server = Server::new(GateOptions::new().total(count + 1));
        let listener = listener();
        let (mut clients, mut connections) = Clients::start(TEST, &listener, count);
        let info = measure(|| {
            block_on(runtime, async {
                for io in connections.drain(..) {
                    serve(&server, of_tokio(io));
                }
                clients.send(SENT[0]);
                until(|| server.read.load(Ordering::Relaxed) == count).await;
            });
        });
        let bytes = info.bytes_current / i64::try_from(count).expect("few");
        Self { server, listener, clients, count, bytes }
    }

    /// Sends the following bytes, up to the deadline.
    async fn drip(&mut self) {
        let start = Instant::now();
        for (number, &byte) in (1..).zip(&SENT[1..]) {
            advance(PAUSE).await;
            // The well-behaved clients have sent bytes as well.
            let read = self.server.read.load(Ordering::Relaxed);
            self.clients.send(byte);
            until(|| self.server.read.load(Ordering::Relaxed) == read + self.count).await;
            self.serves().await;
            assert_eq!(self.server.gate.under_way(), self.count, "it is not the deadline yet");
            assert_eq!(start.elapsed(), number * PAUSE, "it is served at once");
        }
        advance(PAUSE).await;
        until(|| self.server.tasks.is_empty()).await;
        assert_eq!(start.elapsed(), DEADLINE);
        assert_eq!(self.server.gate.under_way(), 0);
        self.serves().await;
        self.server.gate.drain();
        self.server.gate.drained().await;
    }

    async fn serves(&self) {
        let client = TcpStream::connect(self.listener.local_addr().expect("an address"));
        let server = self.listener.accept().expect("a client").0;
        let before = self.server.tasks.len();
        ours(&self.server, of_tokio(server));
        is_served(of_tokio(client.expect("a listener"))).await;
        until(|| self.server.tasks.len() == before).await;
    }
}

/// Returns the bytes per client for hyper alone, and with the gate.
fn compare(count: usize) -> (i64, i64) {
    let base = {
        let runtime = runtime();
        let crowd = Crowd::begin(&runtime, alone, count);
        // Their server ends before they get an answer.
        drop(runtime);
        crowd.clients.leave();
        crowd.bytes
    };
    let runtime = runtime();
    let mut crowd = Crowd::begin(&runtime, ours, count);
    block_on(&runtime, crowd.drip());
    crowd.clients.leave();
    (base, crowd.bytes)
}

/// The number of clients depends on the descriptors that the process may open.
#[test]
fn none_survives_its_deadline() {
    if Clients::play(|told| assert!(told.is_empty(), "{}", told.escape_ascii())) {
        return;
    }
    let (count, mut measured) = (allowed(CLIENTS), (0, 0));
    leaks_nothing(|| _ = compare(10), || measured = compare(count));
    let (base, ours) = measured;
    println!("{count} pending handshakes, bytes each: hyper alone {base}, behind the gate {ours}");
    assert!(ours * 10 <= base * 11, "{ours} bytes are more than 1.1 x {base}");
}
