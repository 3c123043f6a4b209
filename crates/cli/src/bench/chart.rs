//! A histogram of times as lines of a terminal, at most 80 columns wide.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::duration::short;
use crate::output::{FAINT, painted};

/// The widest bar, and how many lines there are at most.
const WIDTH: u64 = 48;
const LINES: u32 = 12;

/// Shows a histogram of microseconds: a line for each range of times, each range the same factor above the one before.
pub(crate) struct Chart<'h>(pub(crate) &'h Histogram<u64>);

impl fmt::Display for Chart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = rows(self.0);
        let most = rows.iter().map(|row| row.count).max().unwrap_or_default().max(1);
        for Row { to, count } in rows {
            let eighths = usize::try_from((count * WIDTH * 8).div_ceil(most)).unwrap_or_default();
            let mut bar = "\u{2588}".repeat(eighths / 8);
            if eighths % 8 > 0 {
                bar.extend(PARTS.get(eighths % 8 - 1));
            }
            let width = usize::try_from(WIDTH).unwrap_or_default();
            writeln!(f, "  {} {:>8} {bar:<width$} {count:>12}", painted(FAINT, "up to"), short(micros(to)))?;
        }
        Ok(())
    }
}

/// One to seven eighths of a block.
const PARTS: [char; 7] = ['\u{258f}', '\u{258e}', '\u{258d}', '\u{258c}', '\u{258b}', '\u{258a}', '\u{2589}'];

#[derive(Debug, PartialEq, Eq)]
struct Row {
    /// The longest time in it.
    to: u64,
    count: u64,
}

fn rows(histogram: &Histogram<u64>) -> Vec<Row> {
    if histogram.is_empty() {
        return Vec::new();
    }
    let (min, max) = (histogram.min().max(1), histogram.max().max(1));
    let mut rows = Vec::new();
    let mut from = 0;
    for line in 1..=LINES {
        let to = if line == LINES { max } else { between(min, max, f64::from(line) / f64::from(LINES)) };
        // Times that the histogram can't tell apart are in one row.
        let to = histogram.highest_equivalent(to);
        // Ranges without a time of their own are left out.
        if rows.is_empty() || to >= from {
            rows.push(Row { to, count: histogram.count_between(from, to) });
            from = to + 1;
        }
    }
    rows
}

/// The value at this part of the way, by factors.
// Times are far below 2^53, and the result is between two of them.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn between(min: u64, max: u64, part: f64) -> u64 {
    (min as f64 * (max as f64 / min as f64).powf(part)) as u64
}

pub(crate) fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(times: &[u64]) -> Histogram<u64> {
        let mut histogram = Histogram::new(3).expect("three digits");
        for time in times {
            histogram.record(*time).expect("a histogram that grows");
        }
        histogram
    }

    #[test]
    fn every_time_is_in_one_row() {
        let series: [&[u64]; 5] = [&[], &[1], &[7, 7, 7], &[1, 2, 3], &[90, 100, 1000, 20_000, 3_000_000]];
        for times in series {
            let rows = rows(&histogram(times));
            let counted: u64 = rows.iter().map(|row| row.count).sum();
            assert_eq!(counted, times.len() as u64, "{times:?}: {rows:?}");
            assert!(rows.is_sorted_by(|one, next| one.to < next.to), "{times:?}: {rows:?}");
        }
    }

    #[test]
    fn a_line_has_at_most_80_columns() {
        let mut times = vec![3_500_000_000];
        times.extend(std::iter::repeat_n(500, 10_000));
        let chart = anstream::adapter::strip_str(&Chart(&histogram(&times)).to_string()).to_string();
        assert!(chart.contains(&"\u{2588}".repeat(48)), "{chart}");
        for line in chart.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
