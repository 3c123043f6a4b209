//! The project's own commands: `cargo xtask test | bench | fuzz | interop | requirements`.

use std::process::ExitCode;

use clap::Parser;

mod command;
mod fuzz;
mod oldest;
mod requirements;
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
    /// Fuzz one target, as long as one likes (needs a C++ compiler)
    Fuzz {
        /// The target: a file in `fuzz/fuzz_targets`
        target: String,
        /// Seconds; without it until something is found
        #[arg(long)]
        seconds: Option<u32>,
    },
    /// Both ends against software we did not write (needs node, npm and python3)
    Interop,
    /// Writes `docs/requirements.md`, the table of what the specifications require and what holds it
    Requirements,
}

fn main() -> ExitCode {
    let done = match Arguments::parse() {
        Arguments::Test { no_install } => test::run(!no_install),
        Arguments::Bench => command::cargo("bench", &["run", "--release", "--package", "bench"]),
        Arguments::Fuzz { target, seconds } => fuzz::one(&target, seconds),
        Arguments::Interop => command::cargo("interop", &["run", "--package", "interop"]),
        Arguments::Requirements => requirements::write(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
