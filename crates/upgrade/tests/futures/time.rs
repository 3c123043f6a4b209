//! A simulated clock. It stands still while any future has something to do.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use crate::simulated::Clock;

/// Runs a future. Time passes only when all futures wait.
pub(crate) fn run<T>(clock: &Clock, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let woken = Arc::<Woken>::default();
    let waker = Waker::from(Arc::clone(&woken));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => return done,
            // It lets others run, and has more to do itself.
            Poll::Pending if woken.take() => {}
            Poll::Pending => clock.pass(),
        }
    }
}

/// Whether a future asked to be polled again during its last poll.
#[derive(Default)]
pub(crate) struct Woken(AtomicBool);

impl Woken {
    pub(crate) fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Returns a sleep on this clock.
pub(crate) fn sleep(clock: &Clock) -> impl Fn(Duration) -> Pin<Box<dyn Future<Output = ()>>> + use<> {
    let clock = clock.clone();
    move |time| {
        let clock = clock.clone();
        let end = clock.now().saturating_add(time);
        Box::pin(poll_fn(move |_| {
            if clock.now() >= end {
                return Poll::Ready(());
            }
            clock.wait_until(end);
            Poll::Pending
        }))
    }
}
