//! Builds the core for bare metal, where there is neither `std` nor an allocator.

use crate::gaps::Gaps;
use crate::toolchain::{Toolchain, first, rustup};
use crate::tree::remove_output;

const TARGET: &str = "thumbv7em-none-eabihf";
const BUILD: [&str; 5] = ["build", "--package", "websocket-upgrade-proto", "--target", TARGET];

/// A toolchain, and additional arguments for its cargo.
type Way = (Toolchain, &'static [&'static str]);

/// Builds the core with the first toolchain that can.
pub(crate) fn run(may_install: bool, gaps: &mut Gaps) -> Result<(), String> {
    match first(&[&with_target, &with_sources, &of_debian], may_install) {
        Ok((toolchain, more)) => {
            toolchain.cargo("the core on bare metal", &[&BUILD, more].concat(), "target/bare-metal")?;
            remove_output("bare-metal")
        }
        Err(reason) => {
            gaps.add("the core on bare metal", reason);
            Ok(())
        }
    }
}

/// Uses the `core` of the toolchain that runs this program.
fn with_target(may_install: bool) -> Result<Way, String> {
    Toolchain::own_with(TARGET, may_install).map(|own| (own, &[][..]))
}

/// Builds `core` from the sources of the same toolchain.
fn with_sources(may_install: bool) -> Result<Way, String> {
    let own = Toolchain::own();
    if may_install && own.has_sources().is_err() {
        rustup(&["component", "add", "rust-src"])?;
    }
    own.has_sources().map(|()| (own, BUILD_CORE))
}

/// Builds `core` from the sources of Debian's toolchain, in any version.
fn of_debian(may_install: bool) -> Result<Way, String> {
    let debian = Toolchain::of_debian(may_install)?;
    debian.has_sources().map(|()| (debian, BUILD_CORE))
}

const BUILD_CORE: &[&str] = &["-Z", "build-std=core"];
