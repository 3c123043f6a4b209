//! What is tried with every peer in every role, and what must come of it.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::examples::Examples;
use crate::peer::{Peer, Role};
use crate::process::Process;
use crate::relay::Relay;

/// A handshake and the messages behind it.
pub(crate) struct Case {
    /// Where it stands in the matrix.
    pub(crate) column: Column,
    /// What it shows.
    pub(crate) name: &'static str,
    /// The arguments, where the peer is the server and our `connect` the client.
    peer_serves: Ends,
    /// The arguments, where the peer is the client and our `echo` the server.
    peer_connects: Ends,
    expect: Expect,
}

/// A column of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Plain,
    Subprotocol,
    Deflate,
}

struct Ends {
    server: &'static [&'static str],
    client: &'static [&'static str],
}

/// What both sides agree on.
struct Expect {
    subprotocol: Option<&'static str>,
    /// permessage-deflate, with these parameters at least.
    deflate: Option<&'static [&'static str]>,
}

/// Bytes of messages, and what they took on the wire with the handshake before them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) messages: u64,
    pub(crate) wire: u64,
}

impl Column {
    pub(crate) const ALL: [Self; 3] = [Self::Plain, Self::Subprotocol, Self::Deflate];
}

impl Case {
    /// Runs it; the error says what went otherwise.
    pub(crate) fn run(&self, peer: &Peer, role: Role, ours: &Examples) -> Result<Traffic, String> {
        let deadline = Instant::now() + PATIENCE;
        let message = MESSAGE.repeat(MESSAGE_TIMES);
        let (mut server, mut client) = match role {
            Role::Server => {
                let mut server = peer.command(role);
                server.args(self.peer_serves.server).args(["--message", &message]);
                let mut client = Command::new(&ours.connect);
                client.args(self.peer_serves.client).arg("--wait-message");
                (server, client)
            }
            Role::Client => {
                let mut server = Command::new(&ours.echo);
                server.args(self.peer_connects.server);
                let mut client = peer.command(role);
                client.args(self.peer_connects.client).args(["--message", &message]);
                (server, client)
            }
        };
        let mut server = Process::start(&mut server, deadline)?;
        let url = server.wait_for("listening on ws://")?;
        let address: SocketAddr = url
            .trim_end_matches('/')
            .parse()
            .map_err(|error| format!("the server's address {url}: {error}"))?;
        let relay = Relay::to(address).map_err(|error| format!("the relay: {error}"))?;

        client.arg(format!("ws://{}/", relay.address()));
        let lines = Process::start(&mut client, deadline)?.finish().map_err(|error| {
            let complaints = server.complaints();
            if complaints.is_empty() { error } else { format!("{error}\nthe server: {complaints}") }
        })?;
        self.expect.judge(&lines)?;

        let size = message.len() as u64;
        match role {
            Role::Server => {
                has_line(&lines, &format!("message: {message}"))?;
                self.weigh("the server", size, relay.server_bytes())
            }
            Role::Client => {
                has_line(&lines, &format!("echoed: {ECHOES}"))?;
                let client = self.weigh("the client", size * ECHOES, relay.client_bytes())?;
                let server = self.weigh("the server", size * ECHOES, relay.server_bytes())?;
                Ok(client.plus(server))
            }
        }
    }

    /// Whether one side has compressed what it sent, or not, as it should.
    fn weigh(&self, who: &str, messages: u64, wire: u64) -> Result<Traffic, String> {
        let compressed = wire < messages / 4;
        if compressed == self.expect.deflate.is_some() && (compressed || wire >= messages) {
            return Ok(Traffic { messages, wire });
        }
        let wanted = if compressed { "which should not have been" } else { "which are not" };
        Err(format!("{who} has sent {messages} bytes of messages in {wire} bytes, {wanted} compressed"))
    }
}

impl Expect {
    /// Compares what a client has printed.
    fn judge(&self, lines: &[String]) -> Result<(), String> {
        has_line(lines, "status: 101")?;
        let value = |name| lines.iter().find_map(|line| line.strip_prefix(name));
        let subprotocol = value("subprotocol: ");
        if subprotocol != self.subprotocol {
            return Err(format!("subprotocol: {subprotocol:?} instead of {:?}", self.subprotocol));
        }
        let extensions = value("extensions: ").unwrap_or_default();
        let params: Vec<&str> = extensions.split(';').map(str::trim).collect();
        let legal = match self.deflate {
            None => extensions.is_empty(),
            Some(wanted) => {
                params.first() == Some(&"permessage-deflate")
                    && wanted.iter().all(|param| params.contains(param))
            }
        };
        if legal { Ok(()) } else { Err(format!("extensions: {extensions:?} instead of {:?}", self.deflate)) }
    }
}

