//! `cargo xtask test`: every check, in order.

use crate::beside::Beside;
use crate::command::{cargo, cargo_test, cargo_with};
use crate::gaps::Gaps;
use crate::interop::Interop;
use crate::toolchain::{cargo_install, first};
use crate::{
    bare_metal, circles, dependencies, fuzz, instructions, links, node, oldest, packages, public_types,
    requirements, security, targets,
};

/// Runs all checks in order, and stops at the first failure. Lists the checks that can't be run at the end.
pub(crate) fn run(may_install: bool) -> Result<(), String> {
    println!(
        "Needs Rust with rustfmt and clippy; crates are fetched by cargo. What else it installs, it says."
    );
    let mut gaps = Gaps::default();
    without_compiler()?;
    let lints = ["clippy", "--workspace", "--all-targets", "--all-features", "--", "--deny", "warnings"];
    cargo("lints", &lints)?;
    cargo_test("tests", &["--workspace", "--all-features"])?;
    // These tests print what they have measured. Cargo hides that by default, so they run again.
    for (test, name) in MEASURED {
        // Of the package alone, some dependencies would be compiled again.
        let arguments = ["--workspace", "--all-features", "--test", test];
        let arguments = [&arguments[..], &["--", "--exact", name, "--nocapture"]].concat();
        cargo_test("memory of pending handshakes", &arguments)?;
    }
    for features in WITHOUT_CHOICE {
        let package = ["--package", "websocket-upgrade", "--no-default-features", "--features", features];
        let what = format!("TLS with the features [{features}]");
        cargo_test(&what, &[&package[..], &["--test", "provider"]].concat())?;
    }
    packages::check()?;
    let interop = Interop::build()?;
    // From here on nothing else builds the programs that these run.
    let waiting = Beside::start("interop, conformance, Node.js", move |gaps| {
        interop.run(may_install, gaps)?;
        interop.check_conformance(may_install, gaps)?;
        // It comes after interop, which installs the browser that its tests need.
        node::run_all(may_install, gaps)
    })?;
    for (package, features) in COMBINATIONS {
        let what = format!("features [{features}] of {package}");
        let arguments = ["clippy", "--package", package, "--no-default-features", "--features", features];
        cargo(&what, &[&arguments[..], &["--", "--deny", "warnings"]].concat())?;
        let arguments = ["--package", package, "--no-default-features", "--features", features];
        document(&format!("documentation with the features [{features}] of {package}"), &arguments)?;
    }
    // The one with all features is made last, and stays.
    document("documentation", &["--workspace", "--all-features"])?;
    public_types::check(&mut gaps)?;
    instructions::check(&mut gaps)?;
    cargo("the first example", &["run", "--package", "basics", "--example", "upgrade"])?;
    cargo(
        "an example without allocator",
        &["run", "--package", "websocket-upgrade-proto", "--example", "fixed_buffer"],
    )?;
    fuzz::all(FUZZ_SECONDS, may_install, &mut gaps)?;
    oldest::run(may_install, &mut gaps)?;
    bare_metal::run(may_install, &mut gaps)?;
    targets::run(may_install, &mut gaps)?;
    licences(may_install, &mut gaps)?;
    waiting.finish(&mut gaps)?;
    gaps.finish()
}

/// Runs the checks for every change: format, lints, documents, and unit, vector and driver tests of the libraries.
pub(crate) fn quick() -> Result<(), String> {
    without_compiler()?;
    let lints = ["clippy", "--all-targets", "--all-features", "--", "--deny", "warnings"];
    cargo("lints", &[&lints[..1], &EVERYDAY, &lints[1..]].concat())?;
    let tests = ["--all-features", "--lib", "--bins", "--test", "vectors"];
    let drivers = ["--test", "blocking", "--test", "futures", "--test", "tokio"];
    cargo_test("unit, vector and driver tests", &[&EVERYDAY[..], &tests, &drivers].concat())?;
    println!("\nWhat was run holds. `cargo xtask test` runs the rest.");
    Ok(())
}

