//! Checks the libraries for other targets: WebAssembly, Windows and macOS.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::command::cargo;
use crate::gaps::Gaps;
use crate::toolchain::{Toolchain, first};
use crate::tree::{read, remove_output, workspace};

/// A target, and the packages that are checked for it.
struct Target {
    /// The name of the check.
    name: &'static str,
    triple: &'static str,
    /// The features of `websocket-upgrade`; `None` for all that need no C compiler for the target.
    features: Option<&'static str>,
}

/// The targets.
const TARGETS: [Target; 3] = [
    Target {
        name: "WebAssembly",
        triple: "wasm32-unknown-unknown",
        // Without a driver no random numbers are needed, whose source an application chooses there.
        features: Some("serde,tracing,metrics"),
    },
    Target { name: "Windows", triple: "x86_64-pc-windows-gnu", features: None },
    Target { name: "macOS", triple: "aarch64-apple-darwin", features: None },
];

/// The features that bring a crypto provider, which needs a C compiler.
const PROVIDERS: [&str; 3] = ["default", "ring", "aws-lc-rs"];

/// Returns the names of the checks.
#[cfg(test)]
pub(crate) fn checks() -> impl Iterator<Item = &'static str> {
    TARGETS.iter().map(|target| target.name)
}

/// Checks the libraries for every target that is installed or can be installed.
pub(crate) fn run(may_install: bool, gaps: &mut Gaps) -> Result<(), String> {
    let without_providers = without_providers()?;
    for Target { name, triple, features } in &TARGETS {
        let with_target = |may_install| Toolchain::own_with(triple, may_install);
        if let Err(reason) = first(&[&with_target], may_install) {
            gaps.add(*name, reason);
            continue;
        }
        let features = features.unwrap_or(&without_providers);
        for (package, features) in [("websocket-upgrade-proto", "http"), ("websocket-upgrade", features)] {
            let check = ["check", "--target", triple, "--package", package];
            let features = ["--no-default-features", "--features", features];
            let what = format!("{package} for {name}");
            cargo(&what, &[&check[..], &features].concat())?;
        }
        remove_output(triple)?;
    }
    Ok(())
}

/// Returns the features of `websocket-upgrade` without those that bring a crypto provider, with commas between them.
fn without_providers() -> Result<String, String> {
    #[derive(Deserialize)]
    struct Manifest {
        features: BTreeMap<String, Vec<String>>,
    }
    let file = "crates/upgrade/Cargo.toml";
    let manifest: Manifest =
        toml::from_str(&read(workspace(), file)?).map_err(|error| format!("{file}: {error}"))?;
    let features = manifest.features.into_keys().filter(|name| !PROVIDERS.contains(&name.as_str()));
    Ok(features.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_that_need_a_c_compiler_are_left_out() {
        let features = without_providers().expect("a manifest");
        let features: Vec<_> = features.split(',').collect();
        assert!(["axum", "blocking", "connect", "rustls"].iter().all(|feature| features.contains(feature)));
        assert!(!PROVIDERS.iter().any(|feature| features.contains(feature)), "{features:?}");
    }
}
