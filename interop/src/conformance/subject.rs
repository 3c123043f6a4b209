//! What the suite is run against: software, a role, and a version of HTTP.

use std::process::Command;
use std::time::Instant;

use websocket_upgrade_conformance::case::Http;

use crate::conformance::programs::Programs;
use crate::peer::Role;
use crate::process::Process;
use crate::runtime::Runtime;

/// A server or a client.
#[derive(Clone, Copy)]
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    /// Whether it is this project's own.
    pub(crate) ours: bool,
    /// Whether it speaks HTTP/2 with extended CONNECT, too.
    pub(crate) http2: bool,
    /// Whether `cargo xtask test` runs the suite against it.
    pub(crate) everyday: bool,
    program: Program,
}

#[derive(Clone, Copy)]
enum Program {
    /// A script of a runtime, or its program, with arguments.
    Script(Runtime, &'static str, &'static [&'static str]),
    /// A library in the package `subjects`, with the crate whose version counts.
    Rust(&'static str, &'static str),
}

/// All subjects, ours first.
pub(crate) const SUBJECTS: &[Subject] = &[
    Subject::server("tokio", Program::Rust("our-tokio", OURS)).ours(),
    Subject::server("futures-io", Program::Rust("our-smol", OURS)).ours(),
    Subject::server("blocking", Program::Rust("our-threads", OURS)).ours(),
    Subject::server("hyper", Program::Rust("our-hyper", OURS)).ours().over_http2(),
    Subject::server("axum", Program::Rust("our-axum", OURS)).ours().over_http2(),
    Subject::server("axum", Program::Rust("axum", "axum")).over_http2(),
    Subject::server("fastwebsockets", Program::Rust("fastwebsockets", "fastwebsockets")),
    Subject::server("tokio-tungstenite", Program::Rust("tokio-tungstenite", "tokio-tungstenite")).everyday(),
    Subject::server("tokio-websockets", Program::Rust("tokio-websockets", "tokio-websockets")),
    Subject::server("ws", Program::Script(Runtime::Node, "ws-server.mjs", SERVER)).everyday(),
    Subject::server("websockets", Program::Script(Runtime::Python, "websockets-server.py", SERVER)),
    Subject::server("aiohttp", Program::Script(Runtime::Python, "aiohttp-server.py", SERVER)),
    Subject::server("uvicorn", Program::Script(Runtime::Python, "uvicorn-server.py", SERVER)),
    Subject::server("hypercorn", Program::Script(Runtime::Python, "hypercorn-server.py", SERVER))
        .over_http2(),
    Subject::server("gorilla", Program::Script(Runtime::Go, "gorilla.go", SERVER)),
    Subject::client("tokio", Program::Rust("our-tokio", OURS)).ours(),
    Subject::client("futures-io", Program::Rust("our-smol", OURS)).ours(),
    Subject::client("blocking", Program::Rust("our-threads", OURS)).ours(),
    Subject::client("tokio, HTTP/2", Program::Rust("our-http2", OURS)).ours().over_http2(),
    Subject::client("fastwebsockets", Program::Rust("fastwebsockets", "fastwebsockets")),
    Subject::client("tokio-tungstenite", Program::Rust("tokio-tungstenite", "tokio-tungstenite")).everyday(),
    Subject::client("tokio-websockets", Program::Rust("tokio-websockets", "tokio-websockets")),
    Subject::client("ws", Program::Script(Runtime::Node, "ws-echo-client.mjs", &[])).everyday(),
    Subject::client("undici", Program::Script(Runtime::Node, "undici-echo-client.mjs", &[])),
    Subject::client("websockets", Program::Script(Runtime::Python, "websockets-echo-client.py", &[])),
    Subject::client("aiohttp", Program::Script(Runtime::Python, "aiohttp-echo-client.py", &[])),
    Subject::client("gorilla", Program::Script(Runtime::Go, "gorilla.go", &["-echo"])),
];

/// The subprotocols that every server supports, and permessage-deflate.
const SERVER: &[&str] = &["--subprotocol", "chat", "--subprotocol", "superchat", "--deflate"];

const OURS: &str = "websocket-upgrade";

impl Subject {
    const fn server(name: &'static str, program: Program) -> Self {
        Self { name, role: Role::Server, ours: false, http2: false, everyday: false, program }
    }

    const fn client(name: &'static str, program: Program) -> Self {
        Self { role: Role::Client, ..Self::server(name, program) }
    }

    const fn ours(self) -> Self {
        Self { ours: true, everyday: true, ..self }
    }

    const fn everyday(self) -> Self {
        Self { everyday: true, ..self }
    }

    const fn over_http2(self) -> Self {
        Self { http2: true, ..self }
    }

    /// Describes it.
    pub(crate) fn title(&self) -> String {
        let Self { name, role, ours, .. } = self;
        format!("{}{name} as {}", if *ours { "our " } else { "" }, role.name())
    }

    /// Returns the versions of HTTP that it has.
    pub(crate) fn versions(&self) -> Vec<Http> {
        match (self.role, self.http2) {
            // A client is asked for one of them.
            (Role::Client, true) => vec![Http::Http2],
            (Role::Server, true) => vec![Http::Http1, Http::Http2],
            (_, false) => vec![Http::Http1],
        }
    }

    /// Installs it if it is missing. The error says why it can't be run.
    pub(crate) fn install(&self, may_install: bool) -> Result<(), String> {
        match self.program {
            Program::Script(runtime, ..) => runtime.install(may_install),
            Program::Rust(..) => Ok(()),
        }
    }

    /// Returns its name and version.
    pub(crate) fn version(&self, programs: &Programs, deadline: Instant) -> Result<String, String> {
        match self.program {
            Program::Script(runtime, script, _) => runtime.version(versioned(script), deadline),
            Program::Rust(_, library) => programs.version(library),
        }
    }

    /// Starts a server, and returns it with its URL.
    pub(crate) fn start(&self, programs: &Programs, deadline: Instant) -> Result<(Process, String), String> {
        let mut command = self.command(programs, "server");
        let mut process = Process::start(&mut command, deadline)?;
        let url = process.wait_for("listening on ")?;
        Ok((process, url))
    }

    /// Returns the command of a client, without its URL.
    pub(crate) fn client_command(&self, programs: &Programs) -> Command {
        self.command(programs, "client")
    }

    fn command(&self, programs: &Programs, part: &str) -> Command {
        match self.program {
            Program::Script(runtime, script, arguments) => {
                let mut command = runtime.command(script);
                command.args(arguments);
                command
            }
            Program::Rust(library, _) => {
                let mut command = programs.subjects();
                command.args([part, library]);
                if self.role == Role::Server {
                    command.args(["--subprotocol", "chat", "--subprotocol", "superchat"]);
                }
                command
            }
        }
    }
}

/// Returns the script that prints the version: the scripts of echo clients do not.
fn versioned(script: &'static str) -> &'static str {
    match script {
        "ws-echo-client.mjs" => "ws-client.mjs",
        "undici-echo-client.mjs" => "undici-client.mjs",
        "websockets-echo-client.py" => "websockets-client.py",
        "aiohttp-echo-client.py" => "aiohttp-client.py",
        script => script,
    }
}
