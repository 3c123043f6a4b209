//! What was measured so far: times, counts, and failures by reason.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::{CreationError, Histogram};
use websocket_upgrade::{ConnectError, Phase, Report};

use crate::exit::Exit;
use crate::failure::Failure;

/// The phases that are shown by themselves.
pub(crate) const PHASES: [Phase; 5] =
    [Phase::Resolve, Phase::Connect, Phase::Proxy, Phase::Tls, Phase::Handshake];

/// How many reasons are told apart. A server that says something else each time can't fill the memory.
const REASONS: usize = 50;

/// What was measured so far, shared by all tasks.
#[derive(Debug)]
pub(crate) struct Tally(Mutex<Measured>);

/// The numbers.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// From the intended beginning, in microseconds.
    pub(crate) latency: Histogram<u64>,
    /// From the real beginning, in microseconds.
    pub(crate) service: Histogram<u64>,
    /// In the order of [`PHASES`], in microseconds.
    pub(crate) phases: [Histogram<u64>; PHASES.len()],
    pub(crate) failures: BTreeMap<Reason, u64>,
    pub(crate) failed: u64,
    /// The exit code of the first failure.
    pub(crate) exit: Option<Exit>,
    /// How many were due before the end, and were not begun.
    pub(crate) not_begun: u64,
    /// How many were given up by Ctrl-C.
    pub(crate) given_up: u64,
    /// How many connections are open, and how many were open at a time.
    pub(crate) open: u64,
    pub(crate) most_open: u64,
    /// How many connections have ended while they were kept open.
    pub(crate) lost: u64,
}

/// A reason of failures, as they are counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reason {
    /// One of a fixed set of words.
    pub(crate) label: &'static str,
    /// The status of a refusal.
    pub(crate) status: Option<u16>,
    pub(crate) text: String,
}

impl Tally {
    pub(crate) fn new() -> Result<Self, Failure> {
        let times = times().map_err(|error| Failure::new(Exit::Local, error))?;
        Ok(Self(Mutex::new(Measured {
            latency: times.clone(),
            service: times.clone(),
            phases: std::array::from_fn(|_| times.clone()),
            failures: BTreeMap::new(),
            failed: 0,
            exit: None,
            not_begun: 0,
            given_up: 0,
            open: 0,
            most_open: 0,
            lost: 0,
        })))
    }

    /// The numbers, locked.
    pub(crate) fn numbers(&self) -> MutexGuard<'_, Measured> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A handshake that was established after these times.
    pub(crate) fn established(&self, latency: Duration, service: Duration, report: &Report) {
        let mut numbers = self.numbers();
        numbers.latency.saturating_record(micros(latency));
        numbers.service.saturating_record(micros(service));
        for (histogram, phase) in numbers.phases.iter_mut().zip(PHASES) {
            if let Some(time) = report.times.of(phase) {
                histogram.saturating_record(micros(time));
            }
        }
    }

    /// A handshake that has failed.
    pub(crate) fn failed(&self, error: &ConnectError, exit: Exit) {
        let reason = Reason::of(error);
        let mut numbers = self.numbers();
        numbers.failed += 1;
        numbers.exit.get_or_insert(exit);
        let known = numbers.failures.len() < REASONS || numbers.failures.contains_key(&reason);
        let reason = if known { reason } else { Reason { text: String::from("others"), ..reason } };
        *numbers.failures.entry(reason).or_default() += 1;
    }

    /// A connection that is kept open from here on.
    pub(crate) fn opened(&self) {
        let mut numbers = self.numbers();
        numbers.open += 1;
        numbers.most_open = numbers.most_open.max(numbers.open);
    }

    /// The end of a connection that was kept open.
    pub(crate) fn closed(&self, lost: bool) {
        let mut numbers = self.numbers();
        numbers.open = numbers.open.saturating_sub(1);
        numbers.lost += u64::from(lost);
    }
}

impl Measured {
    /// How many were established.
    pub(crate) fn established(&self) -> u64 {
        self.latency.len()
    }
}

impl Reason {
    fn of(error: &ConnectError) -> Self {
        let status = error.refused().map(websocket_upgrade::Refused::status);
        let text = error.reason().to_string();
        let text = text.char_indices().nth(200).map_or(text.as_str(), |(end, _)| &text[..end]).to_owned();
        Self { label: error.reason().label(), status, text }
    }
}

/// Microseconds up to an hour, with three digits.
fn times() -> Result<Histogram<u64>, CreationError> {
    Histogram::new_with_bounds(1, 3_600_000_000, 3)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
