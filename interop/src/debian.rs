//! Programs from packages of Debian: how to find and install them.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

use crate::process::run_to_end;

/// A program, or the sources of a library, and its packages.
pub(crate) struct Debian {
    /// The program to look for in the search path.
    pub(crate) program: &'static str,
    /// A folder that must exist as well.
    pub(crate) folder: Option<&'static str>,
    /// The packages.
    pub(crate) packages: &'static [&'static str],
}

impl Debian {
    /// Installs what is missing, if possible. The error says why it is missing.
    pub(crate) fn install(&self, may_install: bool) -> Result<(), String> {
        let packages = self.packages.join(" ");
        if self.is_there() {
            return Ok(());
        }
        if !may_install {
            return Err(format!("{packages} is not there, and nothing shall be installed"));
        }
        if !Path::new("/etc/debian_version").exists() || !is_root() {
            return Err(format!("{packages} is not there, and only root on Debian can install it"));
        }
        UPDATE.call_once(|| {
            // A package that is not found may mean that the lists are out of date.
            if let Err(error) = apt_get(&["update"]) {
                println!("{error}");
            }
        });
        let _quiet = NoServices::hold(Path::new(POLICY)).map_err(|error| format!("{POLICY}: {error}"))?;
        apt_get(&[&["install", "-y", "--no-install-recommends"], self.packages].concat())?;
        if self.is_there() { Ok(()) } else { Err(format!("{packages} is installed but not found")) }
    }

    /// Returns the path of the program, or its bare name if it is not found.
    pub(crate) fn path(&self) -> PathBuf {
        self.found().unwrap_or_else(|| self.program.into())
    }

    /// Returns the version of the package, for a program that does not print its own.
    pub(crate) fn package_version(&self) -> Result<String, String> {
        let package = self.packages.first().copied().unwrap_or_default();
        version_of(Command::new("dpkg-query").args(["--show", "--showformat=${Version}", package]))
    }

    fn is_there(&self) -> bool {
        self.found().is_some() && self.folder.is_none_or(|folder| Path::new(folder).is_dir())
    }

    fn found(&self) -> Option<PathBuf> {
        let search = env::var_os("PATH").unwrap_or_default();
        // Servers are in a folder that only root searches.
        let folders = env::split_paths(&search).chain(["/usr/sbin".into()]);
        folders.map(|folder| folder.join(self.program)).find(|path| path.is_file())
    }
}

/// Finds the version in the output of a program: the first word that is a number with dots, perhaps after a `v`.
pub(crate) fn version_of(command: &mut Command) -> Result<String, String> {
    let output = command.output();
    let program = command.get_program().to_string_lossy();
    let output = output.map_err(|error| format!("{program} can't be started: {error}"))?;
    // nginx prints its version to the standard error.
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let words = said.split(|c: char| c.is_whitespace() || c == '/');
    let mut words = words.map(|word| word.strip_prefix('v').unwrap_or(word));
    let is_version = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.');
    words
        .find(is_version)
        .map(|word| word.trim_end_matches('.').to_owned())
        .ok_or_else(|| format!("{program} says no version: {said}"))
}

/// The file that tells Debian's packages whether they may start services.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// While this exists, no package starts a service.
struct NoServices(Option<PathBuf>);

impl NoServices {
    fn hold(policy: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        match options.write(true).create_new(true).mode(0o755).open(policy) {
            Ok(mut file) => {
                let held = Self(Some(policy.to_owned()));
                // The exit status means "not allowed".
                file.write_all(b"#!/bin/sh\nexit 101\n")?;
                Ok(held)
            }
            // The file exists already; its owner has decided.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Self(None)),
            Err(error) => Err(error),
        }
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        // It existed just now.
        let _ = self.0.take().map(fs::remove_file);
    }
}

static UPDATE: Once = Once::new();

fn apt_get(arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new("apt-get");
    // Another apt-get may be running.
    command.args(["-o", "DPkg::Lock::Timeout=120"]).args(arguments);
    run_to_end(command.env("DEBIAN_FRONTEND", "noninteractive"))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn the_policy_is_there_as_long_as_it_is_held() {
        let folder = Scratch::new().unwrap();
        let policy = folder.path().join("policy");
        let held = NoServices::hold(&policy).unwrap();
        assert_eq!(Command::new(&policy).status().unwrap().code(), Some(101));
        // A file of someone else stays unchanged.
        drop(NoServices::hold(&policy).unwrap());
        assert!(policy.exists());
        drop(held);
        assert!(!policy.exists());
    }
}
