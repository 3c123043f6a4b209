//! A WebSocket's stream of an HTTP/2 connection, as if it were the TCP connection of RFC 6455 (RFC 8441 §5).
//!
//! An orderly end is `END_STREAM`; a stream that is dropped before both ends are there is reset with CANCEL. Each has
//! a window of its own of 64 KiB, which opens as bytes are read: a stream that is not read stops its own peer alone.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use h2::{RecvStream, SendStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::coop::poll_proceed;

use super::connection::Connection;
use super::failure::reset;
use super::piece::{Piece, Queue};
use super::slots::Slot;

/// Bytes that are written at a time: the size of a frame unless both sides agree on more (RFC 9113 §4.2).
const FRAME: usize = 16 * 1024;

/// One stream.
#[derive(Debug)]
pub(crate) struct Stream {
    sending: SendStream<Piece>,
    receiving: RecvStream,
    /// The rest of a frame that has not been read yet. The window is not opened for it yet.
    unread: Bytes,
    queue: Arc<Queue>,
    /// Whether the end was sent, and received.
    ended: bool,
    finished: bool,
    /// Taken until both sides have ended.
    slot: Option<Slot>,
    connection: Connection,
}

impl Stream {
    pub(super) fn new(
        sending: SendStream<Piece>,
        receiving: RecvStream,
        slot: Slot,
        connection: Connection,
    ) -> Self {
        let (unread, queue) = (Bytes::new(), Arc::default());
        Self {
            sending,
            receiving,
            unread,
            queue,
            ended: false,
            finished: false,
            slot: Some(slot),
            connection,
        }
    }

    /// The next bytes. An empty slice is the end.
    fn poll_unread(&mut self, context: &mut Context<'_>) -> Poll<io::Result<&mut Bytes>> {
        while self.unread.is_empty() && !self.finished {
            match ready!(self.receiving.poll_data(context)) {
                Some(Ok(bytes)) => self.unread = bytes,
                Some(Err(error)) => {
                    self.slot = None;
                    return Poll::Ready(Err(self.connection.why(error)));
                }
                None => {
                    self.finished = true;
                    self.free();
                }
            }
        }
        Poll::Ready(Ok(&mut self.unread))
    }

    /// How much may be sent now, at least one byte.
    fn poll_room(&mut self, wanted: usize, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        loop {
            self.sending.reserve_capacity(wanted);
            let room = self.sending.capacity();
            if room > 0 {
                return Poll::Ready(Ok(room.min(wanted)));
            }
            // A writer that waits, and may never continue, reserves only one byte of the window that all streams
            // share.
            self.sending.reserve_capacity(1);
            match ready!(self.sending.poll_capacity(context)) {
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(self.connection.why(error))),
                None => return Poll::Ready(Err(self.broken(context))),
            }
        }
    }

    fn poll_send(&mut self, slices: &[IoSlice<'_>], context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let wanted = slices.iter().map(|slice| slice.len()).sum::<usize>().min(FRAME);
        if self.ended {
            return Poll::Ready(Err(self.broken(context)));
        }
        if wanted == 0 {
            return Poll::Ready(Ok(0));
        }
        let room = ready!(self.poll_room(wanted, context))?;
        let mut bytes = BytesMut::with_capacity(room);
        for slice in slices {
            let left = room - bytes.len();
            bytes.extend_from_slice(slice.get(..left).unwrap_or(slice));
        }
        let sent = self.sending.send_data(self.queue.piece(bytes.freeze()), false);
        // Returns what was reserved and is not needed.
        self.sending.reserve_capacity(0);
        match sent {
            Ok(()) => Poll::Ready(Ok(room)),
            Err(_) => Poll::Ready(Err(self.broken(context))),
        }
    }

    /// Why nothing can be sent.
    fn broken(&mut self, context: &mut Context<'_>) -> io::Error {
        match self.sending.poll_reset(context) {
            Poll::Ready(Ok(reason)) => reset(reason),
            Poll::Ready(Err(error)) => self.connection.why(error),
            Poll::Pending => io::Error::new(io::ErrorKind::BrokenPipe, "the stream has been ended"),
        }
    }

    /// Frees the slot once both sides have ended.
    fn free(&mut self) {
        if self.ended && self.finished {
            self.slot = None;
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        // Like tokio's own streams, it counts into the budget of the task's turn.
        let turn = ready!(poll_proceed(context));
        let unread = ready!(this.poll_unread(context))?;
        turn.made_progress();
        let len = unread.len().min(buffer.remaining());
        buffer.put_slice(unread.get(..len).unwrap_or_default());
        unread.advance(len);
        if unread.is_empty() {
            // Drops the memory of the frame.
            *unread = Bytes::new();
        }
        // It fails only for more than was received.
        let _ = this.receiving.flow_control().release_capacity(len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().poll_send(&[IoSlice::new(bytes)], context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_send(slices, context)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Ready when the connection has written everything: anything left would be discarded with the stream.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.queue.poll_empty(context));
        if this.ended {
            return Poll::Ready(Ok(()));
        }
        // It may have been discarded.
        match this.sending.poll_reset(context) {
            Poll::Ready(Ok(reason)) => Poll::Ready(Err(reset(reason))),
            Poll::Ready(Err(error)) => Poll::Ready(Err(this.connection.why(error))),
            Poll::Pending => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.ended {
            if this.sending.send_data(this.queue.piece(Bytes::new()), true).is_err() {
                return Poll::Ready(Err(this.broken(context)));
            }
            this.ended = true;
            this.free();
        }
        this.queue.poll_empty(context).map(Ok)
    }
}
