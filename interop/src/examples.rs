//! Our own ends: the examples that are servers, and the client `connect`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::http::Http;

/// The paths of the programs.
pub(crate) struct Examples {
    /// The client, over all versions of HTTP.
    connect: PathBuf,
    /// In the order of `Server::ALL`.
    servers: [PathBuf; Server::ALL.len()],
    /// The command-line tool `wsupgrade`.
    tool: PathBuf,
}

/// A server of ours. All of them echo messages at `/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// On tokio's streams, only HTTP/1.1.
    Echo,
    /// On hyper. This and the following ones have HTTP/2, TLS, and a plain answer at `/health`.
    HyperEcho,
    /// On axum.
    AxumEcho,
    /// On hyper, with everything that a server in production needs.
    Serve,
    /// On axum, with a page at `/` and its WebSocket at `/socket`.
    Page,
    /// On quinn, over HTTP/3. It has that page too.
    H3Echo,
}

impl Server {
    const ALL: [Self; 6] =
        [Self::Echo, Self::HyperEcho, Self::AxumEcho, Self::Serve, Self::Page, Self::H3Echo];

    /// The name of the example.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::HyperEcho => "hyper_echo",
            Self::AxumEcho => "axum_echo",
            Self::Serve => "serve",
            Self::Page => "page",
            Self::H3Echo => "h3_echo",
        }
    }

    /// Returns whether its trusted proxies can be set.
    pub(crate) fn knows_proxies(self) -> bool {
        !matches!(self, Self::Echo | Self::H3Echo)
    }

    /// Returns whether it prints the version of HTTP of a client.
    pub(crate) fn says_version(self) -> bool {
        self != Self::Echo
    }
}

impl Examples {
    /// Builds the examples; cargo prints their paths.
    pub(crate) fn build() -> Result<Self, String> {
        let examples = Server::ALL.iter().flat_map(|server| ["--example", server.name()]);
        let servers = build(&["--bin", TOOL].into_iter().chain(examples).collect::<Vec<_>>())?;
        // Two packages have a client of this name, and cargo gives both the same path.
        let clients = build(&["--exclude", "commands", "--example", "connect"])?;
        let messages = servers + &clients;
        let built = |kind, name| {
            let path = messages.lines().find_map(|message| executable(message, kind, name));
            path.ok_or_else(|| format!("cargo has built no {kind} {name}"))
        };
        let executable = |name| built("example", name);
        let [echo, hyper_echo, axum_echo, serve, page, h3_echo] =
            Server::ALL.map(|server| executable(server.name()));
        let servers = [echo?, hyper_echo?, axum_echo?, serve?, page?, h3_echo?];
        Ok(Self { connect: executable("connect")?, servers, tool: built("bin", TOOL)? })
    }

    /// Returns the command of our client that asks for this version of HTTP, without the proxies of the environment.
    pub(crate) fn client(&self, http: Http) -> Command {
        let mut command = Command::new(&self.connect);
        match http {
            Http::One => {}
            Http::Two => _ = command.arg("--http2"),
            Http::Three => _ = command.arg("--http3"),
        }
        for name in ["all_proxy", "http_proxy", "https_proxy", "no_proxy"] {
            command.env_remove(name).env_remove(name.to_uppercase());
        }
        // With this variable a program is a CGI script, whose environment an attacker can set.
        command.env_remove("REQUEST_METHOD");
        command
    }

    /// Returns the command of the command-line tool.
    pub(crate) fn tool(&self) -> Command {
        Command::new(&self.tool)
    }

    /// The program of a server.
    pub(crate) fn server(&self, server: Server) -> &Path {
        &self.servers[server as usize]
    }
}

const TOOL: &str = "wsupgrade";

/// Builds some programs of the workspace, with the features that the tests use, so that cargo compiles nothing twice.
/// Returns cargo's messages.
fn build(programs: &[&str]) -> Result<String, String> {
    let arguments = [&["build", "--workspace", "--all-features"], programs].concat();
    println!("building our own ends: cargo {}", arguments.join(" "));
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .arg("--message-format=json-render-diagnostics")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo can't be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("our own examples can't be built ({})", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Returns the program of a message of cargo, if it is this one.
fn executable(message: &str, kind: &str, name: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_it = message["target"]["name"] == name && message["target"]["kind"][0] == kind;
    message["executable"].as_str().filter(|_| is_it).map(PathBuf::from)
}
