//! A stream and the deadline that it keeps by its timeouts.

#[cfg(feature = "rustls")]
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::runtime::{DeadlineSeen, Std};
use super::timed::{TimedStream, Timeouts};
use crate::drive::{Deadline, Stream};

/// The shortest timeout, for an attempt when no time is left.
const MOMENT: Duration = Duration::from_micros(1);

/// How long a write waits before what has arrived is looked at: a server may refuse a request that it does not read.
const TURN: Duration = Duration::from_millis(20);

/// A stream of which no call waits beyond the deadline.
#[derive(Debug)]
pub(crate) struct Bounded<S> {
    io: S,
    /// The timeouts that the stream had before.
    timeouts: Timeouts,
    /// `None` if it is beyond the clock.
    until: Option<Instant>,
    over: Arc<AtomicBool>,
    /// The time for the next bytes, and whether it is over.
    pause: Option<(Instant, Arc<AtomicBool>)>,
    /// Whether a write has timed out. Then writes and reads take turns.
    stuck: bool,
    hurried: bool,
}

/// No field is structurally pinned.
impl<S> Unpin for Bounded<S> {}

impl<S: TimedStream> Bounded<S> {
    /// A deadline from now on.
    pub(super) fn new(io: S, time: Duration) -> io::Result<(Self, Deadline<DeadlineSeen>)> {
        let until = io.now().checked_add(time);
        Self::until(io, until)
    }

    /// A deadline that has begun already.
    pub(super) fn until(io: S, until: Option<Instant>) -> io::Result<(Self, Deadline<DeadlineSeen>)> {
        let (timeouts, over) = (io.timeouts()?, Arc::<AtomicBool>::default());
        let deadline = Deadline::new(DeadlineSeen(Arc::clone(&over)));
        Ok((Self { io, timeouts, until, over, pause: None, stuck: false, hurried: false }, deadline))
    }

    /// A time for the next bytes, from now on. It ends while they are waited for.
    pub(super) fn pause(&mut self, time: Duration) -> DeadlineSeen {
        let over = Arc::<AtomicBool>::default();
        self.pause = self.io.now().checked_add(time).map(|until| (until, Arc::clone(&over)));
        DeadlineSeen(over)
    }

    /// Sends what there is to send; with TLS, that begins with its handshake.
    #[cfg(feature = "rustls")]
    pub(super) async fn flushed(&mut self) -> io::Result<()> {
        poll_fn(|_| self.call_writing(S::flush_once)).await
    }

    /// The stream, with the timeouts that it had before.
    pub(super) fn into_inner(mut self) -> S {
        // If this fails, the stream has failed, and its next call reports that.
        let _ = self.io.set_timeouts(self.timeouts);
        self.io
    }

    /// Repeats a call until it has a result, or the deadline or the turn has ended. It calls at least once, even if no
    /// time is left.
    fn call<T>(
        &mut self,
        turn: Option<Instant>,
        mut call: impl FnMut(&mut S) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        let mut tried = false;
        loop {
            let now = self.io.now();
            let left = |end: Option<Instant>| end.map(|end| end.saturating_duration_since(now));
            let (to_deadline, to_turn) = (left(self.until), left(turn));
            let last = self.hurried || self.has_passed(now);
            let turn_over = to_turn == Some(Duration::ZERO);
            if tried && turn_over && !last {
                return Poll::Pending;
            }
            tried = true;
            let at_once = last || turn_over;
            let time = if at_once { Some(MOMENT) } else { to_deadline.into_iter().chain(to_turn).min() };
            self.io.set_timeouts(Timeouts::both(time))?;
            match call(&mut self.io) {
                Err(error) if waits(&error) && last => return Poll::Pending,
                Err(error) if waits(&error) => {}
                called => return Poll::Ready(called),
            }
        }
    }

    /// Whether the deadline has passed. If so, it wakes whoever waits for it.
    fn has_passed(&self, now: Instant) -> bool {
        let passed = self.until.is_some_and(|until| until <= now);
        if passed {
            self.over.store(true, Ordering::Relaxed);
        }
        passed
    }

    /// Writes, and notes whether the write has to wait for the peer.
    fn call_writing<T>(&mut self, call: impl FnMut(&mut S) -> io::Result<T>) -> Poll<io::Result<T>> {
        let called = self.call(self.io.now().checked_add(TURN), call);
        self.stuck = called.is_pending();
        called
    }
}

/// Whether a call that waited has done nothing yet.
fn waits(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

impl<S: TimedStream> Stream<Std> for Bounded<S> {
    fn poll_read_some<T>(
        &mut self,
        _: &mut Context<'_>,
        take: &mut impl FnMut(&mut [u8]) -> T,
    ) -> Poll<io::Result<T>> {
        // A peer that sends a little again and again can't put off the deadline.
        if !self.hurried && self.has_passed(self.io.now()) {
            return Poll::Pending;
        }
        // Room for nearly every head, so that it is read and judged once.
        let mut space = [0; 8192];
        let turn = if self.stuck { self.io.now().checked_add(TURN) } else { None };
        let pause = self.pause.as_ref().map(|(until, _)| *until);
        let len = self.call(turn.into_iter().chain(pause).min(), |io| io.read_once(&mut space));
        if let Some((until, over)) = self.pause.as_ref().filter(|_| len.is_pending()) {
            over.store(*until <= self.io.now(), Ordering::Relaxed);
        }
        len.map_ok(|len| take(space.get_mut(..len).unwrap_or_default()))
    }

    fn poll_write_some(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.call_writing(|io| io.write_once(bytes))
    }

    fn poll_send(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.call_writing(S::flush_once)
    }

    fn poll_end(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.call_writing(S::end)
    }

    fn hurry(&mut self) {
        self.hurried = true;
    }
}
