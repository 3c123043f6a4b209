//! A report as text for a terminal.

use std::fmt::{self, Display, Formatter};

use super::columns::{Paint, entry, wrapped};
use super::escape::Visible;
use super::outcome::{CaseResult, Outcome};
use super::results::Report;
use super::summary::{Counts, SEVERITIES, by, column};

/// A report as text: a summary, each failed case, and why cases were skipped.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Text<'a> {
    report: &'a Report,
    width: usize,
    paint: Paint,
}

impl Report {
    /// Returns the report as text for a terminal of 80 columns, without colours.
    pub fn text(&self) -> Text<'_> {
        Text { report: self, width: 80, paint: Paint::plain() }
    }

    /// Returns what was tested: `server ws://127.0.0.1:9001/ over HTTP/1.1`.
    pub(super) fn title(&self) -> String {
        let target = Visible(&self.target);
        format!("{} {target} over {}", self.role, self.way())
    }

    /// Returns the version of HTTP, and whether TLS is below it.
    pub(super) fn way(&self) -> String {
        let http = self.http;
        if self.tls { format!("{http} and TLS") } else { http.to_string() }
    }
}

impl Text<'_> {
    /// Sets the number of columns; it is 60 at least.
    pub fn width(mut self, width: usize) -> Self {
        self.width = width.max(60);
        self
    }

    /// Sets whether there are escape sequences for colours.
    pub fn colours(mut self, colours: bool) -> Self {
        self.paint = Paint::new(colours);
        self
    }

    fn summary(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { report, width, paint } = self;
        let groups = report.groups();
        let longest = groups.iter().map(|(group, _)| group.chars().count()).max().unwrap_or_default();
        let numbers: usize = SEVERITIES.map(|severity| 1 + column(severity)).iter().sum();
        let first = longest.clamp("group".len(), width - numbers - 1 - SKIPPED.len());
        write!(f, "{}", paint.bold(&format!("{:first$}", "group")))?;
        for severity in SEVERITIES {
            let column = column(severity);
            write!(f, "{}", paint.bold(&format!(" {severity:>column$}")))?;
        }
        writeln!(f, "{}", paint.bold(&format!(" {SKIPPED}")))?;
        for (group, outcomes) in &groups {
            self.row(f, group, first, outcomes)?;
        }
        self.row(f, "all", first, &report.results.iter().collect::<Vec<_>>())?;
        writeln!(f, "(passed of those that were run)")
    }

    fn row(&self, f: &mut Formatter<'_>, group: &str, first: usize, outcomes: &[&Outcome]) -> fmt::Result {
        let paint = &self.paint;
        let mut lines = wrapped(group, first).into_iter();
        let last = lines.next_back().unwrap_or_default();
        for line in lines {
            writeln!(f, "{line}")?;
        }
        write!(f, "{last:first$}")?;
        for severity in SEVERITIES {
            let counts = outcomes.iter().copied().filter(|outcome| outcome.severity == severity);
            let counts = Counts::of(counts);
            let column = column(severity);
            let shown = format!(" {:>column$}", counts.shown());
            write!(f, "{}", paint.counts(counts, &shown))?;
        }
        let skipped = Counts::of(outcomes.iter().copied()).skipped;
        let skipped = if skipped == 0 { "-".to_owned() } else { skipped.to_string() };
        writeln!(f, " {skipped:>column$}", column = SKIPPED.len())
    }

    fn failures(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let paint = &self.paint;
        for outcome in self.report.failed_by_severity() {
            let CaseResult::Failed { expected, got } = &outcome.result else { continue };
            writeln!(f)?;
            for (index, line) in wrapped(&outcome.id, self.width - INDENT).iter().enumerate() {
                let start = if index == 0 { "FAILED" } else { "" };
                writeln!(f, "{} {}", paint.red(&format!("{start:6}")), paint.bold(line))?;
            }
            let severity = format!("{}, {}", outcome.severity, outcome.section);
            entry(f, self.width, "severity", &severity)?;
            entry(f, self.width, "why", &outcome.why)?;
            if let Some(sentence) = &outcome.disagree {
                entry(f, self.width, "note", &format!("not all agree: {sentence}"))?;
            }
            entry(f, self.width, "expected", expected)?;
            entry(f, self.width, "got", got)?;
        }
        Ok(())
    }

    fn skipped(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (reason, outcomes) in self.report.skipped_by_reason() {
            let count = outcomes.len();
            let heading = format!("skipped {count}: {reason}");
            writeln!(f)?;
            for line in wrapped(&heading, self.width) {
                writeln!(f, "{}", self.paint.yellow(&line))?;
            }
            // Hundreds of ids are of no use here; the other forms have them.
            let groups = by(outcomes, Outcome::group).into_iter();
            let ids: Vec<_> = groups
                .map(|(group, members)| match members.as_slice() {
                    [only] => only.id.clone(),
                    members => format!("{group}/ ({})", members.len()),
                })
                .collect();
            for line in wrapped(&ids.join(", "), self.width - 2) {
                writeln!(f, "  {line}")?;
            }
        }
        Ok(())
    }

    fn verdict(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { report, paint, .. } = self;
        let Counts { passed, failed, skipped } = report.counts();
        writeln!(f, "\n{passed} passed, {failed} failed, {skipped} skipped")?;
        if report.holds() {
            return writeln!(f, "{} no MUST and no SHOULD failed", paint.green("holds:"));
        }
        if !report.was_run() {
            return writeln!(f, "{} no case was run", paint.red("does not hold:"));
        }
        let [must, should, ..] = SEVERITIES.map(|severity| report.counts_of(severity).failed);
        writeln!(f, "{} {must} MUST and {should} SHOULD failed", paint.red("does not hold:"))
    }
}

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for line in wrapped(&self.report.title(), self.width) {
            writeln!(f, "{}", self.paint.bold(&line))?;
        }
        writeln!(f)?;
        self.summary(f)?;
        self.failures(f)?;
        self.skipped(f)?;
        self.verdict(f)
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

/// The columns in front of a failed case's id.
const INDENT: usize = "FAILED ".len();

/// The head of the last column.
const SKIPPED: &str = "skipped";
