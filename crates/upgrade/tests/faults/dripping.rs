//! Ten thousand clients that send a byte each second, and a good one among them.

use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ::tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use ::tokio::runtime::Builder;
use ::tokio::task::{JoinSet, LocalSet, spawn_local, yield_now};
use ::tokio::time::{Instant, advance};
use websocket_upgrade::{ClientOptions, ServerOptions, accept, upgrade_on};

use crate::clients::{Clients, Counted, allowed, listener, of_tokio};
use crate::counted::leaks_nothing;
use crate::suite::answer::Answer;
use crate::suite::model::REQUEST;

const CLIENTS: usize = 10_000;

/// Seconds of the deadline that options have.
const DEADLINE: u32 = 10;

const SECOND: Duration = Duration::from_secs(1);

/// Clients that drip, all alike.
trait Crowd {
    type Io: AsyncRead + AsyncWrite + Unpin + 'static;

    /// The server's sides of so many connections.
    fn connect(&mut self, count: usize) -> Vec<Self::Io>;

    /// Every client sends this byte.
    async fn drip(&mut self, byte: u8);

    /// Every client has been told, and reads up to the end.
    async fn leave(self);

    /// Both sides of a connection whose client behaves.
    fn good(&self) -> (Self::Io, Self::Io);
}

/// They drip until they are gone.
fn drip(mut crowd: impl Crowd, count: usize) {
    let runtime = Builder::new_current_thread().enable_io().enable_time().start_paused(true).build();
    let dripping = async {
        // A runtime that always has something to do lets no time pass by itself.
        let busy = spawn_local(async {
            loop {
                yield_now().await;
            }
        });
        let (options, read) = (Rc::new(ServerOptions::new()), Arc::<AtomicUsize>::default());
        let (start, mut servers) = (Instant::now(), JoinSet::new());
        for io in crowd.connect(count) {
            let (options, io) = (Rc::clone(&options), Counted { io, read: Arc::clone(&read) });
            servers.spawn_local(async move { accept(io, &options).await.map(drop) });
        }
        for (second, byte) in (0..DEADLINE).zip(REQUEST.bytes()) {
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
            advance(SECOND).await;
        }
        while let Some(ended) = servers.join_next().await {
            let error = ended.expect("no panic").expect_err("rejected");
            assert_eq!(error.rejected().map(|error| error.reason().status()), Some(408));
        }
        agree(&crowd).await;
        assert_eq!(start.elapsed(), DEADLINE * SECOND);
        crowd.leave().await;
        busy.abort();
    };
    LocalSet::new().block_on(&runtime.expect("a runtime"), dripping);
}

/// A handshake that succeeds.
async fn agree(crowd: &impl Crowd) {
    let (client, server) = crowd.good();
    let (options, accepting) = (ClientOptions::new(), ServerOptions::new());
    let (client, server) =
        ::tokio::join!(upgrade_on(client, "ws://a/", &options), accept(server, &accepting));
    assert_eq!(client.expect("accepted").settings, server.expect("accepted").settings);
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
    leaks_nothing(|| drip(InMemory::default(), 10), || drip(InMemory::default(), CLIENTS));
}

/// Clients in a process of their own.
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

/// As many as this process may have descriptors for, if it may not have enough.
#[test]
fn over_tcp() {
    if Clients::play(is_408) {
        return;
    }
    let drip = |count| drip(Process { listener: listener(), clients: None }, count);
    let count = allowed(CLIENTS);
    leaks_nothing(|| drip(10), || drip(count));
}
