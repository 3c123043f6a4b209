//! The software of others: what it is, and what it can do.
//!
//! A peer is a script that makes a server or a client of it. Whatever the script starts, its command line and what it
//! prints are the same for all:
//!
//! - both: `[--subprotocol NAME]... [--deflate [--server-window BITS] [--client-window BITS] [--no-server-context]
//!   [--no-client-context]] --message TEXT`, or `--version`, which prints name and version;
//! - a server prints `listening on ws://HOST:PORT/` once it listens, sends the message to every client, and echoes;
//! - a client takes a URL, prints `status: 101`, `subprotocol: NAME` and `extensions: LIST` as our example `connect`
//!   does, sends the message as text, as binary and as text again, checks the echoes, and prints `echoed: 3`.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Instant;

use crate::browser;
use crate::front::{Front, HAPROXY, NGINX, Running};
use crate::process::Process;
use crate::runtime::Runtime;

/// What we test against.
pub(crate) const PEERS: [Peer; 8] = [
    WS,
    Peer {
        name: "undici",
        runtime: Runtime::Node,
        server: None,
        // It offers what it offers, and compresses nothing itself.
        client: Some(Side {
            script: "undici-client.mjs",
            lacks: &[
                Skill::NoOffer,
                Skill::ServerWindow,
                Skill::ClientWindow,
                Skill::NoServerContext,
                Skill::NoClientContext,
                Skill::Compression,
            ],
        }),
        front: None,
    },
    Peer {
        name: "websockets",
        runtime: Runtime::Python,
        server: Some(Side { script: "websockets-server.py", lacks: &[] }),
        client: Some(Side { script: "websockets-client.py", lacks: &[] }),
        front: None,
    },
    Peer {
        name: "aiohttp",
        runtime: Runtime::Python,
        // What is about the client's side it does not answer.
        server: Some(Side {
            script: "aiohttp-server.py",
            lacks: &[Skill::ClientWindow, Skill::NoClientContext],
        }),
        client: Some(Side {
            script: "aiohttp-client.py",
            lacks: &[Skill::ClientWindow, Skill::NoServerContext, Skill::NoClientContext],
        }),
        front: None,
    },
    Peer {
        name: "gorilla",
        runtime: Runtime::Go,
        server: Some(Side { script: "gorilla.go", lacks: &[Skill::ServerWindow, Skill::ClientWindow] }),
        client: Some(Side { script: "gorilla.go", lacks: &[Skill::ServerWindow, Skill::ClientWindow] }),
        front: None,
    },
    Peer {
        name: "chromium",
        runtime: Runtime::Chromium,
        server: None,
        client: Some(Side {
            script: "browser.html",
            lacks: &[
                Skill::NoOffer,
                Skill::ServerWindow,
                Skill::ClientWindow,
                Skill::NoServerContext,
                Skill::NoClientContext,
            ],
        }),
        front: None,
    },
    Peer { name: "nginx", front: Some(&NGINX), ..WS },
    Peer { name: "haproxy", front: Some(&HAPROXY), ..WS },
];

const WS: Peer = Peer {
    name: "ws",
    runtime: Runtime::Node,
    server: Some(Side { script: "ws-server.mjs", lacks: &[] }),
    client: Some(Side { script: "ws-client.mjs", lacks: &[] }),
    front: None,
};

/// A piece of software that speaks WebSocket.
pub(crate) struct Peer {
    /// Its name, for as long as its version is not known.
    pub(crate) name: &'static str,
    runtime: Runtime,
    server: Option<Side>,
    client: Option<Side>,
    /// A proxy before the server, whichever side that is.
    front: Option<&'static Front>,
}

struct Side {
    script: &'static str,
    lacks: &'static [Skill],
}

/// Who the peer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The server; our client connects to it.
    Server,
    /// The client; it connects to our server.
    Client,
}

/// What not every peer can be told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Skill {
    /// To offer no extension.
    NoOffer,
    /// `server_max_window_bits` with a value.
    ServerWindow,
    /// `client_max_window_bits` with a value.
    ClientWindow,
    /// `server_no_context_takeover`.
    NoServerContext,
    /// `client_no_context_takeover`.
    NoClientContext,
    /// To compress what it sends, once that is agreed.
    Compression,
}

impl Skill {
    /// In words, as what it can't do.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::NoOffer => "offer nothing",
            Self::ServerWindow => "agree on a smaller window of the server",
            Self::ClientWindow => "agree on a smaller window of the client",
            Self::NoServerContext => "ask the server for no context takeover",
            Self::NoClientContext => "agree on a client without context takeover",
            Self::Compression => "compress what it sends",
        }
    }
}

impl Role {
    pub(crate) const ALL: [Self; 2] = [Self::Server, Self::Client];
}

impl Peer {
    /// The roles it can play.
    pub(crate) fn roles(&self) -> impl Iterator<Item = Role> + '_ {
        Role::ALL.into_iter().filter(|role| self.side(*role).is_some())
    }

    /// A role in words.
    pub(crate) fn role_name(&self, role: Role) -> &'static str {
        match (role, self.front) {
            (Role::Server, None) => "server",
            (Role::Client, None) => "client",
            (Role::Server, Some(_)) => "proxy before that server",
            (Role::Client, Some(_)) => "proxy before our server",
        }
    }

    /// Whether what it runs comes from an origin.
    pub(crate) fn has_pages(&self) -> bool {
        matches!(self.runtime, Runtime::Chromium)
    }

    /// What it can't do in a role.
    pub(crate) fn lacks(&self, role: Role) -> &'static [Skill] {
        self.side(role).map(|side| side.lacks).unwrap_or_default()
    }

    /// Installs it unless it is there. The error says why it can't be run.
    pub(crate) fn install(&self, may_install: bool) -> Result<(), String> {
        self.runtime.install(may_install)?;
        self.front.map_or(Ok(()), |front| front.install(may_install))
    }

    /// Its name and version, as it says them.
    pub(crate) fn version(&self, deadline: Instant) -> Result<String, String> {
        let role = self.roles().next().ok_or("it has no role")?;
        let version = self.runtime.version(self.script(role), deadline)?;
        match self.front {
            None => Ok(version),
            Some(front) => Ok(format!("{} and {version}", front.version()?)),
        }
    }

    /// Its server.
    pub(crate) fn server(&self, arguments: &[&str], message: &str) -> Command {
        let mut command = self.runtime.command(self.script(Role::Server));
        command.args(arguments).args(["--message", message]);
        command
    }

    /// Starts its proxy, if it has one, before a server.
    pub(crate) fn start_front(
        &self,
        server: SocketAddr,
        deadline: Instant,
    ) -> Result<Option<Running>, String> {
        self.front.map(|front| front.start(server, deadline)).transpose()
    }

    /// Runs its client; the lines are what it says.
    pub(crate) fn run_client(
        &self,
        arguments: &[&str],
        message: &str,
        url: &str,
        deadline: Instant,
    ) -> Result<Vec<String>, String> {
        if let Runtime::Chromium = self.runtime {
            return browser::run(arguments, message, url, deadline);
        }
        let mut command = self.runtime.command(self.script(Role::Client));
        command.args(arguments).args(["--message", message, url]);
        Process::start(&mut command, deadline)?.finish()
    }

    fn script(&self, role: Role) -> &'static str {
        self.side(role).map(|side| side.script).unwrap_or_default()
    }

    fn side(&self, role: Role) -> Option<&Side> {
        match role {
            Role::Server => self.server.as_ref(),
            Role::Client => self.client.as_ref(),
        }
    }
}
