//! The server of these tests, and the checks of its clients.

use std::convert::Infallible;
use std::future::pending;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustix::net::sockopt::set_socket_send_buffer_size;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{self, Runtime};
use tokio::task::yield_now;
use tokio_util::task::TaskTracker;
use tower::{Layer, service_fn};
use websocket_upgrade::gate::{Gate, GateOptions};
use websocket_upgrade::hyper::{Stream, handle_upgrade_request};
use websocket_upgrade::{ClientOptions, ReplayStream, ServerOptions, upgrade_on};

use crate::clients::Counted;
use crate::http2::Client;

/// The deadline of the gate.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// Makes a runtime whose clock is paused.
pub(crate) fn runtime() -> Runtime {
    let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().start_paused(true).build();
    runtime.expect("a runtime")
}

/// Runs a test to its end. Time passes only when the test advances it: a runtime that always has something to do does
/// not advance it by itself.
pub(crate) fn block_on<T>(runtime: &Runtime, test: impl Future<Output = T>) -> T {
    /// Long after what a machine under load needs.
    const HANGS: Duration = Duration::from_secs(60);
    let held = async {
        let start = Instant::now();
        loop {
            assert!(start.elapsed() < HANGS, "it hangs");
            yield_now().await;
        }
    };
    runtime.block_on(async {
        tokio::select! {
            biased;
            value = test => value,
            () = held => unreachable!("it never ends"),
        }
    })
}

/// Waits until a condition holds.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        yield_now().await;
    }
}

/// An application on hyper, behind the gate. Plain HTTP is answered with 200. The path of a handshake selects the
/// answer:
///
/// - `/` is established, and echoes;
/// - `/flood` is established, and writes as long as the client reads;
/// - `/large` is a 101 or 200 larger than the buffers of a socket, and then echoes;
/// - `/wait` is not decided.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) gate: Gate,
    /// All its tasks.
    pub(crate) tasks: TaskTracker,
    /// The bytes that it has read.
    pub(crate) read: Arc<AtomicUsize>,
    /// The connections that it has accepted.
    accepted: Arc<AtomicUsize>,
    /// The requests that have come to the application.
    asked: Arc<AtomicUsize>,
    small: Arc<ServerOptions>,
    large: Arc<ServerOptions>,
}

impl Server {
    pub(crate) fn new(options: GateOptions) -> Self {
        let large = ServerOptions::new().header("Set-Cookie", "c".repeat(1024 * 1024)).expect("a header");
        Self {
            gate: Gate::new(options.deadline(DEADLINE)),
            tasks: TaskTracker::new(),
            read: Arc::default(),
            accepted: Arc::default(),
            asked: Arc::default(),
            small: Arc::new(ServerOptions::new()),
            large: Arc::new(large),
        }
    }

    /// Serves all clients of a listener.
    pub(crate) fn listen(&self, listener: TcpListener) -> Listening {
        let address = listener.local_addr().expect("an address");
        // Accepted sockets inherit this from the listener.
        set_socket_send_buffer_size(&listener, 4096).expect("an option");
        listener.set_nonblocking(true).expect("an option");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        let server = self.clone();
        let accepting = tokio::spawn(async move {
            loop {
                let (io, peer) = listener.accept().await.expect("a connection");
                io.set_nodelay(true).expect("an option");
                server.accepted.fetch_add(1, Ordering::Relaxed);
                server.serve(io, peer.ip());
            }
        });
        Listening { server: self.clone(), address, accepting }
    }

    /// Serves one connection.
    pub(crate) fn serve(&self, io: TcpStream, peer: IpAddr) {
        let io = Counted { io, read: Arc::clone(&self.read) };
        let admitted = match self.gate.admit(io, peer) {
            Ok(admitted) => admitted,
            Err(refused) => {
                self.tasks.spawn(refused.answer());
                return;
            }
        };
        let server = self.clone();
        let entrance = service_fn(move |request| server.clone().answer(request));
        let service = admitted.first_head().layer(self.gate.layer().layer(entrance));
        let executor = Tracked(self.tasks.clone());
        self.tasks.spawn(async move {
            let mut builder = Builder::new(executor);
            builder.http2().enable_connect_protocol();
            let service = TowerToHyperService::new(service);
            // The result is ignored, since it is up to the client how it leaves.
            let _ = builder.serve_connection_with_upgrades(TokioIo::new(admitted), service).await;
        });
    }