impl Traffic {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self { messages: self.messages + other.messages, wire: self.wire + other.wire }
    }
}

fn has_line(lines: &[String], wanted: &str) -> Result<(), String> {
    if lines.iter().any(|line| line == wanted) {
        return Ok(());
    }
    let short = |line: &str| line.chars().take(80).collect::<String>();
    let lines: Vec<String> = lines.iter().map(|line| short(line)).collect();
    Err(format!("the client has not said {:?} but {lines:?}", short(wanted)))
}

/// For all of one case.
const PATIENCE: Duration = Duration::from_secs(30);

/// The message: large enough to need several reads, and to weigh more than any head.
const MESSAGE: &str = "interoperable ";
const MESSAGE_TIMES: usize = 1500;

/// Messages that a peer sends as a client.
const ECHOES: u64 = 3;

/// Everything that is tried.
pub(crate) const CASES: [Case; 7] = [
    Case {
        column: Column::Plain,
        name: "nothing offered",
        peer_serves: Ends { server: &[], client: &[] },
        peer_connects: Ends { server: &[], client: &[] },
        expect: Expect { subprotocol: None, deflate: None },
    },
    Case {
        column: Column::Plain,
        name: "permessage-deflate offered, not supported",
        peer_serves: Ends { server: &[], client: &["--deflate", "client_max_window_bits"] },
        peer_connects: Ends { server: &[], client: &["--deflate"] },
        expect: Expect { subprotocol: None, deflate: None },
    },
    Case {
        column: Column::Subprotocol,
        name: "the second of those offered",
        peer_serves: Ends { server: &["--subprotocol", "chat"], client: SUPERCHAT_CHAT },
        peer_connects: Ends { server: &["--subprotocol", "chat"], client: SUPERCHAT_CHAT },
        expect: Expect { subprotocol: Some("chat"), deflate: None },
    },
    Case {
        column: Column::Deflate,
        name: "the largest windows",
        peer_serves: Ends { server: &["--deflate"], client: &["--deflate", "client_max_window_bits"] },
        peer_connects: Ends { server: &["--deflate"], client: &["--deflate"] },
        expect: Expect { subprotocol: None, deflate: Some(&[]) },
    },
    Case {
        column: Column::Deflate,
        name: "small windows",
        peer_serves: Ends {
            server: &["--deflate", "--window-bits", "9"],
            client: &["--deflate", "server_max_window_bits=9; client_max_window_bits"],
        },
        peer_connects: Ends { server: &["--deflate"], client: &["--deflate", "--window-bits", "9"] },
        expect: Expect {
            subprotocol: None,
            deflate: Some(&["server_max_window_bits=9", "client_max_window_bits=9"]),
        },
    },
    Case {
        column: Column::Deflate,
        name: "no context takeover",
        peer_serves: Ends {
            server: &["--deflate", "--no-context-takeover"],
            client: &["--deflate", "server_no_context_takeover; client_no_context_takeover"],
        },
        peer_connects: Ends { server: &["--deflate"], client: &["--deflate", "--no-context-takeover"] },
        expect: Expect {
            subprotocol: None,
            deflate: Some(&["server_no_context_takeover", "client_no_context_takeover"]),
        },
    },
    Case {
        column: Column::Deflate,
        name: "with a subprotocol",
        peer_serves: Ends {
            server: &["--deflate", "--subprotocol", "chat"],
            client: &["--deflate", "", "--subprotocol", "chat"],
        },
        peer_connects: Ends {
            server: &["--deflate", "--subprotocol", "chat"],
            client: &["--deflate", "--subprotocol", "chat"],
        },
        expect: Expect { subprotocol: Some("chat"), deflate: Some(&[]) },
    },
];

const SUPERCHAT_CHAT: &[&str] = &["--subprotocol", "superchat", "--subprotocol", "chat"];
