//! Work that is often done at its first attempt.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Makes the first attempt on the stack, when the future is polled first. `attempt` returns its result or, if it has
/// to wait, the future of the rest.
///
/// So a handshake that is done at once allocates no state. The state of one that waits is in a box, which is freed at
/// the hand-off: the caller's future is small, and remains so.
pub(super) fn at_once<T, F, B>(attempt: F) -> AtOnce<F, B>
where
    F: FnOnce(&mut Context<'_>) -> Result<T, Pin<Box<B>>>,
    B: Future<Output = T>,
{
    AtOnce(State::New(attempt))
}

/// The future of [`at_once`].
pub(super) struct AtOnce<F, B>(State<F, B>);

enum State<F, B> {
    New(F),
    Waiting(Pin<Box<B>>),
    Done,
}

/// No field is structurally pinned.
impl<F, B> Unpin for AtOnce<F, B> {}

impl<T, F, B> Future for AtOnce<F, B>
where
    F: FnOnce(&mut Context<'_>) -> Result<T, Pin<Box<B>>>,
    B: Future<Output = T>,
{
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut rest = match mem::replace(&mut self.0, State::Done) {
            State::New(attempt) => match attempt(context) {
                Ok(done) => return Poll::Ready(done),
                Err(rest) => rest,
            },
            State::Waiting(rest) => rest,
            // A future that has ended is not polled again.
            State::Done => return Poll::Pending,
        };
        let polled = rest.as_mut().poll(context);
        if polled.is_pending() {
            self.0 = State::Waiting(rest);
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Pending, Ready, pending, ready};
    use std::task::Waker;

    use super::*;

    #[test]
    fn work_is_done_at_the_first_attempt_or_goes_on_in_a_box() {
        let mut context = Context::from_waker(Waker::noop());
        let mut done = at_once(|_| Ok::<_, Pin<Box<Pending<_>>>>(1));
        assert_eq!(Pin::new(&mut done).poll(&mut context), Poll::Ready(1));
        let mut rest = at_once(|_| Err::<i32, Pin<Box<Ready<_>>>>(Box::pin(ready(2))));
        assert_eq!(Pin::new(&mut rest).poll(&mut context), Poll::Ready(2));
        let mut waiting = at_once(|_| Err::<i32, _>(Box::pin(pending())));
        for _ in 0..2 {
            assert_eq!(Pin::new(&mut waiting).poll(&mut context), Poll::Pending);
        }
    }
}
