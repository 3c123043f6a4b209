//! The project's own commands: `cargo xtask test | bench | conformance | fuzz | interop | mutants | requirements`.

use std::process::ExitCode;

use clap::Parser;

use crate::gaps::Gaps;
use crate::interop::Interop;

mod bare_metal;
mod beside;
mod circles;
mod command;
mod dependencies;
mod evidence;
mod fuzz;
mod gaps;
mod instructions;
mod interop;
mod links;
mod mutants;
mod node;
mod oldest;
mod output;
mod packages;
mod public_types;
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
    /// Run every check: format, lints, documents, tests, feature combinations, documentation, public types, examples,
    /// fuzz targets, the core's instructions, the oldest Rust, bare metal, other targets, licences, packages, both
    /// ends against other software, the Node.js package
    Test {
        /// Run only the checks of the everyday loop: format, lints, documents, and unit, vector and driver tests
        #[arg(long)]
        quick: bool,
        /// Install nothing, and leave out the checks that would need it
        #[arg(long)]
        no_install: bool,
    },
    /// Measure the cost of a handshake, beside the floor and other libraries
    Bench {
        /// The parts to measure: handshakes, frameworks, random, growth, loopback, memory, clients, sockets; all by
        /// default
        parts: Vec<String>,
        /// Write the figures to a file as JSON
        #[arg(long, value_name = "FILE")]
        json: Option<String>,
        /// Measure nothing, and commit the instructions that the core takes now: `cargo xtask test` compares with them
        #[arg(long, conflicts_with_all = ["parts", "json"])]
        accept: bool,
    },
    /// Run the conformance suite against other software and ours, and write `docs/conformance.json` and
    /// `docs/conformance.md` (prints what it installs)
    Conformance {
        /// Install nothing, and leave out the software that is missing
        #[arg(long)]
        no_install: bool,
        /// Run it only against software whose name contains this; the other results stay as they are
        only: Option<String>,
    },
    /// Fuzz one target (needs a C++ compiler)
    Fuzz {
        /// The target: a file in `fuzz/fuzz_targets`
        target: String,
        /// Stop after this many seconds; by default, stop when something is found
        #[arg(long)]
        seconds: Option<u32>,
    },
    /// Run both ends against other software (prints what it installs)
    Interop {
        /// Install nothing, and leave out the checks that would need it
        #[arg(long)]
        no_install: bool,
    },
    /// Change the core in every small way, and report the changes that no test notices (installs cargo-mutants; a file
    /// takes minutes, the whole core hours)
    Mutants {
        /// Files or folders of the core, such as `uri.rs`; all by default
        files: Vec<String>,
    },
    /// Write `docs/requirements.md`, the table of the specifications' requirements with their vectors and tests
    Requirements,
}

fn main() -> ExitCode {
    if let Some(code) = public_types::stand_in() {
        return code;
    }
    let done = match Arguments::parse() {
        Arguments::Test { quick: true, .. } => test::quick(),
        Arguments::Test { no_install, .. } => match command::again_without_incremental() {
            Some(code) => return code,
            None => test::run(!no_install),
        },
        Arguments::Bench { accept: true, .. } => instructions::accept(),
        Arguments::Bench { parts, json, .. } => bench(&parts, json.as_deref()),
        Arguments::Conformance { no_install, only } => {
            Interop::build().and_then(|interop| interop.conformance(!no_install, only.as_deref()))
        }
        Arguments::Fuzz { target, seconds } => fuzz::one(&target, seconds),
        Arguments::Interop { no_install } => {
            Interop::build().and_then(|interop| interop.run(!no_install, &mut Gaps::default()))
        }
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
    // The package has two programs, and one runs the other, so both are built first.
    command::cargo("what is measured", &["build", "--release", "--package", "bench"])?;
    if parts.is_empty() || parts.iter().any(|part| part == "tool") {
        // It stands beside the program that measures it.
        command::cargo("the tool", &["build", "--release", "--package", "wsupgrade"])?;
    }
    let mut arguments = vec!["run", "--release", "--package", "bench", "--"];
    arguments.extend(parts.iter().map(String::as_str));
    arguments.extend(json.iter().flat_map(|file| ["--json", file]));
    command::cargo("bench", &arguments)
}
