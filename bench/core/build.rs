//! Finds out which compiler this is built with, for the file of figures.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let version =
        std::env::var_os("RUSTC").and_then(|rustc| Command::new(rustc).arg("--version").output().ok());
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    println!("cargo::rustc-env=COMPILER={}", version.unwrap_or_default());
}
