//! Finds and installs toolchains and tools, with rustup, cargo or Debian's packages.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::command::{own_cargo, run};

/// A compiler, and the cargo that comes with it.
pub(crate) struct Toolchain {
    rustc: PathBuf,
    cargo: PathBuf,
}

impl Toolchain {
    /// Returns the toolchain that runs this program.
    pub(crate) fn own() -> Self {
        Self {
            rustc: env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()).into(),
            cargo: own_cargo().into(),
        }
    }

    /// Returns the same toolchain, if it has `core` for a target. The error says why `core` is missing.
    pub(crate) fn own_with(target: &str, may_install: bool) -> Result<Self, String> {
        let own = Self::own();
        if may_install && own.has_target(target).is_err() {
            rustup(&["target", "add", target])?;
        }
        own.has_target(target).map(|()| own)
    }

    /// Returns a toolchain of rustup. The error says why it is missing.
    pub(crate) fn of_rustup(version: &str, may_install: bool) -> Result<Self, String> {
        let which = |program| {
            said("rustup", &["which", "--toolchain", version, program]).map(|path| PathBuf::from(path.trim()))
        };
        if may_install && which("cargo").is_err() {
            rustup(&["toolchain", "install", version, "--profile", "minimal", "--no-self-update"])?;
        }
        Ok(Self { rustc: which("rustc")?, cargo: which("cargo")? })
    }

    /// Returns Debian's toolchain, whose packages have the sources of `core`. The error says why it is missing.
    pub(crate) fn of_debian(may_install: bool) -> Result<Self, String> {
        let debian = Self { rustc: "/usr/bin/rustc".into(), cargo: "/usr/bin/cargo".into() };
        let is_there = || debian.rustc.is_file() && debian.cargo.is_file();
        if may_install && !is_there() {
            apt_install(&["cargo-web", "rust-web-src", "rustc-web"])?;
        }
        if is_there() { Ok(debian) } else { Err("Debian's cargo-web and rustc-web are not installed".into()) }
    }

    /// Returns the version of the compiler, such as `1.85.0`.
    pub(crate) fn version(&self) -> Result<String, String> {
        let said = self.said(&["--version"])?;
        said.split(' ').nth(1).map(str::to_owned).ok_or_else(|| format!("no version in {said:?}"))
    }

    /// Checks that the toolchain has `core` for a target.
    fn has_target(&self, target: &str) -> Result<(), String> {
        let folder = self.said(&["--print", "target-libdir", "--target", target])?;
        let is_core = |name: &str| name.starts_with("libcore-");
        let entries = fs::read_dir(folder.trim()).into_iter().flatten().flatten();
        if entries.into_iter().any(|entry| is_core(&entry.file_name().to_string_lossy())) {
            Ok(())
        } else {
            Err(format!("Rust {} has no {target}", self.version()?))
        }
    }

    /// Checks that the toolchain has the sources of `core`.
    pub(crate) fn has_sources(&self) -> Result<(), String> {
        let root = self.said(&["--print", "sysroot"])?;
        if Path::new(root.trim()).join("lib/rustlib/src/rust/library/core").is_dir() {
            Ok(())
        } else {
            Err(format!("Rust {} has no sources of core", self.version()?))
        }
    }

    /// Runs its cargo, which builds into `folder`.
    pub(crate) fn cargo(&self, what: &str, arguments: &[&str], folder: &str) -> Result<(), String> {
        let mut command = Command::new(&self.cargo);
        command.args(arguments).env("RUSTC", &self.rustc).env("CARGO_TARGET_DIR", folder);
        for (name, _) in env::vars_os() {
            // These variables describe the cargo that runs this program, and not the other one.
            let name = name.to_string_lossy();
            if name.starts_with("CARGO_") && name != "CARGO_HOME" && name != "CARGO_TARGET_DIR" {
                command.env_remove(&*name);
            }
        }
        // Building `core` is an unstable feature of cargo.
        run(what, command.env("RUSTC_BOOTSTRAP", "1"))
    }

    fn said(&self, arguments: &[&str]) -> Result<String, String> {
        said(&self.rustc.to_string_lossy(), arguments)
    }
}

