//! The sleep that deadlines are made of.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use ::tokio::task::coop::unconstrained;
use ::tokio::time;
use pin_project_lite::pin_project;

pin_project! {
    /// A sleep that is ready when its time is over, whatever its task has done before in the same turn.
    ///
    /// tokio gives a task a budget for one turn, and a sleep of its own is never ready once streams have used that up:
    /// a peer that floods could put off every deadline.
    #[derive(Debug)]
    pub struct Sleep {
        #[pin]
        sleep: time::Sleep,
    }
}

/// A sleep from now on.
pub fn sleep(time: Duration) -> Sleep {
    Sleep { sleep: time::sleep(time) }
}

#[cfg(feature = "http2")]
impl Sleep {
    /// Whether its time is over.
    pub fn is_elapsed(&self) -> bool {
        self.sleep.deadline() <= time::Instant::now()
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        pin!(unconstrained(self.project().sleep)).poll(context)
    }
}
