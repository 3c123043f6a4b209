//! The project's own commands: `cargo xtask test | bench | fuzz | interop | mutants | requirements`.

use std::process::ExitCode;

use clap::Parser;

use crate::gaps::Gaps;

mod bare_metal;
mod circles;
mod command;
mod evidence;
mod fuzz;
mod gaps;
mod links;
mod mutants;
mod node;
mod oldest;
mod packages;
mod requirements;
mod security;
mod targets;
mod test;
mod toolchain;
mod tree;

/// The project's own commands.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Arguments {
    /// Everything that must hold: format, lints, tests, feature combinations, documentation, the first example, fuzz
    /// targets, the oldest Rust, bare metal, both ends against other software, the Node.js package
    Test {
        /// The everyday loop alone: format, lints, unit, vector and driver tests, and the checks of documents
        #[arg(long)]
        quick: bool,
        /// Install nothing, and leave out what would need it
        #[arg(long)]
        no_install: bool,
    },
    /// What a handshake costs, beside the floor and beside others
    Bench {
        /// What to measure: handshakes, frameworks, random, growth, loopback, memory, clients, sockets; without it
        /// everything
        parts: Vec<String>,
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
    /// Both ends against software we did not write; what it installs, it says
    Interop {
        /// Install nothing, and leave out what would need it
        #[arg(long)]
        no_install: bool,
    },
    /// Changes the core in every small way and looks for a test that fails (installs cargo-mutants; a file takes
    /// minutes, all of it hours)
    Mutants {
        /// Files or folders of the core, such as `uri.rs`; without one all
        files: Vec<String>,
    },
    /// Writes `docs/requirements.md`, the table of what the specifications require and what holds it
    Requirements,
}

fn main() -> ExitCode {
    let done = match Arguments::parse() {
        Arguments::Test { quick: true, .. } => test::quick(),
        Arguments::Test { no_install, .. } => test::run(!no_install),
        Arguments::Bench { parts, json } => bench(&parts, json.as_deref()),
        Arguments::Fuzz { target, seconds } => fuzz::one(&target, seconds),
        Arguments::Interop { no_install } => test::interop(!no_install, &mut Gaps::default()),
        Arguments::Mutants { files } => mutants::run(&files),
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

fn bench(parts: &[String], json: Option<&str>) -> Result<(), String> {
    // Of its two programs one runs the other.
    command::cargo("what is measured", &["build", "--release", "--package", "bench"])?;
    let mut arguments = vec!["run", "--release", "--package", "bench", "--"];
    arguments.extend(parts.iter().map(String::as_str));
    arguments.extend(json.iter().flat_map(|file| ["--json", file]));
    command::cargo("bench", &arguments)
}
