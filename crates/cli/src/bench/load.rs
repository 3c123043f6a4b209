//! The load: handshakes at a concurrency, or at a rate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use super::opener::Opener;
use super::rate::Rate;

/// How long the thread that keeps the rate sleeps at most, before it looks whether it is still needed.
const NAP: Duration = Duration::from_millis(50);

/// How handshakes begin, and when no more do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) concurrency: usize,
    pub(crate) rate: Option<Rate>,
    pub(crate) number: Option<u64>,
    pub(crate) time: Option<Duration>,
}

/// Runs the load until its number or time is reached, or the run is stopped. Handshakes under way at the end of the
/// time are waited for; those under way at the stop are given up.
pub(crate) async fn run(load: Load, opener: Arc<Opener>, stopped: watch::Receiver<bool>) {
    match load.rate {
        None => at_a_concurrency(load, opener, stopped).await,
        Some(rate) => at_a_rate(load, rate, opener, stopped).await,
    }
}

/// Each worker begins a handshake when its last one is done.
async fn at_a_concurrency(load: Load, opener: Arc<Opener>, stopped: watch::Receiver<bool>) {
    let (start, taken) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let mut workers = JoinSet::new();
    for _ in 0..load.concurrency {
        let (opener, taken, stopped) = (Arc::clone(&opener), Arc::clone(&taken), stopped.clone());
        workers.spawn(async move {
            let in_time = || load.time.is_none_or(|time| start.elapsed() < time);
            while in_time() && !*stopped.borrow() && takes_one(&taken, load.number) {
                if let Some(established) = opener.open(Instant::now()).await {
                    opener.leave(established).await;
                }
            }
        });
    }
    while workers.join_next().await.is_some() {}
}

/// Takes one of the number of handshakes, if there are any left.
fn takes_one(taken: &AtomicU64, number: Option<u64>) -> bool {
    let next =
        |taken: u64| if number.is_none_or(|number| taken < number) { taken.checked_add(1) } else { None };
    taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
}

/// A thread says when each handshake is due. Each has a task, as soon as there are fewer under way than the
/// concurrency allows.
async fn at_a_rate(load: Load, rate: Rate, opener: Arc<Opener>, mut stopped: watch::Receiver<bool>) {
    let (due, mut dues) = mpsc::unbounded_channel();
    let over = Arc::new(AtomicBool::new(false));
    let pace = Pace { rate, number: load.number, time: load.time, over: Arc::clone(&over) };
    // A timer of tokio is up to a millisecond late, which is more than a handshake on one machine takes.
    thread::spawn(move || pace.keep(&due));
    let began = Instant::now();
    let room = Arc::new(Semaphore::new(load.concurrency));
    let mut tasks = JoinSet::new();
    loop {
        let due = tokio::select! {
            due = dues.recv() => due,
            _ = stopped.wait_for(|stopped| *stopped) => None,
        };
        let Some(due) = due else { break };
        let permit = tokio::select! {
            permit = Arc::clone(&room).acquire_owned() => permit,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        let Ok(permit) = permit else { break };
        if load.time.is_some_and(|time| began.elapsed() >= time) {
            opener.tally.numbers().not_begun += 1;
            continue;
        }
        let opener = Arc::clone(&opener);
        tasks.spawn(async move {
            let established = opener.open(due).await;
            // What is done with the connection is no part of the handshake.
            drop(permit);
            if let Some(established) = established {
                opener.leave(established).await;
            }
        });
        // The results of those that have ended are nothing, and are not kept.
        while tasks.try_join_next().is_some() {}
    }
    over.store(true, Ordering::Relaxed);
    while tasks.join_next().await.is_some() {}
}

/// The thread that keeps the rate.
struct Pace {
    rate: Rate,
    number: Option<u64>,
    time: Option<Duration>,
    over: Arc<AtomicBool>,
}

impl Pace {
    fn keep(&self, due: &mpsc::UnboundedSender<Instant>) {
        let began = Instant::now();
        for index in 0..self.number.unwrap_or(u64::MAX) {
            let after = self.rate.due(index);
            if self.time.is_some_and(|time| after >= time) {
                return;
            }
            loop {
                if self.over.load(Ordering::Relaxed) {
                    return;
                }
                let left = after.saturating_sub(began.elapsed());
                if left.is_zero() {
                    break;
                }
                thread::sleep(left.min(NAP));
            }
            let Some(at) = began.checked_add(after) else { return };
            if due.send(at).is_err() {
                return;
            }
        }
    }
}
