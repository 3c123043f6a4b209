//! The result as text of at most 80 columns, or as JSON.

use std::fmt;
use std::time::Duration;

use anstyle::Style;
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use websocket_upgrade::proto::ShownUrl;

use super::chart::{Chart, micros};
use super::load::Load;
use super::rate::Rate;
use super::tally::{Measured, PHASES};
use crate::duration::short;
use crate::output::{BAD, FAINT, GOOD, OneLine, painted};

const HEADING: Style = Style::new().bold();

/// What is shown of a distribution, as its columns are called: quantiles, and between them the extremes.
const COLUMNS: [(&str, f64); 7] =
    [("min", 0.0), ("p50", 0.5), ("p75", 0.75), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)];

/// A run that has ended.
pub(crate) struct Run<'m> {
    pub(crate) url: &'m str,
    pub(crate) load: Load,
    pub(crate) measured: &'m Measured,
    pub(crate) took: Duration,
    pub(crate) held: bool,
    pub(crate) interrupted: bool,
}

impl Run<'_> {
    /// How many were established in a second.
    // Far below 2^53.
    #[allow(clippy::cast_precision_loss)]
    fn per_second(&self) -> f64 {
        let seconds = self.took.as_secs_f64();
        if seconds > 0.0 { self.measured.established() as f64 / seconds } else { 0.0 }
    }

    pub(crate) fn to_json(&self) -> Value {
        let Self { url, load, measured, took, held, interrupted } = self;
        let failures = measured.failures.iter().map(|(reason, count)| {
            json!({ "reason": reason.label, "status": reason.status, "message": reason.text, "count": count })
        });
        let phases = PHASES.iter().zip(&measured.phases).filter(|(_, times)| !times.is_empty());
        let phases = phases.map(|(phase, times)| (phase.name().to_owned(), distribution(times)));
        let due = load.rate.is_some();
        json!({
            "url": ShownUrl::new(url).to_string(),
            "concurrency": load.concurrency,
            "rate": load.rate.map(Rate::per_second),
            "seconds": took.as_secs_f64(),
            "interrupted": interrupted,
            "established": measured.established(),
            "established_per_second": self.per_second(),
            "failed": measured.failed,
            "failures": failures.collect::<Vec<_>>(),
            "not_begun": measured.not_begun,
            "given_up": measured.given_up,
            "latency": distribution(&measured.latency),
            "latency_from": if due { "when the handshake was due" } else { "when the handshake began" },
            "service": distribution(&measured.service),
            "phases": phases.collect::<serde_json::Map<_, _>>(),
            "held": held.then(|| json!({ "most": measured.most_open, "lost": measured.lost })),
        })
    }
}

/// A distribution in seconds.
fn distribution(times: &Histogram<u64>) -> Value {
    if times.is_empty() {
        return Value::Null;
    }
    let seconds = |of: u64| micros(of).as_secs_f64();
    let at = |quantile: f64| seconds(times.value_at_quantile(quantile));
    json!({
        "count": times.len(),
        "min": seconds(times.min()),
        "max": seconds(times.max()),
        "mean": times.mean() / 1e6,
        "stdev": times.stdev() / 1e6,
        "percentiles": {
            "10": at(0.1), "25": at(0.25), "50": at(0.5), "75": at(0.75), "90": at(0.9), "95": at(0.95),
            "99": at(0.99), "99.9": at(0.999), "99.99": at(0.9999),
        },
    })
}

impl fmt::Display for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { measured, load, took, .. } = self;
        let row = |f: &mut fmt::Formatter<'_>, name: &str, what: fmt::Arguments<'_>| {
            writeln!(f, "{} {what}", painted(HEADING, format_args!("{name:<12}")))
        };
        let (established, per_second) = (measured.established(), self.per_second());
        let counted = painted(GOOD, established);
        row(f, "established", format_args!("{counted} in {}, {per_second:.1} a second", short(*took)))?;
        if let Some(rate) = load.rate {
            row(f, "rate", format_args!("{rate} were due, at most {} at a time", load.concurrency))?;
        } else {
            row(f, "concurrency", format_args!("{} at a time", load.concurrency))?;
        }
        if measured.failed > 0 {
            row(f, "failed", format_args!("{}", painted(BAD, measured.failed)))?;
        }
        for (reason, count) in &measured.failures {
            let mut text = OneLine(&reason.text).to_string();
            if let Some((end, _)) = text.char_indices().nth(64) {
                text.truncate(end);
                text.push_str("...");
            }
            writeln!(f, "{count:>12} {text}")?;
        }
        if measured.not_begun > 0 {
            let not_begun = painted(BAD, measured.not_begun);
            row(f, "not begun", format_args!("{not_begun} were due: the times would have been longer"))?;
        }
        if measured.given_up > 0 {
            row(f, "given up", format_args!("{} at the interruption", measured.given_up))?;
        }
        if self.held {
            let (most, lost) = (measured.most_open, measured.lost);
            row(f, "held", format_args!("{most} at a time, of which {lost} have ended too early"))?;
        }
        if established > 0 {
            self.show_times(f)?;
        }
        Ok(())
    }
}

impl Run<'_> {
    fn show_times(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let measured = self.measured;
        write!(f, "\n{:12}", "")?;
        for (column, _) in COLUMNS {
            write!(f, " {}", painted(HEADING, format_args!("{column:>8}")))?;
        }
        writeln!(f)?;
        if self.load.rate.is_some() {
            line(f, "since due", &measured.latency)?;
            line(f, "since begun", &measured.service)?;
        } else {
            line(f, "total", &measured.latency)?;
        }
        for (phase, times) in PHASES.iter().zip(&measured.phases) {
            line(f, &format!("  {phase}"), times)?;
        }
        let what = if self.load.rate.is_some() { "since they were due" } else { "since they began" };
        writeln!(f, "\n{}", painted(HEADING, format_args!("Handshakes by their time {what}")))?;
        write!(f, "{}", Chart(&measured.latency))?;
        if self.load.rate.is_none() {
            let note = [
                "At a concurrency a server that stalls is asked less often: --rate shows how",
                "long its clients wait.",
            ];
            writeln!(f, "{}", painted(FAINT, note.join("\n")))?;
        }
        Ok(())
    }
}

/// A row of the table: its name, and a time for each column.
fn line(f: &mut fmt::Formatter<'_>, name: &str, times: &Histogram<u64>) -> fmt::Result {
    if times.is_empty() {
        return Ok(());
    }
    write!(f, "{name:<12}")?;
    for (_, quantile) in COLUMNS {
        // A value stands for all that the histogram can't tell from it.
        let value =
            if quantile == 0.0 { times.min() } else { times.value_at_quantile(quantile).min(times.max()) };
        write!(f, " {:>8}", short(micros(value)))?;
    }
    writeln!(f)
}
