//! A stream in memory, and futures that need no waker.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use hyper::rt::{Read, ReadBufCursor, Write};

/// A stream that delivers bytes and then stays open. Writes to it are discarded.
pub(crate) struct Stream {
    bytes: Vec<u8>,
    /// Whether the bytes are delivered only after the first write.
    is_answer: bool,
}

impl Stream {
    /// Delivers a request.
    pub(crate) fn request(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), is_answer: false }
    }

    /// Delivers the response to the first write.
    pub(crate) fn response(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), is_answer: true }
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_answer || self.bytes.is_empty() {
            return Poll::Pending;
        }
        let len = self.bytes.len().min(buf.remaining());
        buf.put_slice(&self.bytes.drain(..len).collect::<Vec<_>>());
        Poll::Ready(Ok(()))
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.is_answer = false;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Polls a few times. Nothing is still to come, but a future may wake itself.
pub(crate) fn poll<T>(mut future: Pin<&mut dyn Future<Output = T>>) -> Poll<T> {
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..POLLS {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Poll::Ready(output);
        }
    }
    Poll::Pending
}

const POLLS: usize = 64;
