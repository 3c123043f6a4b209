//! Clients in another process, which uses half of the descriptors.

use std::env;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::pin::Pin;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use rustix::net::listen;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Clients that send single bytes, all alike.
#[derive(Debug)]
pub(crate) struct Clients {
    child: Child,
    stdin: ChildStdin,
}

impl Clients {
    /// Marks the process of the clients. It holds the address of the server and the number of clients.
    const ROLE: &str = "DRIPPING_CLIENTS";

    /// Starts `count` clients in a process that runs only this test. Returns them with the server's sides of the
    /// connections.
    pub(crate) fn start(test: &str, listener: &TcpListener, count: usize) -> (Self, Vec<TcpStream>) {
        let address = listener.local_addr().expect("an address");
        let mut command = Command::new(env::current_exe().expect("a program"));
        command.args([test, "--exact", "--nocapture"]);
        command.env(Self::ROLE, format!("{address} {count}"));
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        let mut child = child.expect("a process");
        listener.set_nonblocking(true).expect("an option");
        let mut servers = Vec::new();
        while servers.len() < count {
            match listener.accept() {
                Ok((io, _)) => servers.push(io),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
                    assert_eq!(child.try_wait().expect("a process"), None, "the clients have failed");
                }
            }
        }
        listener.set_nonblocking(false).expect("an option");
        let stdin = child.stdin.take().expect("a pipe");
        (Self { child, stdin }, servers)
    }

    /// Returns whether this process is the clients', after it has played them: every client sends the bytes that come
    /// in, and `judge` checks what each has received at the end.
    pub(crate) fn play(judge: fn(&[u8])) -> bool {
        let Ok(role) = env::var(Self::ROLE) else { return false };
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
            let mut told = Vec::new();
            client.read_to_end(&mut told).expect("no reset");
            judge(&told);
        }
        true
    }

    /// Makes every client send this byte.
    pub(crate) fn send(&mut self, byte: u8) {
        self.stdin.write_all(&[byte]).expect("a pipe");
    }

    /// Makes every client read up to the end.
    pub(crate) fn leave(mut self) {
        drop(self.stdin);
        assert!(self.child.wait().expect("a process").success(), "the clients have failed");
    }
}

/// Makes a listener for many clients at once.
pub(crate) fn listener() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    // A client that finds the queue full tries again a second later.
    listen(&listener, i32::MAX).expect("as many as the system allows");
    listener
}

/// Returns this number of clients, or fewer if the process may not open enough descriptors.
pub(crate) fn allowed(clients: usize) -> usize {
    /// Descriptors for other purposes.
    const SPARE: usize = 100;
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("up to its maximum");
    let allowed = maximum.and_then(|allowed| usize::try_from(allowed).ok()).unwrap_or(usize::MAX);
    let count = clients.min(allowed.saturating_sub(SPARE));
    assert!(count >= 100, "{allowed} descriptors are too few");
    count
}

/// Converts a socket for tokio.
pub(crate) fn of_tokio(io: TcpStream) -> tokio::net::TcpStream {
    io.set_nonblocking(true).expect("an option");
    tokio::net::TcpStream::from_std(io).expect("a socket")
}

/// A stream whose bytes are counted when they are read.
#[derive(Debug)]
pub(crate) struct Counted<S> {
    pub(crate) io: S,
    pub(crate) read: Arc<AtomicUsize>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(context, buffer))?;
        self.read.fetch_add(buffer.filled().len() - before, Ordering::Relaxed);
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
