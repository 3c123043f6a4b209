//! Time of a clock that stands still while anyone has something to do.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::simulated::Clock;

/// Time passes only when all wait.
pub(crate) fn run<T>(clock: &Clock, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => return done,
            Poll::Pending => clock.pass(),
        }
    }
}

/// A sleep on this clock.
pub(crate) fn sleep(clock: &Clock) -> impl FnOnce(Duration) -> Pin<Box<dyn Future<Output = ()>>> + use<> {
    let clock = clock.clone();
    move |time| {
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
