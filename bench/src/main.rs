//! `cargo xtask bench`: measures the cost of a handshake, beside the floor and other libraries.

use std::process::ExitCode;

fn main() -> ExitCode {
    bench::run()
}
