//! A stream whose writes are counted, and that fails on demand.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream whose writes are counted.
#[derive(Debug)]
pub(crate) struct Watched<S> {
    io: S,
    writes: Arc<AtomicUsize>,
    faults: Faults,
}

/// How a stream fails.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// The end is a reset.
    pub(crate) reset: bool,
    /// All writes fail.
    pub(crate) deaf: bool,
}

impl<S> Watched<S> {
    pub(crate) fn new(io: S, faults: Faults) -> Self {
        Self { io, writes: Arc::default(), faults }
    }

    /// Returns the count of writes that took at least a byte.
    pub(crate) fn writes(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.writes)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(context, buffer))?;
        let ended = buffer.filled().len() == before;
        Poll::Ready(if ended && self.faults.reset {
            Err(io::ErrorKind::ConnectionReset.into())
        } else {
            Ok(())
        })
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.faults.deaf {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let len = ready!(Pin::new(&mut self.io).poll_write(context, bytes))?;
        self.writes.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Ok(len))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
