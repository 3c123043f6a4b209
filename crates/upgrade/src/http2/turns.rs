//! The stream below an HTTP/2 connection, which the HTTP/2 library reads as long as there is something to read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::drive::forward::{forward, to_io};
use crate::drive::reads::Reads;

/// A stream that ends the turn of a task that reads on and on: frames without end must neither hide that nobody uses
/// the connection any more, nor stop what is to be sent.
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
