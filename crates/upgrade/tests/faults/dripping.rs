//! Ten thousand clients that send a byte each second, and a well-behaved one among them.

use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ::tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use ::tokio::runtime::Builder;
use ::tokio::task::{JoinSet, LocalSet, yield_now};
use ::tokio::time::{Instant, advance};
use allocation_counter::measure;
use websocket_upgrade::{ClientOptions, ServerOptions, accept, upgrade_on};

use crate::clients::{Clients, Counted, allowed, listener, of_tokio};
use crate::counted::leaks_nothing;
use crate::suite::answer::Answer;
use crate::suite::model::REQUEST;

const CLIENTS: usize = 10_000;

/// The default deadline in seconds.
const DEADLINE: u32 = 10;

const SECOND: Duration = Duration::from_secs(1);

/// Clients that send single bytes, all alike.
trait Crowd {
    type Io: AsyncRead + AsyncWrite + Unpin + 'static;

    /// Returns the server's sides of `count` new connections.
    fn connect(&mut self, count: usize) -> Vec<Self::Io>;

    /// Makes every client send this byte.
    async fn drip(&mut self, byte: u8);

    /// Makes every client read up to the end.
    async fn leave(self);

    /// Returns both sides of a connection with a well-behaved client.
    fn good(&self) -> (Self::Io, Self::Io);
}

/// Lets the clients send until they are gone. Returns the bytes that a server holds for one of them.
fn drip(mut crowd: impl Crowd, count: usize) -> i64 {
    let runtime = Builder::new_current_thread().enable_io().enable_time().start_paused(true).build();
    let (runtime, local) = (runtime.expect("a runtime"), LocalSet::new());
    // A runtime that always has something to do does not advance the time by itself.
    let busy = local.spawn_local(async {
        loop {
            yield_now().await;
        }
    });
    let (options, read) = (Rc::new(ServerOptions::new()), Arc::<AtomicUsize>::default());
    let (mut bytes, mut servers) = (REQUEST.bytes(), JoinSet::new());
    let (start, mut connections) = local.block_on(&runtime, async { (Instant::now(), crowd.connect(count)) });
    let begun = measure(|| {
        local.block_on(&runtime, async {
            for io in connections.drain(..) {
                let (options, io) = (Rc::clone(&options), Counted { io, read: Arc::clone(&read) });
                servers.spawn_local(async move { accept(io, &options).await.map(drop) });
            }
            crowd.drip(bytes.next().expect("a request")).await;
            while read.load(Ordering::Relaxed) < count {
                yield_now().await;
            }
        });
    });
    let dripping = async {
        for (second, byte) in (1..DEADLINE).zip(bytes) {
            advance(SECOND).await;
            assert_eq!(start.elapsed(), second * SECOND);
            let expected = read.load(Ordering::Relaxed) + count;
            crowd.drip(byte).await;
            while read.load(Ordering::Relaxed) < expected {
                assert!(servers.try_join_next().is_none(), "it is not the deadline yet");
                yield_now().await;
            }
            if second == DEADLINE / 2 {
                agree(&crowd).await;
                assert_eq!(start.elapsed(), second * SECOND, "it is served at once");
            }
        }
        advance(SECOND).await;
        while let Some(ended) = servers.join_next().await {
            let error = ended.expect("no panic").expect_err("rejected");
            assert_eq!(error.rejected().map(|error| error.reason().status()), Some(408));
        }
        agree(&crowd).await;
        assert_eq!(start.elapsed(), DEADLINE * SECOND);
        crowd.leave().await;
        busy.abort();
    };
    local.block_on(&runtime, dripping);
    begun.bytes_current / i64::try_from(count).expect("few")
}

/// Makes a handshake that succeeds.
async fn agree(crowd: &impl Crowd) {
    let (client, server) = crowd.good();
    let (options, accepting) = (ClientOptions::new(), ServerOptions::new());
    let (client, server) =
        ::tokio::join!(upgrade_on(client, "ws://a/", &options), accept(server, &accepting));
    assert_eq!(client.expect("accepted").settings, server.expect("accepted").settings);
}

/// Checks the memory of a client. Tasks of a debug build are larger than those that `cargo xtask bench memory`
/// compares.
fn is_small(wire: &str, count: usize, bytes: i64) {
    println!("{count} pending handshakes on the raw driver, {wire}: {bytes} bytes each");
    assert!(bytes <= 2048, "{bytes} bytes");
}

fn is_408(answer: &[u8]) {
    let answer = Answer::parse(answer).expect("a response");
    assert_eq!(answer.status, 408);
    answer.is_rejection(false).expect("a whole answer");
}

#[derive(Default)]
struct InMemory(Vec<DuplexStream>);

impl Crowd for InMemory {
    type Io = DuplexStream;

    fn connect(&mut self, count: usize) -> Vec<DuplexStream> {
        let (clients, servers) = (0..count).map(|_| self.good()).unzip();
        self.0 = clients;
        servers
    }

    async fn drip(&mut self, byte: u8) {
        for client in &mut self.0 {
            client.write_all(&[byte]).await.expect("a server");
        }
    }

    async fn leave(self) {
        for mut client in self.0 {
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).await.expect("a stream in memory");
            is_408(&answer);
        }
    }

    fn good(&self) -> (DuplexStream, DuplexStream) {
        duplex(512)
    }
}

#[test]
fn in_memory() {
    let mut pending = 0;
    leaks_nothing(|| _ = drip(InMemory::default(), 10), || pending = drip(InMemory::default(), CLIENTS));
    is_small("in memory", CLIENTS, pending);
}

/// Clients in another process.
struct Process {
    listener: TcpListener,
    clients: Option<Clients>,
}

impl Crowd for Process {
    type Io = ::tokio::net::TcpStream;

    fn connect(&mut self, count: usize) -> Vec<Self::Io> {
        let (clients, servers) = Clients::start("dripping::over_tcp", &self.listener, count);
        self.clients = Some(clients);
        servers.into_iter().map(of_tokio).collect()
    }

    async fn drip(&mut self, byte: u8) {
        self.clients.as_mut().expect("they are connected").send(byte);
    }

    async fn leave(self) {
        self.clients.expect("they are connected").leave();
    }

    fn good(&self) -> (Self::Io, Self::Io) {
        let client = TcpStream::connect(self.listener.local_addr().expect("an address"));
        let server = self.listener.accept().expect("a client").0;
        (of_tokio(client.expect("a listener")), of_tokio(server))
    }
}

/// The number of clients depends on the descriptors that the process may open.
#[test]
fn over_tcp() {
    if Clients::play(is_408) {
        return;
    }
    let drip = |count| drip(Process { listener: listener(), clients: None }, count);
    let (count, mut pending) = (allowed(CLIENTS), 0);
    leaks_nothing(|| _ = drip(10), || pending = drip(count));
    is_small("over TCP", count, pending);
}
