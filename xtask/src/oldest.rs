//! Checks the libraries with the oldest Rust that they support.

use crate::gaps::Gaps;
use crate::toolchain::{Toolchain, first};
use crate::tree::remove_output;

/// The version that the libraries declare.
const VERSION: &str = "1.85";

/// Returns the name of the check.
pub(crate) fn check() -> String {
    format!("Rust {VERSION}")
}

/// Checks the libraries.
pub(crate) fn run(may_install: bool, gaps: &mut Gaps) -> Result<(), String> {
    let of_rustup = |may_install| Toolchain::of_rustup(VERSION, may_install);
    let of_debian = |may_install| {
        let debian = Toolchain::of_debian(may_install)?;
        let version = debian.version()?;
        let is_it = version.starts_with(&format!("{VERSION}."));
        if is_it { Ok(debian) } else { Err(format!("Debian's Rust is {version}")) }
    };
    let toolchain = match first(&[&of_rustup, &of_debian], may_install) {
        Ok(toolchain) => toolchain,
        Err(reason) => {
            gaps.add(check(), reason);
            return Ok(());
        }
    };
    for package in ["websocket-upgrade-proto", "websocket-upgrade", "websocket-upgrade-h3"] {
        let what = format!("{package} on {}", check());
        toolchain.cargo(&what, &["check", "--package", package, "--all-features"], "target/oldest")?;
    }
    remove_output("oldest")
}
