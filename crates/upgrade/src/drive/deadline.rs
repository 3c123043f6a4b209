//! One absolute deadline for everything a handshake does.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// A sleep that is started once and outlives every wait of a handshake.
pub(crate) struct Deadline<F> {
    /// Nothing once it is over: a future that has ended is not asked again.
    sleep: Option<Pin<Box<F>>>,
}

/// There is no more time.
#[derive(Debug)]
pub(crate) struct Passed;

impl<F: Future> Deadline<F> {
    pub(crate) fn new(sleep: F) -> Self {
        Self { sleep: Some(Box::pin(sleep)) }
    }

    /// What `work` gives, unless the deadline comes before. Work that is ready at once is never too late.
    pub(crate) async fn within<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Passed> {
        let mut work = pin!(work);
        let mut begun = false;
        poll_fn(|context| {
            // Work that always has something to read can use up what the runtime lets a task do in one turn, and the
            // sleep is never ready behind it: it is asked first. It is not asked before the work has begun, which is
            // done at once as a rule and then needs no timer.
            let over = begun && self.is_over(context);
            begun = true;
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Ok(done));
            }
            // A blocking stream looks at the clock while it works.
            if over || self.is_over(context) { Poll::Ready(Err(Passed)) } else { Poll::Pending }
        })
        .await
    }

    /// What it waits for, unless it is over.
    #[cfg(feature = "connect")]
    pub(crate) fn sleep(&self) -> Option<&F> {
        self.sleep.as_deref()
    }

    fn is_over(&mut self, context: &mut Context<'_>) -> bool {
        let over = self.sleep.as_mut().is_none_or(|sleep| sleep.as_mut().poll(context).is_ready());
        if over {
            self.sleep = None;
        }
        over
    }

    /// The same with an earlier deadline, for the phase that the work is.
    pub(crate) async fn within_phase<T>(
        &mut self,
        phase: Option<F>,
        work: impl Future<Output = T>,
    ) -> Result<T, Passed> {
        // A future that is handed on is in the state of everyone who has it: a pointer to it is small.
        let work = pin!(work);
        match phase {
            None => self.within(work).await,
            Some(sleep) => self.within(Self::new(sleep).within(work)).await.unwrap_or(Err(Passed)),
        }
    }
}

impl<F> fmt::Debug for Deadline<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadline").field("passed", &self.sleep.is_none()).finish()
    }
}
