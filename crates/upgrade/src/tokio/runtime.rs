//! The runtime of this module: its streams, as the driver uses them, and its deadline.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::sleep::{Sleep, sleep};
use crate::drive::{Deadline, Runtime, Stream};

/// The runtime of this module.
pub(crate) enum Tokio {}

impl Runtime for Tokio {
    type Sleep = Sleep;
}

/// A deadline from now on.
pub fn deadline(time: Duration) -> Deadline<Sleep> {
    Deadline::new(sleep(time))
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream<Tokio> for S {
    fn poll_read_some<T>(
        &mut self,
        context: &mut Context<'_>,
        take: &mut impl FnMut(&mut [u8]) -> T,
    ) -> Poll<io::Result<T>> {
        // Room for nearly every head, so that it is read and judged once.
        let mut space = [MaybeUninit::uninit(); 8192];
        let mut buffer = ReadBuf::uninit(&mut space);
        ready!(Pin::new(self).poll_read(context, &mut buffer))?;
        Poll::Ready(Ok(take(buffer.filled_mut())))
    }

    fn poll_write_some(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(self).poll_write(context, bytes)
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self).poll_flush(context)
    }

    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self).poll_shutdown(context)
    }
}
