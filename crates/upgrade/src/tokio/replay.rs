//! [`ReplayStream`] as a stream of tokio's.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::drive::forward::{forward, to_io};
use crate::upgraded::ReplayStream;

impl<S: AsyncRead + Unpin> AsyncRead for ReplayStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.replay(buffer.remaining(), |bytes| buffer.put_slice(bytes)) {
            Some(_) => Poll::Ready(Ok(())),
            None => Pin::new(&mut self.io).poll_read(context, buffer),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ReplayStream<S> {
    forward!(AsyncWrite, poll_shutdown, to_io);

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
