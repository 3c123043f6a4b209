//! [`ReplayStream`] as a stream of futures-io's.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::futures_io::{AsyncRead, AsyncWrite};

use crate::drive::forward::{forward, to_io};
use crate::upgraded::ReplayStream;

impl<S: AsyncRead + Unpin> AsyncRead for ReplayStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self.replay_into(space) {
            Some(len) => Poll::Ready(Ok(len)),
            None => Pin::new(&mut self.io).poll_read(context, space),
        }
    }

    fn poll_read_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        spaces: &mut [io::IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = spaces.iter_mut().find(|space| !space.is_empty());
        match first.and_then(|space| self.replay_into(space)) {
            Some(len) => Poll::Ready(Ok(len)),
            None => Pin::new(&mut self.io).poll_read_vectored(context, spaces),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ReplayStream<S> {
    forward!(AsyncWrite, poll_close, to_io);
}