/// Runs the checks that need no compiler.
fn without_compiler() -> Result<(), String> {
    cargo("format", &["fmt", "--all", "--check"])?;
    cargo("format of the fuzz targets", &["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"])?;
    requirements::check()?;
    security::check()?;
    circles::check()?;
    dependencies::check()?;
    links::check()
}

/// Makes the documentation. A warning, such as a link that leads nowhere, is an error.
fn document(what: &str, arguments: &[&str]) -> Result<(), String> {
    let arguments = [&["doc", "--no-deps"], arguments].concat();
    cargo_with(what, &arguments, &[("RUSTDOCFLAGS", "--deny warnings")])
}

/// Checks the licences and the sources of the dependencies.
fn licences(may_install: bool, gaps: &mut Gaps) -> Result<(), String> {
    let deny = |may_install| cargo_install("cargo-deny", may_install);
    if let Err(reason) = first(&[&deny], may_install) {
        gaps.add("licences and sources", reason);
        return Ok(());
    }
    // One list for both workspaces.
    let check = ["--config", "deny.toml", "check", "licenses", "bans", "sources"];
    let quietly = ["--allow", "license-exception-not-encountered"];
    cargo("licences and sources", &[&["deny"], &check[..], &quietly].concat())?;
    let of_fuzz = ["deny", "--manifest-path", "fuzz/Cargo.toml"];
    cargo("licences and sources of the fuzz targets", &[&of_fuzz, &check[..]].concat())
}

/// The tests that print the memory of a pending handshake: the program of tests, and the name.
const MEASURED: [(&str, &str); 3] = [
    ("faults", "dripping::in_memory"),
    ("faults", "dripping::over_tcp"),
    ("served", "pending::none_survives_its_deadline"),
];

/// The sets of features with other tests of TLS than with all features: no TLS, no provider, and `ring` alone. The
/// last one is without proxies, too.
const WITHOUT_CHOICE: [&str; 3] = ["proxy", "proxy,rustls", "ring"];

/// The packages that [`quick`] checks. Changes in other packages are rare.
const EVERYDAY: [&str; 6] =
    ["--package", "websocket-upgrade-proto", "--package", "websocket-upgrade", "--package", "xtask"];

/// The seconds for each fuzz target.
const FUZZ_SECONDS: u32 = 10;

/// The sets of features that are linted and documented. Each of them compiles different code. `tracing` and `metrics`
/// change only the events and counts in `observe/`, so they stand beside one runtime or two.
const COMBINATIONS: [(&str, &str); 29] = [
    ("websocket-upgrade-proto", ""),
    ("websocket-upgrade-proto", "http"),
    ("websocket-upgrade", ""),
    ("websocket-upgrade", "tracing"),
    ("websocket-upgrade", "metrics"),
    ("websocket-upgrade", "tokio"),
    ("websocket-upgrade", "tokio,metrics"),
    ("websocket-upgrade", "rustls"),
    ("websocket-upgrade", "tokio,certificate-details,tracing"),
    ("websocket-upgrade", "connect"),
    ("websocket-upgrade", "connect,rustls"),
    ("websocket-upgrade", "connect,aws-lc-rs"),
    ("websocket-upgrade", "proxy,tracing"),
    ("websocket-upgrade", "default"),
    ("websocket-upgrade", "http2"),
    ("websocket-upgrade", "http2,rustls,tracing"),
    ("websocket-upgrade", "proxy,hyper"),
    ("websocket-upgrade", "cookies,serde"),
    ("websocket-upgrade", "proxy,cookies,serde,blocking,async-io"),
    ("websocket-upgrade", "futures"),
    ("websocket-upgrade", "async-io"),
    ("websocket-upgrade", "async-io,rustls"),
    ("websocket-upgrade", "blocking"),
    ("websocket-upgrade", "blocking,ring,certificate-details"),
    ("websocket-upgrade", "hyper"),
    ("websocket-upgrade", "tower"),
    ("websocket-upgrade", "axum"),
    ("websocket-upgrade-h3", "ring"),
    ("websocket-upgrade-h3", "aws-lc-rs,tracing"),
];
