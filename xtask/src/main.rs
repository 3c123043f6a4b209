//! The project's own commands: `cargo xtask test | bench | fuzz | interop`.

use std::process::ExitCode;

use clap::Parser;

mod command;
mod oldest;
mod test;

/// The project's own commands.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Arguments {
    /// Everything that must hold: format, lints, tests, feature combinations, documentation, the first example, the
    /// oldest Rust, bare metal
    Test {
        /// Install nothing, and leave out what would need it
        #[arg(long)]
        no_install: bool,
    },
    /// Time of a handshake in memory, beside the floor: what httparse, sha1 and base64 need alone
    Bench,
    /// Fuzz one target, as long as one likes (needs cargo-fuzz)
    Fuzz {
        /// The target: a file in `fuzz/fuzz_targets`
        target: String,
        /// Seconds; without it until something is found
        #[arg(long)]
        seconds: Option<u32>,
    },
    /// Both ends against software we did not write (needs node, npm and python3)
    Interop,
}

fn main() -> ExitCode {
    let done = match Arguments::parse() {
        Arguments::Test { no_install } => test::run(!no_install),
        Arguments::Bench => command::cargo("bench", &["run", "--release", "--package", "bench"]),
        Arguments::Fuzz { target, seconds } => fuzz(&target, seconds),
        Arguments::Interop => command::cargo("interop", &["run", "--package", "interop"]),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn fuzz(target: &str, seconds: Option<u32>) -> Result<(), String> {
    let seconds = seconds.map(|seconds| format!("-max_total_time={seconds}"));
    let mut arguments = vec!["fuzz", "run", target];
    if let Some(seconds) = &seconds {
        arguments.extend(["--", seconds]);
    }
    // cargo-fuzz wants a nightly compiler's flags, which the stable one takes so.
    command::cargo_with("fuzz", &arguments, &[("RUSTC_BOOTSTRAP", "1")])
}
