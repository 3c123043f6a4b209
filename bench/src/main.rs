//! `cargo xtask bench`: what a handshake costs, beside the floor and beside others.

use std::process::ExitCode;

fn main() -> ExitCode {
    bench::run()
}
