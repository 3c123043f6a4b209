//! Counts instructions by valgrind. It emulates a processor without SHA instructions, so a hash costs more there.

use crate::repetition::{difference, under};

/// Returns the instructions of one repetition, as the average of `times`. The program's arguments are completed by the
/// number of repetitions.
pub(crate) fn instructions(arguments: &[&str], times: u32) -> Option<f64> {
    let counter = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];
    difference(times, |times| {
        let text = under(&counter, &[arguments, &[&times.to_string()]].concat())?;
        text.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
    })
}
