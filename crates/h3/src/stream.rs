//! A WebSocket's stream of an HTTP/3 connection, as if it were the TCP connection of RFC 6455 (RFC 9220 §3).

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http3::error::Code;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::coop::poll_proceed;

use crate::ending::{Hold, end};
use crate::frames::reader::{Kind, Piece};
use crate::frames::receiving::Receiving;
use crate::frames::sending::Sending;

/// An established WebSocket over HTTP/3: one stream of a connection that may have many.
///
/// The bytes of both directions are the payloads of `DATA` frames (RFC 9114 §4.4). Whoever reads and writes them does
/// not see the frames.
///
/// Flow control: each stream has a window of its own, of 64 KiB if the connection was configured by this library. It
/// opens as bytes are read, so a stream that is not read stops its own peer, and no other stream. A write takes up to
/// 16 KiB, and is pending while the peer's window has no room.
///
/// - `flush` is ready when QUIC has taken everything that was written, for which the peer's window must have room. It
///   does not wait until the peer has received it. Flush after a message: the end of a frame for which there was no
///   room is sent by the next call that reads, writes, flushes or shuts down.
/// - `shutdown` is the orderly end of this side (FIN, RFC 9220 §3). The other side is still read.
/// - The end of reading is the orderly end of the peer's side.
/// - Dropped before both sides have ended, what has not ended is reset with `H3_REQUEST_CANCELLED`. Half a message is
///   never taken for a whole one. After `shutdown` it can be dropped at once: for up to 10 seconds a task of the
///   runtime delivers what was written.
///
/// # Errors
///
/// Each direction has its own. The text has the code of HTTP/3 (RFC 9114 §8.1).
///
/// | kind | what has happened |
/// |---|---|
/// | `ConnectionReset` | the peer has cancelled the stream, like a reset over TCP (RFC 9220 §3) |
/// | `ConnectionRefused` | the peer has not processed the stream (`H3_REQUEST_REJECTED`) |
/// | `BrokenPipe` | written after `shutdown`, or after the peer has said that it reads no more |
/// | `ConnectionAborted` | the connection was closed, here or by the peer |
/// | `TimedOut` | the connection was lost |
/// | `InvalidData` | the peer broke HTTP/3 or QUIC, for example by a frame other than `DATA` (RFC 9114 §4.4) |
///
/// # Cancel safety
///
/// As for a stream of TCP: a future of reading or flushing can be dropped, one of `write_all` may have written a part.
pub struct Stream {
    sending: Sending,
    receiving: Receiving,
    /// The rest of a frame that has not been read yet.
    unread: Bytes,
    hold: Hold,
}

impl Stream {
    pub(crate) fn new(sending: Sending, receiving: Receiving, hold: Hold) -> Self {
        Self { sending, receiving, unread: Bytes::new(), hold }
    }

    /// Ready when there are unread bytes, or when the other side has ended.
    fn poll_unread(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.unread.is_empty() {
            match ready!(self.receiving.poll_piece(context))? {
                Some(Piece::Payload(Kind::Data, bytes)) => self.unread = bytes,
                Some(Piece::Begin(Kind::Data, _)) => {}
                // RFC 9114 §4.4: only DATA frames may come now.
                Some(_) => {
                    return Poll::Ready(Err(self.receiving.unexpected("HEADERS on an established stream")));
                }
                None => break,
            }
        }
        Poll::Ready(Ok(()))
    }

    fn take_unread(&mut self, buffer: &mut ReadBuf<'_>) {
        let len = self.unread.len().min(buffer.remaining());
        buffer.put_slice(self.unread.get(..len).unwrap_or_default());
        self.unread.advance(len);
        if self.unread.is_empty() {
            // Drops the memory of the packet.
            self.unread = Bytes::new();
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
        if this.sending.is_inside_a_frame() {
            // An error of the other direction is told by the next write.
            let _ = this.sending.poll_flush(context);
        }
        ready!(this.poll_unread(context))?;
        turn.made_progress();
        this.take_unread(buffer);
        // A frame comes in several packets, and the next ones may be here.
        while buffer.remaining() > 0 && this.receiving.is_inside_a_frame() {
            // An error is told by the next call.
            let Poll::Ready(Ok(())) = this.poll_unread(context) else { break };
            this.take_unread(buffer);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let turn = ready!(poll_proceed(context));
        let written = ready!(self.get_mut().sending.poll_data(slices, context));
        turn.made_progress();
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().sending.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().sending.poll_finish(context)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let hold = Hold::clone(&self.hold);
        end(&self.sending, &mut self.receiving, Code::H3_REQUEST_CANCELLED, hold);
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("id", &self.sending.id()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
