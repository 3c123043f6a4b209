//! Counts the instructions of the core's handshakes, beside the floors.

#![forbid(unsafe_code)]

use std::env;
use std::process::ExitCode;

use bench_core::{Counter, Repetition, measured};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [measured::REPEAT, who, what, times] => repeat(who, what, times),
        [] => count(),
        _ => Err("it takes no arguments".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn repeat(who: &str, what: &str, times: &str) -> Result<(), String> {
    let repetition: Repetition = times.parse().map_err(|_| format!("{times} is no number"))?;
    measured::repeat(who, what, repetition).ok_or_else(|| format!("no {who}, {what}"))?
}

fn count() -> Result<(), String> {
    let counter = Counter::find(&measured::NOTHING).ok_or("no counter of instructions works here")?;
    println!("counted by {}", counter.name());
    for case in measured::cases() {
        for (who, _) in case.handshakes {
            let count = counter.instructions(&measured::arguments(who, case.name), measured::TIMES);
            println!(
                "{}, {who}: {}",
                case.name,
                count.map_or("not counted".to_owned(), |count| count.to_string())
            );
        }
    }
    Ok(())
}
