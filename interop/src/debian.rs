//! Programs that come as packages of Debian: where they are, and how they get here.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

use crate::process::run_to_end;

/// A program, or the sources of a library, and the packages it is in.
pub(crate) struct Debian {
    /// What is looked for in the search path.
    pub(crate) program: &'static str,
    /// A folder that must be there as well.
    pub(crate) folder: Option<&'static str>,
    /// The packages.
    pub(crate) packages: &'static [&'static str],
}

impl Debian {
    /// Installs what is missing, where that is possible. The error says why it is not there.
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
            // Whether the lists are too old is seen when a package is not found.
            if let Err(error) = apt_get(&["update"]) {
                println!("{error}");
            }
        });
        apt_get(&[&["install", "-y", "--no-install-recommends"], self.packages].concat())?;
        if self.is_there() { Ok(()) } else { Err(format!("{packages} is installed but not found")) }
    }

    /// Where the program is; its bare name if it is nowhere.
    pub(crate) fn path(&self) -> PathBuf {
        self.found().unwrap_or_else(|| self.program.into())
    }

    fn is_there(&self) -> bool {
        self.found().is_some() && self.folder.is_none_or(|folder| Path::new(folder).is_dir())
    }

    fn found(&self) -> Option<PathBuf> {
        let search = env::var_os("PATH").unwrap_or_default();
        // Servers are where only root looks.
        let folders = env::split_paths(&search).chain(["/usr/sbin".into()]);
        folders.map(|folder| folder.join(self.program)).find(|path| path.is_file())
    }
}

/// The version in what a program says: the first word that is a number with dots, with or without a `v` before it.
pub(crate) fn version_of(command: &mut Command) -> Result<String, String> {
    let output = command.output();
    let program = command.get_program().to_string_lossy();
    let output = output.map_err(|error| format!("{program} can't be started: {error}"))?;
    // nginx says its version to the standard error.
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let words = said.split(|c: char| c.is_whitespace() || c == '/');
    let mut words = words.map(|word| word.strip_prefix('v').unwrap_or(word));
    let is_version = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.');
    words.find(is_version).map(str::to_owned).ok_or_else(|| format!("{program} says no version: {said}"))
}

static UPDATE: Once = Once::new();

fn apt_get(arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new("apt-get");
    // Another one may be at work.
    command.args(["-o", "DPkg::Lock::Timeout=120"]).args(arguments);
    run_to_end(command.env("DEBIAN_FRONTEND", "noninteractive"))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
