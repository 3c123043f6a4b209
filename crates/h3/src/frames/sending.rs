//! The half of a request stream that is sent.

use std::io::{self, IoSlice};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};

use bytes::{BufMut, Bytes, BytesMut};
use http3::error::Code;
use quinn::{VarInt, WriteError};

use super::reader::put_integer;
use crate::codes;

/// Bytes of payload that are written in one frame at the most.
pub(crate) const FRAME: usize = 16 * 1024;

/// The longest header of a frame that is written here: its type in 1 byte, and its length.
const HEADER: usize = 9;

/// Writes frames. A frame is written as a whole: what flow control has no room for is kept here, and written before
/// anything else.
///
/// Dropped before its end, it is reset with `H3_REQUEST_CANCELLED`.
#[derive(Debug)]
pub(crate) struct Sending {
    stream: quinn::SendStream,
    /// The rest of a frame whose beginning has been written.
    rest: Bytes,
    /// Those who wait until there is room for the rest.
    waiting: Option<Arc<Waiting>>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// FIN has been handed over.
    Finished,
    /// The peer reads no more.
    Stopped(VarInt),
    /// Reset here.
    Reset,
}

impl Sending {
    pub(crate) fn new(stream: quinn::SendStream) -> Self {
        Self { stream, rest: Bytes::new(), waiting: None, state: State::Open }
    }

    pub(crate) fn id(&self) -> u64 {
        self.stream.id().into()
    }

    /// Begins a `DATA` frame with as much of the slices as fits into one, and returns how much that is. It is pending
    /// until flow control has room for the first byte.
    pub(crate) fn poll_data(
        &mut self,
        slices: &[IoSlice<'_>],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_flush(context))?;
        let room = slices.iter().map(|slice| slice.len()).sum::<usize>().min(FRAME);
        if room == 0 {
            return Poll::Ready(Ok(0));
        }
        let mut frame = BytesMut::with_capacity(HEADER + room);
        frame.put_u8(0x00);
        put_integer(room as u64, &mut frame);
        let mut left = room;
        for slice in slices {
            let part = slice.get(..left).unwrap_or(slice);
            frame.put_slice(part);
            left -= part.len();
        }
        let mut frame = frame.freeze();
        // If nothing is written, nothing is announced either.
        ready!(self.poll_write(&mut frame, context))?;
        self.rest = frame;
        Poll::Ready(Ok(room))
    }

    /// Begins a `HEADERS` frame with this field section. [`poll_flush`](Self::poll_flush) writes it.
    pub(crate) fn put_headers(&mut self, section: &[u8]) -> io::Result<()> {
        self.check()?;
        let mut frame = BytesMut::with_capacity(self.rest.len() + HEADER + section.len());
        frame.put_slice(&self.rest);
        frame.put_u8(0x01);
        put_integer(section.len() as u64, &mut frame);
        frame.put_slice(section);
        self.rest = frame.freeze();
        Ok(())
    }

    /// Ready when QUIC has taken every byte.
    pub(crate) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.rest.is_empty() {
            return Poll::Ready(if self.is_finished() { Ok(()) } else { self.check() });
        }
        // The halves of a stream may be used by two tasks. Both are woken, as both write the rest.
        let waiting = Arc::clone(self.waiting.get_or_insert_default());
        waiting.add(context.waker());
        let waker = Waker::from(waiting);
        let mut rest = std::mem::take(&mut self.rest);
        while !rest.is_empty() {
            let written = self.poll_write(&mut rest, &mut Context::from_waker(&waker));
            match written {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.rest = rest;
                    return Poll::Pending;
                }
            }
        }
        self.waiting = None;
        Poll::Ready(Ok(()))
    }

    /// Whether a frame has been begun and not written to its end.
    pub(crate) fn is_inside_a_frame(&self) -> bool {
        !self.rest.is_empty()
    }

    /// Ends the stream in an orderly way (FIN), behind everything that was written.
    pub(crate) fn poll_finish(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.state == State::Finished {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_flush(context))?;
        // To write nothing fails if the connection is lost, and to finish does not.
        let lost = pin!(self.stream.write_chunks(&mut [])).poll(context);
        if let Poll::Ready(Err(error @ WriteError::ConnectionLost(_))) = lost {
            return Poll::Ready(Err(codes::write(&error)));
        }
        match self.stream.finish() {
            Ok(()) => {
                self.state = State::Finished;
                Poll::Ready(Ok(()))
            }
            Err(_) => Poll::Ready(Err(codes::finished())),
        }
    }

    /// Whether FIN has been handed over.
    pub(crate) fn is_finished(&self) -> bool {
        self.state == State::Finished
    }

    /// Ends the stream at once, whatever was written, unless it has ended.
    pub(crate) fn reset(&mut self, code: Code) {
        if self.state == State::Open {
            self.state = State::Reset;
            self.rest = Bytes::new();
            // It fails only if the stream has ended.
            let _ = self.stream.reset(codes::to_varint(code));
        }
    }

    /// Ready when the peer's QUIC has received everything, or never will.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        let stopped = self.stream.stopped();
        async move {
            let _ = stopped.await;
        }
    }

    fn check(&self) -> io::Result<()> {
        match self.state {
            State::Open => Ok(()),
            State::Stopped(code) => Err(codes::stopped(code)),
            State::Finished | State::Reset => Err(codes::finished()),
        }
    }

    fn poll_write(&mut self, bytes: &mut Bytes, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        let chunks = std::slice::from_mut(bytes);
        let written = ready!(pin!(self.stream.write_chunks(chunks)).poll(context));
        Poll::Ready(written.map(|_| ()).map_err(|error| {
            if let WriteError::Stopped(code) = error {
                self.state = State::Stopped(code);
                self.rest = Bytes::new();
                // RFC 9000 §3.5: the answer is a reset with the same code.
                let _ = self.stream.reset(code);
            }
            codes::write(&error)
        }))
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.reset(Code::H3_REQUEST_CANCELLED);
    }
}

/// The tasks that wait for one stream: the last one that reads, and the last one that writes, are among them.
#[derive(Debug, Default)]
struct Waiting(Mutex<Vec<Waker>>);

impl Waiting {
    fn add(&self, waker: &Waker) {
        let mut wakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !wakers.iter().any(|known| known.will_wake(waker)) {
            // Only two tasks can share a stream; others have used it before.
            if wakers.len() == WAITING {
                wakers.remove(0);
            }
            wakers.push(waker.clone());
        }
    }
}

/// Wakers that are kept: a task can have more than one.
const WAITING: usize = 8;

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        let wakers = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        wakers.into_iter().for_each(Waker::wake);
    }
}
