//! Measures what a waiting connection holds on the heap, including its task.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bench_core::requests::CHROME;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::task::yield_now;

use crate::heap::Measure;
use crate::serve::Server;

/// Connections at a time. Both ends are in one process, so they must stay below the usual limit of 1024 files.
const CONNECTIONS: usize = 400;

/// Connections that wait to be accepted; it is below the length of a listener's queue.
const BATCH: usize = 50;

/// Bytes of a request that is not complete.
const BEGUN: usize = 100;

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// The first byte of the request.
    Silent,
    /// The rest of the request.
    Request,
    /// The first frame.
    Frame,
}

impl Waiting {
    pub(crate) const ALL: [Self; 3] = [Self::Silent, Self::Request, Self::Frame];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Silent => "silent connection",
            Self::Request => "half-sent request",
            Self::Frame => "idle after the upgrade",
        }
    }

    /// Returns what the client has sent.
    pub(crate) fn sent(self) -> &'static [u8] {
        match self {
            Self::Silent => &[],
            Self::Request => CHROME.get(..BEGUN).unwrap_or_default(),
            Self::Frame => CHROME,
        }
    }
}

/// Returns the bytes on the heap for one connection.
pub(crate) fn held(server: Server, waiting: Waiting, measure: Measure) -> io::Result<i64> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let mut clients = Vec::with_capacity(CONNECTIONS);
    let mut serve = |count: usize| {
        for _ in 0..count {
            let mut client = TcpStream::connect(listener.local_addr()?)?;
            client.write_all(waiting.sent())?;
            clients.push(client);
        }
        let mut result = Ok(());
        let heap = measure(&mut || result = runtime.block_on(accept(&listener, server, waiting, count)));
        result.map(|()| heap.held)
    };
    // The first connection makes what is made only once.
    serve(1)?;
    let mut held = 0;
    for _ in 0..CONNECTIONS / BATCH {
        held += serve(BATCH)?;
    }
    for client in clients.iter_mut().filter(|_| waiting == Waiting::Frame) {
        let mut start = [0; 12];
        client.set_read_timeout(Some(Duration::from_secs(1)))?;
        client.read_exact(&mut start)?;
        if start != *b"HTTP/1.1 101" {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    Ok(held / i64::try_from(CONNECTIONS).unwrap_or(i64::MAX))
}

/// Serves `count` connections until all of them wait.
async fn accept(listener: &TcpListener, server: Server, waiting: Waiting, count: usize) -> io::Result<()> {
    let due = READ.get() + count * waiting.sent().len();
    for _ in 0..count {
        let (io, _) = listener.accept().await?;
        server.start(Watched(io));
    }
    while READ.get() < due {
        yield_now().await;
    }
    // All bytes have been read. The tasks need only a few more turns each to handle them.
    for _ in 0..8 * count {
        yield_now().await;
    }
    Ok(())
}

thread_local! {
    /// The bytes that all servers of this thread have read.
    static READ: Cell<usize> = const { Cell::new(0) };
}

/// A stream that counts what is read, and adds nothing to the size of the stream itself.
struct Watched(tokio::net::TcpStream);

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.0).poll_read(context, buffer))?;
        READ.set(READ.get() + buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
