//! How many streams a connection may have at a time (RFC 9113 §5.1.2), and who waits for one.
//!
//! The HTTP/2 library has a queue too, but it sends its requests even when they are no longer waited for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The streams of a connection, counted.
#[derive(Debug, Default)]
pub(super) struct Slots {
    counts: Mutex<Counts>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Counts {
    open: usize,
    /// What the server allows, once it is known.
    allowed: usize,
    closed: bool,
}

/// A slot for one stream, which is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Slot(Arc<Slots>);

impl Slots {
    /// Waits for a free slot. `None` if there will be none.
    pub(super) async fn take(self: &Arc<Self>) -> Option<Slot> {
        loop {
            // Enabled before the check, so that no change is missed.
            let changed = self.changed.notified();
            {
                let mut counts = self.counts();
                if counts.closed {
                    return None;
                }
                if counts.open < counts.allowed {
                    counts.open += 1;
                    return Some(Slot(Arc::clone(self)));
                }
            }
            changed.await;
        }
    }

    /// Sets how many streams may be open.
    pub(super) fn allow(&self, allowed: usize) {
        let mut counts = self.counts();
        let more = allowed > counts.allowed;
        counts.allowed = allowed;
        drop(counts);
        if more {
            self.changed.notify_waiters();
        }
    }

    /// There will be no more streams.
    pub(super) fn close(&self) {
        let before = std::mem::replace(&mut self.counts().closed, true);
        if !before {
            self.changed.notify_waiters();
        }
    }

    pub(super) fn are_closed(&self) -> bool {
        self.counts().closed
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.counts().open -= 1;
        self.0.changed.notify_one();
    }
}
