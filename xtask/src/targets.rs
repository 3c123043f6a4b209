//! Checks the libraries for other targets: WebAssembly, Windows and macOS.

use crate::command::cargo_with;
use crate::gaps::Gaps;
use crate::toolchain::{Toolchain, first};

/// A target, and the packages that are checked for it.
struct Target {
    /// The name of the check.
    name: &'static str,
    triple: &'static str,
    /// Packages, with the argument that chooses their features.
    packages: [(&'static str, &'static str); 2],
    /// Flags for the compiler.
    flags: &'static str,
}

/// The targets. The libraries do not depend on ring, which would need a C compiler for each target.
const TARGETS: [Target; 3] = [
    Target {
        name: "WebAssembly",
        triple: "wasm32-unknown-unknown",
        packages: [
            ("websocket-upgrade-proto", "--features=http"),
            ("websocket-upgrade", "--features=serde,tracing,metrics"),
        ],
        // An application chooses the source of random numbers there. The code is not run, so it needs none.
        flags: "--cfg getrandom_backend=\"unsupported\"",
    },
    Target { name: "Windows", triple: "x86_64-pc-windows-gnu", packages: EVERYTHING, flags: "" },
    Target { name: "macOS", triple: "aarch64-apple-darwin", packages: EVERYTHING, flags: "" },
];

const EVERYTHING: [(&str, &str); 2] =
    [("websocket-upgrade-proto", "--all-features"), ("websocket-upgrade", "--all-features")];

/// Returns the names of the checks.
#[cfg(test)]
pub(crate) fn checks() -> impl Iterator<Item = &'static str> {
    TARGETS.iter().map(|target| target.name)
}

/// Checks the libraries for every target that is installed or can be installed.
pub(crate) fn run(may_install: bool, gaps: &mut Gaps) -> Result<(), String> {
    for Target { name, triple, packages, flags } in &TARGETS {
        let with_target = |may_install| Toolchain::own_with(triple, may_install);
        if let Err(reason) = first(&[&with_target], may_install) {
            gaps.add(*name, reason);
            continue;
        }
        for (package, features) in packages {
            let check = ["check", "--target", triple, "--package", package, features];
            let variables: &[(&str, &str)] = if flags.is_empty() { &[] } else { &[("RUSTFLAGS", flags)] };
            let what = format!("{package} for {name}");
            cargo_with(&what, &check, variables)?;
        }
    }
    Ok(())
}
