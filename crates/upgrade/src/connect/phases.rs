//! The phases in which a connection is made: each is reported, and has its time.

use std::pin::pin;

use crate::client::options::ClientOptions;
use crate::client::reason::ConnectReason;
use crate::client::report::Phase;
use crate::client::trace::Trace;
use crate::drive::Deadline;
use crate::tokio::{Sleep, sleep};

/// The phases of one connection attempt, with its options, its report and its deadline.
pub(crate) struct Phases<'d> {
    pub(super) options: &'d ClientOptions,
    pub(super) trace: &'d mut Trace,
    deadline: &'d mut Deadline<Sleep>,
}

impl<'d> Phases<'d> {
    pub(crate) fn new(
        options: &'d ClientOptions,
        trace: &'d mut Trace,
        deadline: &'d mut Deadline<Sleep>,
    ) -> Self {
        Self { options, trace, deadline }
    }

    /// The result of the work of a phase, if it is done in time.
    pub(super) async fn run<T>(
        &mut self,
        phase: Phase,
        work: impl Future<Output = T>,
    ) -> Result<T, ConnectReason> {
        self.trace.enter(phase);
        let own = self.options.phase_time(phase).map(sleep);
        let work = pin!(work);
        self.deadline.within_phase(own, work).await.map_err(|_| ConnectReason::Deadline)
    }
}
