//! A case: a handshake with a peer in a role, and the messages behind it. `cases.rs` has which.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::certificate::CertificateFile;
use crate::driven::Session;
use crate::examples::{Examples, Server};
use crate::front::Running;
use crate::http::Http;
use crate::peer::{Peer, Role};
use crate::process::Process;
use crate::relay::Relay;
use crate::skill::Skill;

/// A handshake and the messages behind it.
pub(crate) struct Case {
    /// Where it stands in the matrix.
    pub(crate) column: Column,
    /// What it shows.
    pub(crate) name: &'static str,
    /// What not every peer can do.
    pub(crate) needs: Option<Skill>,
    /// The arguments, where the peer is the server and our `connect` the client.
    pub(crate) peer_serves: Ends,
    /// The arguments, where the peer is the client and one of our echoing examples the server.
    pub(crate) peer_connects: Ends,
    pub(crate) expect: Expect,
}

/// A column of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Plain,
    Subprotocol,
    Deflate,
    /// For who has pages that come from somewhere.
    Origin,
    /// For who shows pages: that of our example.
    Page,
}

/// The arguments of both sides.
pub(crate) struct Ends {
    pub(crate) server: &'static [&'static str],
    pub(crate) client: &'static [&'static str],
}

/// What must come of it.
pub(crate) enum Expect {
    /// Both sides agree.
    Agreed {
        subprotocol: Option<&'static str>,
        /// permessage-deflate, with these parameters at least.
        deflate: Option<&'static [&'static str]>,
    },
    /// The browser fails the connection, and our page says why: this is how it begins.
    FailsFor(&'static str),
    /// Our server refuses, and names this field as the reason.
    RefusedFor(&'static str),
}

/// Bytes of messages, and what they took on the wire with the handshake before them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) messages: u64,
    pub(crate) wire: u64,
}

impl Column {
    pub(crate) const ALL: [Self; 5] =
        [Self::Plain, Self::Subprotocol, Self::Deflate, Self::Origin, Self::Page];
}

impl Case {
    /// Runs it; the error says what went otherwise.
    pub(crate) fn run(
        &self,
        peer: &Peer,
        role: Role,
        ours: &Examples,
        browser: Option<&Session<'_>>,
    ) -> Result<Traffic, String> {
        let deadline = Instant::now() + PATIENCE;
        let message = MESSAGE.repeat(MESSAGE_TIMES);
        let needs_certificate = role == Role::Server && peer.tls && peer.front.is_none();
        let certificate = needs_certificate.then(CertificateFile::new).transpose()?;
        let mut server = match role {
            Role::Server => {
                let mut server = peer.server(self.peer_serves.server, &message);
                if let Some(certificate) = &certificate {
                    server.arg("--certificate").arg(certificate.path());
                }
                server
            }
            Role::Client => self.our_server(peer, ours),
        };
        let mut server = Process::start(&mut server, deadline)?;
        let url = server.wait_for("listening on ")?;
        let address = url.split("://").last().unwrap_or_default().trim_end_matches('/');
        let address: SocketAddr =
            address.parse().map_err(|error| format!("the server's address {url}: {error}"))?;
        let mut front = peer.start_front(address, deadline)?;
        let relay = Relay::to(front.as_ref().map_or(address, |front| front.address(peer.tls)))
            .map_err(|error| format!("the relay: {error}"))?;

        let lines = match role {
            Role::Server => {
                let mut client = ours.client();
                client.args(self.peer_serves.client).arg("--wait-message");
                client.args((peer.http == Http::Two).then_some("--http2"));
                // The certificate is made for the occasion.
                client.args(peer.tls.then_some("--insecure"));
                let scheme = if peer.tls { "wss" } else { "ws" };
                Process::start(client.arg(format!("{scheme}://{}/", relay.address())), deadline)?.finish()
            }
            Role::Client if self.column == Column::Page => {
                peer.show_page(self.name, self.peer_connects.client, relay.address(), browser, deadline)
            }
            Role::Client => {
                peer.run_client(self.peer_connects.client, &message, relay.address(), browser, deadline)
            }
        };
        let lines = lines.map_err(|error| {
            let of_front = front.as_mut().map(Running::complaints).unwrap_or_default();
            let complaints = [("the server", server.complaints()), ("the proxy", of_front)];
            let told = complaints.iter().filter(|(_, complaints)| !complaints.is_empty());
            told.fold(error, |error, (who, complaints)| format!("{error}\n{who}: {complaints}"))
        })?;
        let is_deflated = match self.expect {
            Expect::Agreed { subprotocol, deflate } => {
                let status = match (role, self.column) {
                    (Role::Client, Column::Page) => "state: accepted".to_owned(),
                    _ => format!("status: {}", peer.status()),
                };
                has_line(&lines, &status)?;
                judge(&lines, subprotocol, deflate)?;
                deflate.is_some()
            }
            Expect::FailsFor(why) => {
                has_line(&lines, "state: failed")?;
                has_line_with(&lines, &format!("why: {why}"))?;
                // What the browser hides: the first field that was offered stands behind a name, and others do not.
                let offered = "sec-websocket-protocol: superchat";
                let is_shown = lines.iter().any(|line| line.ends_with(offered));
                return if is_shown { Ok(Traffic::default()) } else { Err(not_said(&lines, offered)) };
            }
            Expect::RefusedFor(field) => {
                has_line_with(&lines, "failed: ")?;
                server.wait_for_complaint(field)?;
                return Ok(Traffic::default());
            }
        };
        if role == Role::Client && peer.ours.says_version() {
            server.wait_for_complaint(&format!("accepted over {}", peer.reaches))?;
        }
        if self.column == Column::Page {
            has_line(&lines, "echo: hello")?;
            has_line_with(&lines, &format!("version: {}", peer.reaches))?;
            return Ok(Traffic::default());
        }

        let size = message.len() as u64;
        let peer_compresses = is_deflated && !peer.lacks(role).contains(&Skill::Compression);
        match role {
            Role::Server => {
                has_line(&lines, &format!("message: {message}"))?;
                weigh("the server", size, relay.server_bytes(), peer_compresses)
            }
            Role::Client => {
                has_line(&lines, &format!("echoed: {ECHOES}"))?;
                let client = weigh("the client", size * ECHOES, relay.client_bytes(), peer_compresses)?;
                let server = weigh("the server", size * ECHOES, relay.server_bytes(), is_deflated)?;
                Ok(client.plus(server))
            }
        }
    }