    async fn answer(self, mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let path = request.uri().path();
        if path == "/wait" {
            pending::<()>().await;
        }
        let floods = path == "/flood";
        let options = if path == "/large" { &self.large } else { &self.small };
        Ok(match handle_upgrade_request(&mut request, options) {
            Ok((response, upgrading)) => {
                self.tasks.spawn(async move {
                    let Ok(upgraded) = upgrading.await else { return };
                    // Bytes that hyper has read after the head come out first.
                    let stream = upgraded.into_stream();
                    let _ = if floods { flood(stream).await } else { echo(stream).await };
                });
                response.map(Full::new)
            }
            Err(rejected) if rejected.is_not_upgrade() => Response::default(),
            Err(rejected) => rejected.into_http().map(Full::new),
        })
    }
}

async fn flood(mut stream: ReplayStream<Stream>) -> std::io::Result<()> {
    loop {
        stream.write_all(&[0; 1024]).await?;
        stream.flush().await?;
    }
}

async fn echo(mut stream: ReplayStream<Stream>) -> std::io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        let len = stream.read(&mut buffer).await?;
        if len == 0 {
            return stream.shutdown().await;
        }
        stream.write_all(&buffer[..len]).await?;
        stream.flush().await?;
    }
}

/// Counts the tasks that hyper starts among those of the server.
#[derive(Clone, Debug)]
struct Tracked(TaskTracker);

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Tracked {
    fn execute(&self, future: F) {
        self.0.spawn(future);
    }
}

/// A server that listens.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) server: Server,
    address: SocketAddr,
    accepting: tokio::task::JoinHandle<()>,
}

impl Listening {
    pub(crate) fn new() -> Self {
        Server::new(GateOptions::new()).listen(TcpListener::bind("127.0.0.1:0").expect("a listener"))
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        let client = TcpStream::connect(self.address).await.expect("a listener");
        client.set_nodelay(true).expect("an option");
        client
    }

    /// Makes a connection that the server has accepted.
    pub(crate) async fn meet(&self) -> TcpStream {
        let before = self.accepted();
        let client = self.connect().await;
        until(|| self.accepted() > before).await;
        client
    }

    pub(crate) fn accepted(&self) -> usize {
        self.server.accepted.load(Ordering::Relaxed)
    }

    pub(crate) fn read(&self) -> usize {
        self.server.read.load(Ordering::Relaxed)
    }

    pub(crate) fn asked(&self) -> usize {
        self.server.asked.load(Ordering::Relaxed)
    }

    /// Waits until no task runs and no handshake is in progress.
    pub(crate) async fn is_idle(&self) {
        until(|| self.server.tasks.is_empty()).await;
        assert_eq!(self.server.gate.under_way(), 0);
    }

    /// Checks that a well-behaved client is served.
    pub(crate) async fn serves(&self) {
        is_served(self.connect().await).await;
    }

    /// Waits until no handshake is in progress, whatever the remaining clients do.
    pub(crate) async fn is_drained(&self) {
        self.server.gate.drain();
        self.server.gate.drained().await;
    }

    /// Waits until everything has ended.
    pub(crate) async fn ends(self) {
        self.is_drained().await;
        // It also restores hyper's cached date, which an HTTP/2 response would share.
        Client::connect(&self).await.asks_and_leaves().await;
        self.server.tasks.close();
        self.server.tasks.wait().await;
        self.accepting.abort();
        assert!(self.accepting.await.is_err_and(|error| error.is_cancelled()));
    }
}

/// Makes a handshake that succeeds, and an echo.
pub(crate) async fn is_served(client: TcpStream) {
    let upgraded = upgrade_on(client, "ws://a/", &ClientOptions::new()).await.expect("accepted");
    let mut stream = upgraded.into_stream();
    stream.write_u8(7).await.expect("room");
    assert_eq!(stream.read_u8().await.expect("an echo"), 7);
}

/// Makes what is made only once and kept by the thread.
pub(crate) fn first() {
    block_on(&runtime(), async {
        let listening = Listening::new();
        listening.serves().await;
        let mut client = Client::connect(&listening).await;
        client.is_served().await;
        client.leave().await;
        listening.ends().await;
    });
}
