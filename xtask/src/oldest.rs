//! The libraries on the oldest Rust they promise to work with, and the core on bare metal.
//!
//! Both need a toolchain that is seldom there. Debian has one of just that version, with the sources of `core`, so where
//! this runs as root on Debian it is installed.

use std::env;
use std::fs;
use std::process::Command;

use crate::command::run;

/// The version that the libraries declare.
const VERSION: &str = "1.85";
const PACKAGES: [&str; 3] = ["cargo-web", "rust-web-src", "rustc-web"];
const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
const TARGET: &str = "thumbv7em-none-eabihf";

/// Builds for both; says why not, where it can't.
pub(crate) fn run_all(may_install: bool) -> Result<(), String> {
    if !(is_there() || may_install && install()) {
        println!("\n== Rust {VERSION} and bare metal: not run, needs root on Debian to install {PACKAGES:?}");
        return Ok(());
    }
    for (package, features) in [
        ("websocket-upgrade-proto", "http"),
        ("websocket-upgrade", "async-io,axum,blocking,cookies,http2,metrics,rustls,serde,tower,tracing"),
    ] {
        let what = format!("{package} on Rust {VERSION}");
        cargo(&what, &["check", "--package", package, "--features", features])?;
    }
    cargo(
        "the core on bare metal",
        &["build", "--package", "websocket-upgrade-proto", "-Z", "build-std=core", "--target", TARGET],
    )
}

fn is_there() -> bool {
    let version = Command::new(RUSTC).arg("--version").output();
    version
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).starts_with(&format!("rustc {VERSION}.")))
}

/// Whether it could: another Debian may have another version.
fn install() -> bool {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if !root || !fs::exists("/etc/debian_version").unwrap_or(false) {
        return false;
    }
    println!("\nInstalls the Debian packages {PACKAGES:?}.");
    let install = ["install", "--yes", "--quiet", "--no-install-recommends"];
    let installed = run("package lists", Command::new("apt-get").args(["update", "--quiet"]))
        .and_then(|()| run("packages", Command::new("apt-get").args(install).args(PACKAGES)));
    if let Err(error) = installed {
        println!("{error}");
    }
    is_there()
}

/// Debian's cargo with Debian's rustc, in a folder of builds of its own.
fn cargo(what: &str, arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new(CARGO);
    // The feature that builds `core` is an unstable one of cargo's.
    command
        .args(arguments)
        .env("RUSTC", RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", "target/oldest");
    for (name, _) in env::vars_os() {
        // What the cargo that runs this says about itself is not true of the other one.
        if name.to_string_lossy().starts_with("CARGO_") && name != "CARGO_HOME" && name != "CARGO_TARGET_DIR"
        {
            command.env_remove(name);
        }
    }
    run(what, &mut command)
}
