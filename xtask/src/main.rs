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
    /// What a handshake costs in memory, beside the floor and beside others
    Bench {
        /// Write the figures into a file, as JSON
        #[arg(long, value_name = "FILE")]
        json: Option<String>,
    },
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
        Arguments::Bench { json } => bench(json.as_deref()),
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

fn bench(json: Option<&str>) -> Result<(), String> {
    let mut arguments = vec!["run", "--release", "--package", "bench", "--"];
    arguments.extend(json.iter().flat_map(|file| ["--json", file]));
    command::cargo("bench", &arguments)
}
