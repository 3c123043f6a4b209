//! The report of a client's connection while it is made.

#[cfg(all(feature = "rustls", dials))]
use std::io;
use std::time::Instant;

use super::error::ConnectError;
use super::reason::ConnectReason;
#[cfg(all(feature = "rustls", dials))]
use super::report::TlsReport;
use super::report::{Phase, Report};
#[cfg(dials)]
use super::watch::{ClientEvent, Watcher};

/// The report of a client's connection while it is made, with the current phase.
#[derive(Debug)]
pub struct Trace {
    /// What is known so far.
    pub report: Report,
    phase: Phase,
    since: Instant,
    #[cfg(dials)]
    watcher: Watcher,
}

impl Trace {
    /// A report that begins now.
    #[allow(clippy::new_without_default)] // it reads the clock
    pub fn new() -> Self {
        Self::since(Instant::now(), Phase::Prepare)
    }

    /// The report of a connection that is in this phase since then. The time before it counts for none.
    pub fn since(since: Instant, phase: Phase) -> Self {
        Self {
            report: Report::default(),
            phase,
            since,
            #[cfg(dials)]
            watcher: Watcher::default(),
        }
    }

    /// The report of a connection whose phases are told to this function.
    #[cfg(dials)]
    pub(crate) fn watched(watcher: &Watcher) -> Self {
        Self { watcher: watcher.clone(), ..Self::new() }
    }

    /// Enters a phase: time from here on counts for it.
    #[cfg(dials)]
    pub fn enter(&mut self, phase: Phase) {
        if phase != self.phase {
            self.watcher.tell(ClientEvent::Phase(phase));
        }
        self.count_for(phase);
    }

    /// Counts the time up to now for the current phase, and from here on for this one.
    fn count_for(&mut self, phase: Phase) {
        let now = Instant::now();
        self.report.times.add(self.phase, now.saturating_duration_since(self.since));
        (self.phase, self.since) = (phase, now);
    }

    /// Takes over what another report says of the connection, and the phase that it had reached.
    #[cfg(feature = "proxy")]
    pub(crate) fn adopt(&mut self, report: &Report, phase: Phase) {
        self.report.times = report.times;
        self.report.proxy.clone_from(&report.proxy);
        self.report.remote_address = report.remote_address;
        self.report.tls.clone_from(&report.tls);
        (self.phase, self.since) = (phase, Instant::now());
    }

    /// The reason for a failed TLS handshake. Reports the subject of the certificate if one was rejected.
    #[cfg(all(feature = "rustls", dials))]
    pub fn tls_failed(&mut self, (error, subject): (io::Error, Option<String>)) -> ConnectReason {
        self.report.tls = subject.map(|subject| TlsReport { subject: Some(subject), ..TlsReport::default() });
        ConnectReason::Tls(error)
    }

    /// The finished report of a connection.
    pub fn finish(mut self) -> Report {
        self.count_for(Phase::Prepare);
        self.report
    }

    /// The error with which the connection attempt ends.
    pub fn failed(self, reason: ConnectReason) -> ConnectError {
        let phase = self.phase;
        ConnectError::new(phase, reason, self.finish())
    }
}
