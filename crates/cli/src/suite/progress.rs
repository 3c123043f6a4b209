//! A progress bar on standard error, if that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use websocket_upgrade_conformance::report::Outcome;

/// A bar, or nothing where there is no terminal. It is removed at the end.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new(cases: usize) -> Self {
        let cases = u64::try_from(cases).unwrap_or(u64::MAX);
        // It shows nothing if standard error is no terminal.
        let bar = ProgressBar::new(cases);
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {elapsed} {wide_msg}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Returns what is told the outcome of each case.
    pub(crate) fn step(&self) -> impl FnMut(&Outcome) + Send + 'static {
        let bar = self.0.clone();
        let mut failed = 0;
        move |outcome| {
            failed += usize::from(outcome.is_failed());
            bar.set_message(format!("{failed} failed, {}", outcome.id));
            bar.inc(1);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
