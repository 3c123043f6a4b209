//! The stream of a connection that hyper has upgraded.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::drive::forward::{forward, to_io};
use ::hyper::upgrade::Upgraded;
use ::hyper_util::rt::TokioIo;

/// A connection that hyper has upgraded, or a stream of its HTTP/2 connection, as a stream of tokio. It first yields
/// the bytes that hyper has read behind the head.
pub struct Stream {
    io: TokioIo<Upgraded>,
}

impl Stream {
    pub(super) fn new(upgraded: Upgraded) -> Self {
        Self { io: TokioIo::new(upgraded) }
    }

    /// hyper's own type, for code that takes it. It yields the bytes that hyper has read, too. Over HTTP/1.1, its
    /// `downcast` gives back the stream that the server was given.
    pub fn into_inner(self) -> Upgraded {
        self.io.into_inner()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    forward!(AsyncWrite, poll_shutdown, to_io);

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}
