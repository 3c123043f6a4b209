//! The system calls that strace counts, if it is installed.

use bench_core::{difference, measured, under};

/// Returns the system calls for random numbers in one handshake, as the average of `times`.
pub(crate) fn random_calls(who: &str, what: &str, times: u32) -> Option<f64> {
    difference(times, |times| {
        let counter = ["strace", "-f", "-c", "-e", "trace=getrandom"];
        let [repeat, who, what] = measured::arguments(who, what);
        let text = under(&counter, &[repeat, who, what, &times.to_string()])?;
        Some(summary(&text).map(|(_, calls)| calls).sum())
    })
}

/// Returns the names and counts of a summary of strace.
pub(crate) fn summary(text: &str) -> impl Iterator<Item = (&str, u64)> {
    text.lines().filter_map(|line| {
        // The columns are: share, seconds, microseconds per call, calls, errors (optional), name.
        let mut words = line.split_whitespace();
        let calls = words.nth(3)?.parse().ok()?;
        words.next_back().filter(|name| *name != "total").map(|name| (name, calls))
    })
}
