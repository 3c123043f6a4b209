//! One absolute deadline for everything a handshake does.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// A sleep that is started once and outlives every wait of a handshake.
pub struct Deadline<F> {
    /// `None` once the deadline has passed: a future that has ended must not be polled again.
    sleep: Option<Pin<Box<F>>>,
}

/// The deadline has passed.
#[derive(Debug)]
pub struct DeadlinePassed;

impl<F: Future> Deadline<F> {
    pub(crate) fn new(sleep: F) -> Self {
        Self { sleep: Some(Box::pin(sleep)) }
    }

    /// The result of `work`, unless the deadline passes first. Work that is ready at its first poll is never too late.
    ///
    /// # Errors
    ///
    /// If the deadline has passed.
    pub async fn within<T>(&mut self, work: impl Future<Output = T>) -> Result<T, DeadlinePassed> {
        let mut work = pin!(work);
        let mut begun = false;
        poll_fn(|context| {
            // Work that always has something to read can use up the budget of the task's turn, and a sleep polled
            // after it would never be ready: so the sleep is polled first. The first poll skips it, since most work is
            // done at once and then needs no timer.
            let over = begun && self.is_over(context);
            begun = true;
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Ok(done));
            }
            // A blocking stream reads the clock only while it works, so the sleep is polled again.
            if over || self.is_over(context) { Poll::Ready(Err(DeadlinePassed)) } else { Poll::Pending }
        })
        .await
    }

    fn is_over(&mut self, context: &mut Context<'_>) -> bool {
        let over = self.sleep.as_mut().is_none_or(|sleep| sleep.as_mut().poll(context).is_ready());
        if over {
            self.sleep = None;
        }
        over
    }

    /// The same with an earlier deadline, for the phase that the work is.
    ///
    /// # Errors
    ///
    /// If one of the two has passed.
    pub async fn within_phase<T>(
        &mut self,
        phase: Option<F>,
        work: impl Future<Output = T>,
    ) -> Result<T, DeadlinePassed> {
        // Pinned here, so that the futures below hold a pointer and not the whole of it.
        let work = pin!(work);
        match phase {
            None => self.within(work).await,
            Some(sleep) => self.within(Self::new(sleep).within(work)).await.unwrap_or(Err(DeadlinePassed)),
        }
    }
}

impl<F> fmt::Debug for Deadline<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadline").field("passed", &self.sleep.is_none()).finish()
    }
}
