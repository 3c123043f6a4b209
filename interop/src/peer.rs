//! The software of others: what it is, how it gets here, how it is run.
//!
//! A peer is a script that makes a server or a client of it. Whatever the script starts, its command line and what it
//! prints are the same for all:
//!
//! - both: `[--subprotocol NAME]... [--deflate [--window-bits N] [--no-context-takeover]] --message TEXT`, or
//!   `--version`, which prints name and version;
//! - a server prints `listening on ws://HOST:PORT/` once it listens, sends the message to every client, and echoes;
//! - a client takes a URL, prints `status: 101`, `subprotocol: NAME` and `extensions: LIST` as our example `connect`
//!   does, sends the message as text, as binary and as text again, checks the echoes, and prints `echoed: 3`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::process::Process;

/// What we test against.
pub(crate) const PEERS: [Peer; 2] = [
    Peer { name: "ws", runtime: Runtime::Node, server: Some("server.mjs"), client: Some("client.mjs") },
    Peer {
        name: "websockets",
        runtime: Runtime::Python,
        server: Some("server.py"),
        client: Some("client.py"),
    },
];

/// A piece of software that speaks WebSocket.
pub(crate) struct Peer {
    /// Its name, for as long as its version is not known.
    pub(crate) name: &'static str,
    runtime: Runtime,
    server: Option<&'static str>,
    client: Option<&'static str>,
}

/// Who the peer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The server; our client connects to it.
    Server,
    /// The client; it connects to our server.
    Client,
}

impl Peer {
    /// The roles it can play.
    pub(crate) fn roles(&self) -> impl Iterator<Item = Role> + '_ {
        [Role::Server, Role::Client].into_iter().filter(|role| self.script(*role).is_some())
    }

    /// Installs it unless it is there: into folders of this package. The error says why it can't be run.
    pub(crate) fn install(&self, may_install: bool) -> Result<(), String> {
        self.runtime.install(may_install)
    }

    /// Its name and version, as it says them.
    pub(crate) fn version(&self, deadline: Instant) -> Result<String, String> {
        let role = self.roles().next().ok_or("it has no role")?;
        let lines = Process::start(self.command(role).arg("--version"), deadline)?.finish()?;
        Ok(lines.concat())
    }

    /// The program that plays a role.
    pub(crate) fn command(&self, role: Role) -> Command {
        let mut command = Command::new(self.runtime.program());
        command.arg(folder().join("peers").join(self.script(role).unwrap_or_default()));
        command.current_dir(folder());
        command
    }

    fn script(&self, role: Role) -> Option<&'static str> {
        match role {
            Role::Server => self.server,
            Role::Client => self.client,
        }
    }
}

/// What runs a peer's script, and where its packages come from.
enum Runtime {
    /// Packages of npm, in `node_modules`.
    Node,
    /// Packages of pip, in `venv`.
    Python,
}

impl Runtime {
    fn program(&self) -> PathBuf {
        match self {
            Self::Node => "node".into(),
            Self::Python if cfg!(windows) => folder().join("venv/Scripts/python.exe"),
            Self::Python => folder().join("venv/bin/python"),
        }
    }

    fn install(&self, may_install: bool) -> Result<(), String> {
        // A copy of the file with the versions lies beside what was installed from it.
        let (wanted, target) = match self {
            Self::Node => ("package-lock.json", "node_modules"),
            Self::Python => ("requirements.txt", "venv"),
        };
        let read =
            |path: PathBuf| fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()));
        let versions = read(folder().join(wanted))?;
        let stamp = folder().join(target).join("installed-from.txt");
        if read(stamp.clone()).is_ok_and(|installed| installed == versions) {
            return Ok(());
        }
        if !may_install {
            return Err(format!("interop/{target} is not there, or old, and nothing shall be installed"));
        }
        println!("installing what interop/{wanted} names into interop/{target}");
        match self {
            Self::Node => run(Command::new(npm()).args(["ci", "--ignore-scripts"]))?,
            Self::Python => {
                let python = if cfg!(windows) { "python" } else { "python3" };
                run(Command::new(python).args(["-m", "venv", "--clear", target]))?;
                let pip = ["-m", "pip", "--disable-pip-version-check", "install", "--requirement", wanted];
                run(Command::new(self.program()).args(pip))?;
            }
        }
        fs::write(&stamp, versions).map_err(|error| format!("{}: {error}", stamp.display()))
    }
}

fn npm() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

/// Runs a step of an installation, which has as long as it needs.
fn run(command: &mut Command) -> Result<(), String> {
    println!("  {}", format!("{command:?}").replace('"', ""));
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.current_dir(folder()).output();
    let output = output.map_err(|error| format!("{program} can't be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{program} has failed ({})\n{}", output.status, String::from_utf8_lossy(&said).trim_end()))
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
