//! The stream below an HTTP/2 connection. The HTTP/2 library reads from it as long as there is something to read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::drive::forward::{forward, to_io};
use crate::drive::reads::Reads;

/// A stream that ends a task's turn after many reads. Otherwise an endless sequence of frames would hide that the
/// connection is no longer used, and would stop the sending.
pub(super) struct Turns<S> {
    io: S,
    reads: Reads,
}

impl<S> Turns<S> {
    pub(super) fn new(io: S) -> Self {
        Self { io, reads: Reads::default() }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Turns<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { io, reads } = self.get_mut();
        reads.poll(context, |context| Pin::new(io).poll_read(context, buffer))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Turns<S> {
    forward!(AsyncWrite, poll_shutdown, to_io);

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
