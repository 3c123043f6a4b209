//! Whether the server of a connection is still there.
//!
//! As long as requests are answered, nothing is done. After a request without an answer in time there is doubt: the
//! connection's task sends a PING (RFC 9113 §6.7), which a server that is there answers at once. If there is no
//! answer, the connection gets no further requests. Its open streams are left to their users.

use std::task::{Context, Poll};
use std::time::Duration;

use h2::{Ping, PingPong};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// Time for the answer to a PING, at most.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is known of the server, shared by the users of a connection and its task.
#[derive(Debug, Default)]
pub struct Liveness(watch::Sender<Option<Instant>>);

impl Liveness {
    /// Notes a doubt, which begins now unless there was one already.
    pub fn doubt(&self) {
        self.0.send_if_modified(|since| {
            since.get_or_insert_with(Instant::now);
            false
        });
    }

    /// Notes that the server has shown that it is there.
    pub fn trust(&self) {
        self.0.send_if_modified(|since| since.take().is_some());
    }

    /// Whether the server seems to be there. If there is doubt, this waits for the answer to the PING: at most a
    /// second from the doubt on, and at most `time` from now.
    pub async fn answers(&self, time: Duration) -> bool {
        let Some(since) = *self.0.borrow() else { return true };
        // A longer time makes no difference, and may be beyond the clock.
        let until = (since + PATIENCE).min(Instant::now() + time.min(PATIENCE));
        timeout_at(until, self.0.subscribe().wait_for(Option::is_none)).await.is_ok_and(|seen| seen.is_ok())
    }
}

/// The PING frames of a connection, one at a time.
#[derive(Default)]
pub(super) struct Pings {
    pings: Option<PingPong>,
    waits: bool,
}

impl Pings {
    /// Sets what PING frames are sent with.
    pub(super) fn give(&mut self, pings: PingPong) {
        self.pings = Some(pings);
    }

    /// Sends a PING, unless the answer to one is awaited.
    pub(super) fn send(&mut self, liveness: &Liveness) {
        // A sign of life that came in the meantime was older than this doubt.
        liveness.doubt();
        if let (Some(pings), false) = (&mut self.pings, self.waits) {
            self.waits = pings.send_ping(Ping::opaque()).is_ok();
        }
    }

    /// Takes the answer, if it has arrived.
    pub(super) fn poll_answer(&mut self, liveness: &Liveness, context: &mut Context<'_>) {
        if let (Some(pings), true) = (&mut self.pings, self.waits) {
            if let Poll::Ready(answer) = pings.poll_pong(context) {
                self.waits = false;
                if answer.is_ok() {
                    liveness.trust();
                }
            }
        }
    }
}