    /// Our server, as the case and the peer want it.
    fn our_server(&self, peer: &Peer, ours: &Examples) -> Command {
        let server = if self.column == Column::Page { Server::Page } else { peer.ours };
        let mut command = Command::new(ours.server(server));
        command.args(self.peer_connects.server);
        if peer.tls && peer.front.is_none() {
            command.arg("--tls");
        }
        // It alone knows what pages have come over.
        if peer.tls && peer.front.is_some() && peer.ours.knows_proxies() {
            command.args(["--trusted-proxy", "127.0.0.1"]);
        }
        if !peer.sends_key {
            command.arg("--danger-no-key");
        }
        command
    }

    /// Whether it is about this peer at all.
    pub(crate) fn is_for(&self, peer: &Peer) -> bool {
        match self.column {
            Column::Origin => peer.has_pages(),
            Column::Page => peer.shows_pages(),
            Column::Plain | Column::Subprotocol | Column::Deflate => true,
        }
    }

    /// What the case needs of the peer in a role and the peer can't do.
    pub(crate) fn asks_too_much(&self, peer: &Peer, role: Role) -> Option<Skill> {
        self.needs.filter(|skill| peer.lacks(role).contains(skill))
    }
}

impl Traffic {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self { messages: self.messages + other.messages, wire: self.wire + other.wire }
    }
}

/// Compares what a client has printed with what should be agreed.
fn judge(
    lines: &[String],
    wanted_subprotocol: Option<&str>,
    wanted_deflate: Option<&[&str]>,
) -> Result<(), String> {
    let value = |name| lines.iter().find_map(|line| line.strip_prefix(name));
    // "none" is how a page says that there is none.
    let value = |name| value(name).filter(|value| *value != "none");
    let subprotocol = value("subprotocol: ");
    if subprotocol != wanted_subprotocol {
        return Err(format!("subprotocol: {subprotocol:?} instead of {wanted_subprotocol:?}"));
    }
    let extensions = value("extensions: ").unwrap_or_default();
    let params: Vec<&str> = extensions.split(';').map(str::trim).collect();
    let legal = match wanted_deflate {
        None => extensions.is_empty(),
        Some(wanted) => {
            params.first() == Some(&"permessage-deflate") && wanted.iter().all(|param| params.contains(param))
        }
    };
    if legal { Ok(()) } else { Err(format!("extensions: {extensions:?} instead of {wanted_deflate:?}")) }
}

/// Whether one side has compressed what it sent, or not, as it should.
fn weigh(who: &str, messages: u64, wire: u64, should_compress: bool) -> Result<Traffic, String> {
    let compressed = wire < messages / 4;
    if compressed == should_compress && (compressed || wire >= messages) {
        return Ok(Traffic { messages, wire });
    }
    let wanted = if compressed { "which should not have been" } else { "which are not" };
    Err(format!("{who} has sent {messages} bytes of messages in {wire} bytes, {wanted} compressed"))
}

fn has_line(lines: &[String], wanted: &str) -> Result<(), String> {
    if lines.iter().any(|line| line == wanted) { Ok(()) } else { Err(not_said(lines, wanted)) }
}

fn has_line_with(lines: &[String], start: &str) -> Result<(), String> {
    if lines.iter().any(|line| line.starts_with(start)) { Ok(()) } else { Err(not_said(lines, start)) }
}

fn not_said(lines: &[String], wanted: &str) -> String {
    let short = |line: &str| line.chars().take(80).collect::<String>();
    let lines: Vec<String> = lines.iter().map(|line| short(line)).collect();
    format!("the client has not said {:?} but {lines:?}", short(wanted))
}

/// For all of one case.
const PATIENCE: Duration = Duration::from_secs(30);

/// The message: large enough to need several reads, and to weigh more than any head.
const MESSAGE: &str = "interoperable ";
const MESSAGE_TIMES: usize = 1500;

/// Messages that a peer sends as a client.
const ECHOES: u64 = 3;
