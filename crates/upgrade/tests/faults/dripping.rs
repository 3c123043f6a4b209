//! Ten thousand clients that send a byte each second, and a good one among them.

use std::cell::Cell;
use std::env;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::pin::Pin;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ::tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use ::tokio::runtime::Builder;
use ::tokio::task::{JoinSet, LocalSet, spawn_local, yield_now};
use ::tokio::time::{Instant, advance};
use rustix::net::listen;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use websocket_upgrade::{ClientOptions, ServerOptions, accept, upgrade_on};

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
        let (options, read) = (Rc::new(ServerOptions::new()), Rc::<Cell<usize>>::default());
        let (start, mut servers) = (Instant::now(), JoinSet::new());
        for io in crowd.connect(count) {
            let (options, io) = (Rc::clone(&options), Counted { io, read: Rc::clone(&read) });
            servers.spawn_local(async move { accept(io, &options).await.map(drop) });
        }
        for (second, byte) in (0..DEADLINE).zip(REQUEST.bytes()) {
            assert_eq!(start.elapsed(), second * SECOND);
            let expected = read.get() + count;
            crowd.drip(byte).await;
            while read.get() < expected {
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

/// Clients in a process of their own: it has half of the descriptors.
struct Process {
    listener: TcpListener,
    child: Option<(Child, ChildStdin)>,
}

impl Process {
    /// What tells a process that it is the clients': where the server is, and how many they are.
    const ROLE: &str = "DRIPPING_CLIENTS";

    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        // A client for which there is no room in the queue tries again a second later.
        listen(&listener, i32::MAX).expect("as many as the system allows");
        Self { listener, child: None }
    }

    /// In that process: what comes in is what every client sends.
    fn play(role: &str) {
        let (address, count) = role.split_once(' ').expect("two words");
        let count = count.parse().expect("a number");
        let connect = |_| TcpStream::connect(address).expect("a server");
        let mut clients: Vec<_> = (0..count).map(connect).collect();
        for byte in io::stdin().lock().bytes() {
            let byte = [byte.expect("a pipe")];
            for client in &mut clients {
                client.write_all(&byte).expect("a server");
            }
        }
        for mut client in clients {
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).expect("no reset");
            is_408(&answer);
        }
    }

    fn of_tokio(io: TcpStream) -> ::tokio::net::TcpStream {
        io.set_nonblocking(true).expect("an option");
        ::tokio::net::TcpStream::from_std(io).expect("a socket")
    }
}

impl Crowd for Process {
    type Io = ::tokio::net::TcpStream;

    fn connect(&mut self, count: usize) -> Vec<Self::Io> {
        let address = self.listener.local_addr().expect("an address");
        let mut command = Command::new(env::current_exe().expect("a program"));
        command.args(["dripping::over_tcp", "--exact", "--nocapture"]);
        command.env(Self::ROLE, format!("{address} {count}"));
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        let mut child = child.expect("a process");
        self.listener.set_nonblocking(true).expect("an option");
        let mut servers = Vec::new();
        while servers.len() < count {
            match self.listener.accept() {
                Ok((io, _)) => servers.push(Self::of_tokio(io)),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
                    assert_eq!(child.try_wait().expect("a process"), None, "the clients have failed");
                }
            }
        }
        self.listener.set_nonblocking(false).expect("an option");
        let stdin = child.stdin.take().expect("a pipe");
        self.child = Some((child, stdin));
        servers
    }

    async fn drip(&mut self, byte: u8) {
        let (_, stdin) = self.child.as_mut().expect("it is connected");
        stdin.write_all(&[byte]).expect("a pipe");
    }

    async fn leave(self) {
        let (mut child, stdin) = self.child.expect("it is connected");
        drop(stdin);
        assert!(child.wait().expect("a process").success(), "the clients have failed");
    }

    fn good(&self) -> (Self::Io, Self::Io) {
        let client = TcpStream::connect(self.listener.local_addr().expect("an address"));
        let server = self.listener.accept().expect("a client").0;
        (Self::of_tokio(client.expect("a listener")), Self::of_tokio(server))
    }
}

/// As many as this process may have descriptors for, if it may not have enough.
#[test]
fn over_tcp() {
    /// Descriptors for everything else.
    const SPARE: usize = 100;
    if let Ok(role) = env::var(Process::ROLE) {
        return Process::play(&role);
    }
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("up to its maximum");
    let allowed = maximum.and_then(|allowed| usize::try_from(allowed).ok()).unwrap_or(usize::MAX);
    let count = CLIENTS.min(allowed.saturating_sub(SPARE));
    assert!(count >= 100, "{allowed} descriptors are too few");
    leaks_nothing(|| drip(Process::new(), 10), || drip(Process::new(), count));
}

/// A stream whose bytes are counted when they are read.
#[derive(Debug)]
struct Counted<S> {
    io: S,
    read: Rc<Cell<usize>>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(context, buffer))?;
        self.read.set(self.read.get() + buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
