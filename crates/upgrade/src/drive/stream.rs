//! What a runtime brings, its streams and its sleep, and how bytes go through them.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use super::reads::Reads;

/// The part of a runtime that a handshake needs besides streams: its sleep.
pub(crate) trait Runtime {
    /// Ends when the time for the handshake is over.
    type Sleep: Future;
}

/// A stream of the runtime `R`.
pub(crate) trait Stream<R>: Unpin {
    /// Reads once and gives the bytes to `take`; an empty slice is the end of the stream. The buffer is on the stack,
    /// so that a connection that waits holds none.
    fn poll_read_some<T>(
        &mut self,
        context: &mut Context<'_>,
        take: &mut impl FnMut(&mut [u8]) -> T,
    ) -> Poll<io::Result<T>>;

    /// Writes some of the bytes.
    fn poll_write_some(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;

    /// Sends what has been written.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Ends the sending side.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Tells the stream that no time is left to wait.
    fn hurry(&mut self) {}
}

/// Bytes on their way out.
pub(super) struct Sending<'b> {
    pub(super) left: &'b [u8],
    pub(super) sent: bool,
}

impl Sending<'_> {
    pub(super) fn poll<R, S: Stream<R>>(
        &mut self,
        io: &mut S,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while !self.left.is_empty() {
            let len = ready!(io.poll_write_some(context, self.left))?;
            if len == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.left = self.left.get(len..).unwrap_or_default();
        }
        if !self.sent {
            ready!(io.poll_send(context))?;
            self.sent = true;
        }
        Poll::Ready(Ok(()))
    }
}

pub(super) async fn send<R, S: Stream<R>>(io: &mut S, bytes: &[u8]) -> io::Result<()> {
    let mut sending = Sending { left: bytes, sent: false };
    poll_fn(|context| sending.poll(io, context)).await
}

/// Reads once and gives the bytes to `take`; an empty slice is the end of the stream.
pub(super) async fn read<R, S: Stream<R>, T>(
    reads: &mut Reads,
    io: &mut S,
    mut take: impl FnMut(&mut [u8]) -> T,
) -> io::Result<T> {
    poll_fn(|context| reads.poll(context, |context| io.poll_read_some(context, &mut take))).await
}
