//! The programs that run the peers' scripts, and the sources of their packages.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use crate::debian::{Debian, version_of};
use crate::driven::{self, Browser};
use crate::process::{Process, run_to_end};

/// A program that runs scripts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Runtime {
    /// Packages of npm, in `node_modules`.
    Node,
    /// Packages of pip, in `venv`.
    Python,
    /// A program in Go, built from Debian's sources of gorilla/websocket into `go`.
    Go,
    /// Chromium with a page, and no script.
    Page,
    /// Chromium, controlled by a script.
    Chromium,
    /// Firefox, controlled by a script.
    Firefox,
}

impl Runtime {
    /// Installs it if it is missing. The error says why it can't be run.
    pub(crate) fn install(self, may_install: bool) -> Result<(), String> {
        // Several peers share one. After a failure, it is not installed again.
        static INSTALLED: [OnceLock<Result<(), String>>; 6] = [const { OnceLock::new() }; 6];
        INSTALLED[self as usize].get_or_init(|| self.install_once(may_install)).clone()
    }

    fn install_once(self, may_install: bool) -> Result<(), String> {
        match self {
            Self::Node => install_from("package-lock.json", "node_modules", may_install, || {
                run_here(Command::new(npm()).args(["ci", "--ignore-scripts"]))
            }),
            Self::Python => install_from("requirements.txt", "venv", may_install, || {
                let python = if cfg!(windows) { "python" } else { "python3" };
                run_here(Command::new(python).args(["-m", "venv", "--clear", "venv"]))?;
                let pip = ["-m", "pip", "--disable-pip-version-check", "install"];
                run_here(Command::new(venv("python")).args(pip).args(["--requirement", "requirements.txt"]))
            }),
            Self::Go => {
                GORILLA.install(may_install)?;
                build_gorilla()
            }
            Self::Page => driven::CHROMIUM.program.install(may_install),
            Self::Chromium => Self::install_browser(&driven::CHROMIUM, may_install),
            Self::Firefox => Self::install_browser(&driven::FIREFOX, may_install),
        }
    }

    fn install_browser(browser: &Browser, may_install: bool) -> Result<(), String> {
        browser.program.install(may_install)?;
        Self::Python.install(may_install)
    }

    /// Returns the browser that a script controls.
    pub(crate) fn browser(self) -> Option<&'static Browser> {
        match self {
            Self::Chromium => Some(&driven::CHROMIUM),
            Self::Firefox => Some(&driven::FIREFOX),
            Self::Node | Self::Python | Self::Go | Self::Page => None,
        }
    }

    /// Returns name and version of the software that a script uses.
    pub(crate) fn version(self, script: &'static str, deadline: Instant) -> Result<String, String> {
        type Versions = BTreeMap<(Runtime, &'static str), Result<String, String>>;
        // Many rows have the same client.
        static KNOWN: Mutex<Versions> = Mutex::new(BTreeMap::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry((self, script)).or_insert_with(|| self.ask_version(script, deadline)).clone()
    }

    fn ask_version(self, script: &str, deadline: Instant) -> Result<String, String> {
        let page = (self == Self::Page).then_some(&driven::CHROMIUM);
        if let Some(Browser { program, .. }) = self.browser().or(page) {
            let version = version_of(Command::new(program.path()).arg("--version"))?;
            return Ok(format!("{} {version}", program.program));
        }
        Ok(Process::start(self.command(script).arg("--version"), deadline)?.finish()?.concat())
    }

    /// Returns the command that runs a script.
    pub(crate) fn command(self, script: &str) -> Command {
        let script = folder().join("peers").join(script);
        let mut command = match self {
            Self::Node => with_script("node".into(), &script),
            Self::Python | Self::Chromium | Self::Firefox => with_script(venv("python"), &script),
            Self::Go => Command::new(gorilla()),
            Self::Page => Command::new(driven::CHROMIUM.program.path()),
        };
        command.current_dir(folder());
        command
    }
}

/// gorilla/websocket, whose sources are a package of Debian.
const GORILLA: Debian = Debian {
    program: "go",
    folder: Some("/usr/share/gocode/src/github.com/gorilla/websocket"),
    packages: &["golang-go", "golang-github-gorilla-websocket-dev"],
};

fn build_gorilla() -> Result<(), String> {
    let version = Command::new("dpkg-query")
        .args(["--show", "--showformat=${Version}", "golang-github-gorilla-websocket-dev"])
        .output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let set_version = format!("-X main.version={}", version.unwrap_or_else(|_| "unknown".to_owned()));
    let mut go = Command::new(GORILLA.path());
    go.args(["build", "-ldflags", &set_version, "-o"]).arg(gorilla()).arg("peers/gorilla.go");
    // Packages of Debian are not Go modules, and nothing may be downloaded.
    go.envs([("GO111MODULE", "off"), ("GOPATH", "/usr/share/gocode"), ("GOFLAGS", ""), ("CGO_ENABLED", "0")]);
    run_here(go.env("GOCACHE", folder().join("go/cache")))
}

fn gorilla() -> PathBuf {
    folder().join("go/gorilla")
}

fn npm() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

/// Returns the path of a program in the virtual environment: python, or one from a wheel.
pub(crate) fn venv(program: &str) -> PathBuf {
    let folder = folder().join("venv");
    if cfg!(windows) {
        folder.join("Scripts").join(program).with_extension("exe")
    } else {
        folder.join("bin").join(program)
    }
}

fn with_script(program: PathBuf, script: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg(script);
    command
}

/// Installs what a file lists, unless the same list has been installed already.
fn install_from(
    wanted: &str,
    target: &str,
    may_install: bool,
    install: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    // A copy of the list is kept beside what was installed from it.
    let versions = read(&folder().join(wanted))?;
    let stamp = folder().join(target).join("installed-from.txt");
    if read(&stamp).is_ok_and(|installed| installed == versions) {
        return Ok(());
    }
    if !may_install {
        return Err(format!("interop/{target} is not there, or old, and nothing shall be installed"));
    }
    println!("installing what interop/{wanted} names into interop/{target}");
    install()?;
    fs::write(&stamp, versions).map_err(|error| format!("{}: {error}", stamp.display()))
}

fn run_here(command: &mut Command) -> Result<(), String> {
    run_to_end(command.current_dir(folder()))
}

/// Returns the folder of this package.
pub(crate) fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
