//! The runtime of this module: its streams, as the driver uses them. The caller brings the sleep.

use std::io;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::futures_io::{AsyncRead, AsyncWrite};

use crate::drive::{Runtime, Stream};

/// The runtime of this module: any, by its sleep.
pub(crate) struct Futures<F>(PhantomData<F>);

impl<F: Future> Runtime for Futures<F> {
    type Sleep = F;
}

impl<S: AsyncRead + AsyncWrite + Unpin, F: Future> Stream<Futures<F>> for S {
    fn poll_read_some<T>(
        &mut self,
        context: &mut Context<'_>,
        take: &mut impl FnMut(&mut [u8]) -> T,
    ) -> Poll<io::Result<T>> {
        // Room for nearly every head, so that it is read and judged once.
        let mut space = [0; 8192];
        let len = ready!(Pin::new(self).poll_read(context, &mut space))?;
        Poll::Ready(Ok(take(space.get_mut(..len).unwrap_or_default())))
    }

    fn poll_write_some(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(self).poll_write(context, bytes)
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self).poll_flush(context)
    }

    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self).poll_close(context)
    }
}
