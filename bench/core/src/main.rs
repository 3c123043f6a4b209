//! Counts the instructions of the core's handshakes beside the floors, and compares them with committed figures.

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use bench_core::guard::{Committed, Figures};
use bench_core::{Counter, Repetition, measured};

/// The committed figures, in this package's folder.
const FIGURES: &str = "figures.json";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [] => count(),
        ["check"] => check(),
        ["accept"] => accept(),
        [measured::REPEAT, who, what, how] => repeat(who, what, how),
        _ => Err("it takes `check`, `accept` or nothing".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the counts of all handshakes.
fn count() -> Result<(), String> {
    let counter = Counter::find(&measured::NOTHING).ok_or("no counter of instructions works here")?;
    println!("counted by {}", counter.name());
    for case in measured::cases() {
        for (who, _) in case.handshakes {
            let count = counter.instructions(&measured::arguments(who, &case.name), measured::TIMES);
            let count = count.map_or("not counted".to_owned(), |count| count.to_string());
            println!("{}, {who}: {count}", case.name);
        }
    }
    Ok(())
}

/// Compares with the committed figures, by the first counter that works here and has figures of such a processor. A
/// line `not run: ` or `not comparable: ` with the reason says that there is none.
fn check() -> Result<(), String> {
    let text = fs::read_to_string(path()).map_err(|error| format!("{FIGURES}: {error}"))?;
    let committed: Committed = serde_json::from_str(&text).map_err(|error| format!("{FIGURES}: {error}"))?;
    let mut reasons = Vec::new();
    for counter in Counter::ALL.into_iter().filter(|counter| counter.works(&measured::NOTHING)) {
        match committed.comparable(counter) {
            Ok(before) => {
                println!("counted by {}", counter.name());
                return before.compare(&Figures::count(counter)?);
            }
            Err(reason) => reasons.push(reason),
        }
    }
    if reasons.is_empty() {
        println!("not run: the system allows no single steps, and valgrind is not installed");
    } else {
        println!("not comparable: {}", reasons.join("; "));
    }
    Ok(())
}

/// Writes the figures of the core as it is now.
fn accept() -> Result<(), String> {
    let text = serde_json::to_string_pretty(&Committed::count()?).map_err(|error| error.to_string())?;
    fs::write(path(), text + "\n").map_err(|error| format!("{FIGURES}: {error}"))
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(FIGURES)
}

fn repeat(who: &str, what: &str, how: &str) -> Result<(), String> {
    let repetition: Repetition = how.parse().map_err(|_| format!("{how} is no number"))?;
    measured::repeat(who, what, repetition).ok_or_else(|| format!("no {who}, {what}"))?
}
