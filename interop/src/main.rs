//! Both ends of the opening handshake against software that others wrote: `cargo xtask interop`, and the end of
//! `cargo xtask test`.
//!
//! Needs node with npm, and python3: their packages are installed into folders of this package, in the versions that
//! `package-lock.json` and `requirements.txt` name. nginx, `HAProxy`, Chromium and Go come from Debian, and are
//! installed where we are root there. In the end it prints a matrix: how many cases each peer has passed in each role,
//! and the bytes of the messages beside the bytes on the wire.

use std::env;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;

use crate::case::{CASES, Column};
use crate::examples::Examples;
use crate::matrix::{Cell, Matrix, Row};
use crate::peer::{PEERS, Peer, Role, Skill};

mod browser;
mod case;
mod debian;
mod examples;
mod front;
mod matrix;
mod peer;
mod process;
mod relay;
mod runtime;
mod scratch;

/// Both ends of the opening handshake against software that others wrote.
#[derive(Parser)]
struct Arguments {
    /// Run with what is there, install nothing
    #[arg(long)]
    no_install: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ours = match Examples::build() {
        Ok(ours) => ours,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let mut matrix = Matrix::default();
    for peer in &PEERS {
        let version =
            peer.install(!arguments.no_install).and_then(|()| peer.version(Instant::now() + PATIENCE));
        for role in peer.roles() {
            matrix.push(match &version {
                Ok(version) => Row {
                    peer: version.clone(),
                    role: peer.role_name(role),
                    cells: Ok(run(peer, version, role, &ours)),
                },
                Err(error) => {
                    println!("not run: {} as {}: {error}", peer.name, peer.role_name(role));
                    Row { peer: peer.name.to_owned(), role: peer.role_name(role), cells: Err(error.clone()) }
                }
            });
        }
    }
    println!("\n{matrix}");
    // Who runs this by hand may do without a peer; where it is the proof, nothing may be missing.
    let must_be_complete = env::var_os("CI").is_some_and(|value| value == "true");
    if matrix.has_failures() || must_be_complete && matrix.has_gaps() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn run(peer: &Peer, version: &str, role: Role, ours: &Examples) -> [Cell; Column::ALL.len()] {
    if peer.lacks(role).contains(&Skill::Compression) {
        println!("left out: {version} as {}: it can't {}", peer.role_name(role), Skill::Compression.words());
    }
    Column::ALL.map(|column| {
        let mut cell = Cell::default();
        for case in CASES.iter().filter(|case| case.column == column && case.is_for(peer)) {
            let what = format!("{version} as {}: {column:?}, {}", peer.role_name(role), case.name);
            if let Some(skill) = case.asks_too_much(peer, role) {
                println!("left out: {what}: it can't {}", skill.words());
                continue;
            }
            match case.run(peer, role, ours) {
                Ok(traffic) => {
                    cell.passed += 1;
                    cell.traffic = cell.traffic.plus(traffic);
                    println!("ok: {what}");
                }
                Err(error) => {
                    cell.failed += 1;
                    println!("FAILED: {what}\n{error}");
                }
            }
        }
        cell
    })
}

/// For a peer to say its version.
const PATIENCE: Duration = Duration::from_secs(30);
