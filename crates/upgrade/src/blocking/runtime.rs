//! The runtime of the blocking driver: a loop that polls, and a deadline that only its streams know.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use crate::drive::Runtime;

/// The runtime of the blocking driver, which has none.
#[derive(Debug)]
pub(crate) struct Std(());

impl Runtime for Std {
    type Sleep = DeadlineSeen;
}

/// Ends once the stream has seen that the deadline has passed. Only the stream reads the clock.
#[derive(Debug)]
pub(crate) struct DeadlineSeen(pub(super) Arc<AtomicBool>);

impl Future for DeadlineSeen {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.0.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Runs a future that waits only for [`Bounded`](super::bounded::Bounded) streams. They block inside their calls, so
/// it can be polled in a loop.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
}
