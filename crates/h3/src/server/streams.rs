//! How many streams a client may open (RFC 9000 §4.6).
//!
//! QUIC reserves memory for every stream that is announced, used or not. So few are announced at first, and more as
//! WebSocket streams are established: there is always room for some requests beside them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Streams that are announced at first: as many requests as a server should permit at a time (RFC 9114 §6.1). QUIC
/// reserves about 100 bytes for each of them.
pub(crate) const FIRST: u32 = 100;

/// The most streams of one connection, unless the caller says otherwise.
pub(crate) const MOST: u32 = 1_000;

/// The streams of a connection.
#[derive(Debug)]
pub(super) struct Streams {
    connection: quinn::Connection,
    most: u32,
    counts: Mutex<Counts>,
}

#[derive(Debug)]
struct Counts {
    established: u32,
    announced: u32,
}

/// The stream of an established WebSocket. Dropped, it counts no longer.
#[derive(Debug)]
pub(super) struct Established(Arc<Streams>);

impl Streams {
    pub(super) fn new(connection: quinn::Connection, most: u32) -> Self {
        let announced = FIRST.min(most);
        connection.set_max_concurrent_bi_streams(announced.into());
        Self { connection, most, counts: Mutex::new(Counts { established: 0, announced }) }
    }

    /// Counts a WebSocket that is established, and announces more streams if few are left.
    pub(super) fn establish(self: &Arc<Self>) -> Established {
        let mut counts = self.counts();
        counts.established += 1;
        // QUIC does not announce streams again that have ended, until they are an eighth of all.
        let wanted = counts.established.saturating_add(FIRST / 2 + counts.announced / 8);
        if wanted > counts.announced && counts.announced < self.most {
            counts.announced = counts.announced.saturating_mul(2).min(self.most);
            self.connection.set_max_concurrent_bi_streams(counts.announced.into());
        }
        drop(counts);
        Established(Arc::clone(self))
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Established {
    fn drop(&mut self) {
        self.0.counts().established -= 1;
    }
}
