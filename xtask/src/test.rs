//! Everything that must hold.

use crate::command::{cargo, cargo_with, has};
use crate::{fuzz, node, oldest, requirements};

/// Runs it all, one after the other, and stops at the first that fails.
pub(crate) fn run(may_install: bool) -> Result<(), String> {
    println!(
        "Needs Rust with rustfmt and clippy; crates are fetched by cargo. What else it installs, it says."
    );
    cargo("format", &["fmt", "--all", "--check"])?;
    cargo("format of the fuzz targets", &["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"])?;
    requirements::check()?;
    let lints = ["clippy", "--workspace", "--all-targets", "--all-features", "--", "--deny", "warnings"];
    cargo("lints", &lints)?;
    cargo("tests", &["test", "--workspace", "--all-features"])?;
    // They print what they have measured, which cargo keeps to itself.
    for (test, name) in MEASURED {
        let arguments = ["test", "--package", "websocket-upgrade", "--all-features", "--test", test];
        let arguments = [&arguments[..], &["--", "--exact", name, "--nocapture"]].concat();
        cargo("memory of pending handshakes", &arguments)?;
    }
    for (package, features) in COMBINATIONS {
        let what = format!("features [{features}] of {package}");
        let arguments = ["clippy", "--package", package, "--no-default-features", "--features", features];
        cargo(&what, &[&arguments[..], &["--", "--deny", "warnings"]].concat())?;
    }
    let documentation = ["doc", "--workspace", "--no-deps", "--all-features"];
    cargo_with("documentation", &documentation, &[("RUSTDOCFLAGS", "--deny warnings")])?;
    cargo("the first example", &["run", "--package", "websocket-upgrade", "--example", "upgrade"])?;
    cargo(
        "an example without allocator",
        &["run", "--package", "websocket-upgrade-proto", "--example", "fixed_buffer"],
    )?;
    fuzz::all(FUZZ_SECONDS)?;
    oldest::run_all(may_install)?;
    if has("cargo-deny", "--version") {
        cargo("licences and sources", &["deny", "check", "licenses", "bans", "sources"])?;
    } else {
        println!("\n== licences and sources: not run, cargo-deny is not installed");
    }
    interop(may_install)?;
    // Behind it, which installs the browser that the package is tested with as well.
    node::run_all(may_install)?;
    println!("\nAll of it holds.");
    Ok(())
}

/// Both ends against software that others wrote; what is not there is named, and left out unless `CI` is `true`.
pub(crate) fn interop(may_install: bool) -> Result<(), String> {
    let arguments = ["run", "--package", "interop", "--", "--no-install"];
    cargo("interop", &arguments[..if may_install { 3 } else { 5 }])
}

/// Tests of the library that say what a pending handshake holds, and where they are.
const MEASURED: [(&str, &str); 3] = [
    ("faults", "dripping::in_memory"),
    ("faults", "dripping::over_tcp"),
    ("served", "pending::none_survives_its_deadline"),
];

/// Seconds that each fuzz target is given.
const FUZZ_SECONDS: u32 = 10;

/// Every set of features that compiles something else than another.
const COMBINATIONS: [(&str, &str); 35] = [
    ("websocket-upgrade-proto", ""),
    ("websocket-upgrade-proto", "http"),
    ("websocket-upgrade", ""),
    ("websocket-upgrade", "tracing"),
    ("websocket-upgrade", "tokio"),
    ("websocket-upgrade", "tokio,tracing"),
    ("websocket-upgrade", "rustls"),
    ("websocket-upgrade", "rustls,tracing"),
    ("websocket-upgrade", "tokio,rustls"),
    ("websocket-upgrade", "tokio,rustls,tracing"),
    ("websocket-upgrade", "connect"),
    ("websocket-upgrade", "connect,tracing"),
    ("websocket-upgrade", "connect,rustls"),
    ("websocket-upgrade", "http2"),
    ("websocket-upgrade", "http2,rustls,tracing"),
    ("websocket-upgrade", "connect,hyper"),
    ("websocket-upgrade", "cookies,serde"),
    ("websocket-upgrade", "connect,cookies,serde,blocking,async-io"),
    ("websocket-upgrade", "futures"),
    ("websocket-upgrade", "futures,tracing"),
    ("websocket-upgrade", "futures,rustls"),
    ("websocket-upgrade", "async-io"),
    ("websocket-upgrade", "async-io,rustls"),
    ("websocket-upgrade", "blocking"),
    ("websocket-upgrade", "blocking,tracing"),
    ("websocket-upgrade", "blocking,rustls"),
    ("websocket-upgrade", "hyper"),
    ("websocket-upgrade", "hyper,tracing"),
    ("websocket-upgrade", "tower"),
    ("websocket-upgrade", "axum"),
    ("websocket-upgrade", "axum,tower,tracing"),
    ("websocket-upgrade", "metrics"),
    ("websocket-upgrade", "tokio,metrics"),
    ("websocket-upgrade", "futures,blocking,metrics"),
    ("websocket-upgrade", "tower,metrics,tracing"),
];