/// Installs something with rustup.
pub(crate) fn rustup(arguments: &[&str]) -> Result<(), String> {
    said("rustup", &["--version"])?;
    println!("\nInstalls with rustup: {}.", arguments.join(" "));
    said("rustup", arguments).map(drop)
}

/// Installs packages of Debian.
pub(crate) fn apt_install(packages: &[&str]) -> Result<(), String> {
    if !fs::exists("/etc/debian_version").unwrap_or(false) {
        return Err(format!("{packages:?} are packages of Debian, and this is none"));
    }
    if said("id", &["-u"])? != "0\n" {
        return Err(format!("{packages:?} can be installed by root alone"));
    }
    println!("\nInstalls the Debian packages {packages:?}.");
    said("apt-get", &["update", "--quiet"])?;
    let install = ["install", "--yes", "--quiet", "--no-install-recommends"];
    said("apt-get", &[&install, packages].concat()).map(drop)
}

/// Installs a subcommand of cargo from its package: `cargo-deny` is `cargo deny`.
pub(crate) fn cargo_install(program: &str, may_install: bool) -> Result<(), String> {
    let subcommand = program.trim_start_matches("cargo-");
    let is_there = || said(&own_cargo(), &[subcommand, "--version"]).map(drop);
    if may_install && is_there().is_err() {
        println!("\nInstalls {program} with cargo.");
        // It runs for seconds, and nobody debugs it.
        let quickly = ["--debug", "--config", "profile.dev.debug=false"];
        said(&own_cargo(), &[&["install", "--quiet", "--locked"], &quickly[..], &[program]].concat())?;
    }
    is_there()
}

/// Returns the first way that works without installing, or else the first one that can be installed. The error has all
/// reasons.
pub(crate) fn first<T>(ways: &[&dyn Fn(bool) -> Result<T, String>], may_install: bool) -> Result<T, String> {
    let mut reasons = Vec::new();
    for installs in [false, true] {
        if installs && !may_install {
            break;
        }
        reasons.clear();
        for way in ways {
            match way(installs) {
                Ok(found) => return Ok(found),
                Err(reason) => reasons.push(reason),
            }
        }
    }
    Err(reasons.join("; "))
}

/// Returns the output of a program. The error says in one line why it failed.
fn said(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{program}: {}", reason(&String::from_utf8_lossy(&output.stderr))))
}

/// Returns the most useful line of an error's text: the first one that begins like an error of rustup, cargo or apt,
/// or the last line.
fn reason(error: &str) -> &str {
    let begins = |line: &&str| line.starts_with("error") || line.starts_with("E: ");
    let mut lines = error.lines().filter(|line| !line.trim().is_empty());
    lines.clone().find(begins).or(lines.next_back()).unwrap_or("it failed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_goes_before_what_can_be_installed() {
        let there = |_| Ok("there");
        let installs =
            |may_install| if may_install { Ok("installed") } else { Err("a is not there".to_owned()) };
        let never = |_| Err("b is not there".to_owned());
        assert_eq!(first(&[&installs, &there], true), Ok("there"));
        assert_eq!(first(&[&never, &installs], true), Ok("installed"));
        let reasons = "a is not there; b is not there".to_owned();
        assert_eq!(first(&[&installs, &never], false), Err(reasons));
    }

    #[test]
    fn an_error_is_one_line() {
        for (text, line) in [
            ("error: no toolchain\nhelp: run rustup\n", "error: no toolchain"),
            ("W: old\nE: no package\nE: no other\n", "E: no package"),
            ("first\nlast\n\n", "last"),
            ("", "it failed"),
        ] {
            assert_eq!(reason(text), line, "{text:?}");
        }
    }
}
