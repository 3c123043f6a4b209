//! Counts of other programs for one handshake, if they are installed: instructions by valgrind, system calls by
//! strace.

use std::env;
use std::process::Command;
use std::thread;

use crate::table::number;

/// Returns the instructions of one handshake, as the average of `times`.
pub(crate) fn instructions(who: &str, what: &str, times: u32) -> Option<f64> {
    let counter = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];
    difference(times, |times| {
        let text = repeated(&counter, who, what, times)?;
        text.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
    })
}

/// Returns the system calls for random numbers in one handshake, as the average of `times`.
pub(crate) fn random_calls(who: &str, what: &str, times: u32) -> Option<f64> {
    difference(times, |times| {
        let text = repeated(&["strace", "-f", "-c", "-e", "trace=getrandom"], who, what, times)?;
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

/// Returns the difference that `times` more handshakes make, so that the other work of the process is not counted.
fn difference(times: u32, total: impl Fn(u32) -> Option<u64> + Sync) -> Option<f64> {
    let few = times / 5;
    let (less, more) = thread::scope(|scope| {
        let less = scope.spawn(|| total(few));
        let more = total(few + times);
        (less.join().ok().flatten(), more)
    });
    Some(number(more?.checked_sub(less?)?) / f64::from(times))
}

/// Returns what the counter prints for this program when it does `times` handshakes and nothing else.
fn repeated(counter: &[&str], who: &str, what: &str, times: u32) -> Option<String> {
    let (counter, arguments) = counter.split_first()?;
    let output = Command::new(counter)
        .args(arguments)
        .arg(env::current_exe().ok()?)
        .args(["--repeat", who, what, &times.to_string()])
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stderr).into_owned())
}
