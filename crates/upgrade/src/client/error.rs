//! A client's failure, whole.

use std::error::Error;
use std::fmt;

use super::reason::ConnectReason;
use super::refused::Refused;
use super::report::{Phase, Report};
use super::retry::Retry;
use crate::head::ResponseHead;

/// Why a client has no connection, and how far it came.
///
/// `{}` shows the reason in one line. `{:#}` adds its causes, and the [`Report`] in a second line. With the feature
/// `serde` the error can be written as one record.
pub struct ConnectError(Box<Failure>);

struct Failure {
    phase: Phase,
    reason: ConnectReason,
    interim: Vec<ResponseHead>,
    report: Report,
}

impl ConnectError {
    /// Why.
    pub fn reason(&self) -> &ConnectReason {
        &self.0.reason
    }

    /// Why, to keep.
    pub fn into_reason(self) -> ConnectReason {
        self.0.reason
    }

    /// What was under way.
    pub fn phase(&self) -> Phase {
        self.0.phase
    }

    /// The interim responses (1xx) that came before.
    pub fn interim(&self) -> &[ResponseHead] {
        &self.0.interim
    }

    /// How far it came: URL, redirects, proxy, address, TLS, and the time of each phase.
    pub fn report(&self) -> &Report {
        &self.0.report
    }

    /// The answer that said no, with status, fields and body, if that is what it is: the server's, or a proxy's.
    pub fn refused(&self) -> Option<&Refused> {
        self.reason().refused()
    }

    /// Whether another attempt may lead somewhere, and when.
    pub fn retry(&self) -> Retry {
        Retry::of(self.reason())
    }
}

#[cfg(dials)]
impl ConnectError {
    pub(crate) fn report_mut(&mut self) -> &mut Report {
        &mut self.0.report
    }

    pub(crate) fn map_reason(&mut self, map: impl FnOnce(ConnectReason) -> ConnectReason) {
        let reason = std::mem::replace(&mut self.0.reason, ConnectReason::Deadline);
        self.0.reason = map(reason);
    }
}

#[cfg(driver)]
impl ConnectError {
    pub(crate) fn new(phase: Phase, reason: ConnectReason, report: Report) -> Self {
        Self(Box::new(Failure { phase, reason, interim: Vec::new(), report }))
    }

    pub(crate) fn with_interim(mut self, interim: Vec<ResponseHead>) -> Self {
        self.0.interim = interim;
        self
    }
}

/// `{}` is one line with the reason, and [`source`](Error::source) is its cause. `{:#}` shows the reason with all
/// causes, and the report in a second line.
impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { phase, reason, report, .. } = &*self.0;
        reason.fmt(f)?;
        if !f.alternate() {
            return Ok(());
        }
        write!(f, "\nphase {phase}")?;
        // Without a URL there is no way to it.
        let way = report.to_string();
        if way.is_empty() { Ok(()) } else { write!(f, ": {way}") }
    }
}

impl fmt::Debug for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { phase, reason, interim, report } = &*self.0;
        f.debug_struct("ConnectError")
            .field("phase", phase)
            .field("reason", reason)
            .field("interim", interim)
            .field("report", report)
            .finish()
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.reason().source()
    }
}
