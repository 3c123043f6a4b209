//! Instructions of one handshake, counted by valgrind where it is there.

use std::env;
use std::process::Command;

/// The difference that so many handshakes more make, so that what a process does besides is not counted.
pub(crate) fn count(who: &str, what: &str) -> Option<u64> {
    const FEW: u64 = 100;
    const MANY: u64 = 600;
    let (few, many) = (total(who, what, FEW)?, total(who, what, MANY)?);
    Some(many.checked_sub(few)? / (MANY - FEW))
}

fn total(who: &str, what: &str, times: u64) -> Option<u64> {
    let program = env::current_exe().ok()?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["--repeat", who, what, &times.to_string()])
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}
