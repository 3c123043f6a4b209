//! Bytes that a stream has handed to its connection. The stream knows when they have been written.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{Buf, Bytes};

/// Bytes in the connection's queue. The connection drops them when they have been written, or when they never will be.
#[derive(Debug)]
pub(super) struct Piece {
    bytes: Bytes,
    queue: Arc<Queue>,
}

/// The pieces of one stream in the connection's queue.
///
/// Pieces that are still in the queue when the stream is dropped are discarded. So a flush waits until there are none.
#[derive(Debug, Default)]
pub(super) struct Queue(Mutex<Queued>);

#[derive(Debug, Default)]
struct Queued {
    pieces: usize,
    waits: Option<Waker>,
}

impl Queue {
    pub(super) fn piece(self: &Arc<Self>, bytes: Bytes) -> Piece {
        self.queued().pieces += 1;
        Piece { bytes, queue: Arc::clone(self) }
    }

    /// Ready when the connection has taken everything.
    pub(super) fn poll_empty(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut queued = self.queued();
        if queued.pieces == 0 {
            return Poll::Ready(());
        }
        queued.waits = Some(context.waker().clone());
        Poll::Pending
    }

    fn queued(&self) -> MutexGuard<'_, Queued> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let mut queued = self.queue.queued();
        queued.pieces -= 1;
        let waits = if queued.pieces == 0 { queued.waits.take() } else { None };
        drop(queued);
        if let Some(waker) = waits {
            waker.wake();
        }
    }
}
