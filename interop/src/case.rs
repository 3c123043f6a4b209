//! A case: a handshake with a peer in a role, and some messages. `cases.rs` lists them.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::certificate::{self, CertificateFile};
use crate::driven::Session;
use crate::examples::{Examples, Server};
use crate::front::Running;
use crate::http::Http;
use crate::peer::{Parameters, Peer, Role};
use crate::process::Process;
use crate::relay::Relay;
use crate::skill::Skill;

/// A handshake and the messages after it.
pub(crate) struct Case {
    /// The column in the matrix.
    pub(crate) column: Column,
    /// What the case shows.
    pub(crate) name: &'static str,
    /// A skill that not every peer has.
    pub(crate) needs: Option<Skill>,
    /// The arguments if the peer is the server and our `connect` is the client.
    pub(crate) peer_serves: Ends,
    /// The arguments if the peer is the client and one of our echoing examples is the server.
    pub(crate) peer_connects: Ends,
    pub(crate) expect: Expect,
}

/// A column of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Plain,
    Subprotocol,
    Deflate,
    /// For peers whose pages have an origin.
    Origin,
    /// For peers that show the page of our example.
    Page,
}

/// The arguments of both sides.
pub(crate) struct Ends {
    pub(crate) server: &'static [&'static str],
    pub(crate) client: &'static [&'static str],
}

/// The expected result.
pub(crate) enum Expect {
    /// Both sides agree.
    Agreed {
        subprotocol: Option<&'static str>,
        /// permessage-deflate with at least these parameters.
        deflate: Option<&'static [&'static str]>,
    },
    /// The browser fails the connection, and our page shows a reason that begins like this.
    FailsFor(&'static str),
    /// Our server refuses, and its reason names this field.
    RefusedFor(&'static str),
    /// The server refuses with this status, which the client sees.
    RefusedWith(u16),
}

/// Bytes of messages, and of the wire including the handshake.
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
    /// Runs the case. The error says what was different.
    pub(crate) fn run(
        &self,
        peer: &Peer,
        role: Role,
        ours: &Examples,
        browser: Option<&Session<'_>>,
    ) -> Result<Traffic, String> {
        let deadline = Instant::now() + PATIENCE;
        let message = MESSAGE.repeat(message_times(peer.http));
        let (mut server, _certificate) = self.server(peer, role, ours, &message)?;
        let mut server = Process::start(&mut server, deadline)?;
        let url = server.wait_for("listening on ")?;
        let address = url.split("://").last().unwrap_or_default().trim_end_matches('/');
        let address: SocketAddr =
            address.parse().map_err(|error| format!("the server's address {url}: {error}"))?;
        let mut front = peer.start_front(address, deadline)?;
        let first = front.as_ref().map_or(address, |front| front.address(peer.tls));
        let relay = Relay::over(peer.http, first).map_err(|error| format!("the relay: {error}"))?;

        let lines = match role {
            Role::Server => {
                let mut client = ours.client(peer.http);
                client.args(self.peer_serves.client).arg("--wait-message");
                // The server makes its certificate itself.
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
        if let (Expect::RefusedWith(status), Role::Server) = (&self.expect, role) {
            return refused(lines, &format!("status {status}"));
        }
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
                // The browser shows only the first offered field, after a name.
                let offered = "sec-websocket-protocol: superchat";
                let is_shown = lines.iter().any(|line| line.ends_with(offered));
                return if is_shown { Ok(Traffic::default()) } else { Err(not_said(&lines, offered)) };
            }
            Expect::RefusedFor(field) => {
                has_line_with(&lines, "failed: ")?;
                server.wait_for_complaint(field)?;
                return Ok(Traffic::default());
            }
            Expect::RefusedWith(status) => {
                has_line(&lines, &format!("refused: {status}"))?;
                return Ok(Traffic::default());
            }
        };
        if peer.http == Http::Three && peer.has_pages() {
            on_one_connection(&lines, &relay)?;
        }
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
                if peer.reaches == Http::Three && !peer.lacks(role).contains(&Skill::Goodbye) {
                    server.wait_for_complaint(CLOSED)?;
                }
                weigh("the server", size, relay.server_bytes(), peer_compresses)
            }
            Role::Client => {
                has_line(&lines, &format!("echoed: {ECHOES}"))?;
                if peer.http == Http::Three {
                    has_line(&lines, CLOSED)?;
                }
                let client = weigh("the client", size * ECHOES, relay.client_bytes(), peer_compresses)?;
                let server = weigh("the server", size * ECHOES, relay.server_bytes(), is_deflated)?;
                Ok(client.plus(server))
            }
        }
    }

    /// Returns the command of the server, and its certificate, unless it makes that itself.
    fn server(
        &self,
        peer: &Peer,
        role: Role,
        ours: &Examples,
        message: &str,
    ) -> Result<(Command, Option<CertificateFile>), String> {
        let mut command = match role {
            Role::Server => peer.server(self.peer_serves.server, message),
            Role::Client => self.our_server(peer, ours),
        };
        let pem = match (peer.reaches, role) {
            (Http::Three, _) => certificate::of_http3()?.to_owned(),
            (_, Role::Server) if peer.tls && peer.front.is_none() => certificate::with_key()?,
            _ => return Ok((command, None)),
        };
        let certificate = CertificateFile::new(&pem)?;
        command.arg("--certificate").arg(certificate.path());
        Ok((command, Some(certificate)))
    }

    /// Returns the command of our server, as the case and the peer need it.
    fn our_server(&self, peer: &Peer, ours: &Examples) -> Command {
        let has_no_page = self.column == Column::Page && peer.http != Http::Three;
        let server = if has_no_page { Server::Page } else { peer.ours };
        let mut command = Command::new(ours.server(server));
        command.args(self.peer_connects.server);
        if peer.tls && peer.front.is_none() && peer.reaches != Http::Three {
            command.arg("--tls");
        }
        // Only the proxy knows that pages came over TLS.
        if peer.tls && peer.front.is_some() && peer.ours.knows_proxies() {
            command.args(["--trusted-proxy", "127.0.0.1"]);
        }
        if !peer.sends_key {
            command.arg("--danger-no-key");
        }
        command
    }

    /// Returns whether the case applies to this peer in this role.
    pub(crate) fn is_for(&self, peer: &Peer, role: Role) -> bool {
        if let Expect::RefusedWith(_) = self.expect {
            let can_refuse = role == Role::Client || peer.reaches == Http::Three;
            return peer.http == Http::Three && !peer.has_pages() && can_refuse;
        }
        let is_rare = self.column == Column::Deflate && self.needs.is_some();
        if is_rare && peer.parameters == Parameters::Fewest {
            return false;
        }
        match self.column {
            Column::Origin => peer.has_pages(),
            Column::Page => peer.shows_pages(),
            Column::Plain | Column::Subprotocol | Column::Deflate => true,
        }
    }

    /// Returns the skill that the case needs and the peer lacks in this role, if any.
    pub(crate) fn asks_too_much(&self, peer: &Peer, role: Role) -> Option<Skill> {
        self.needs.filter(|skill| peer.lacks(role).contains(skill))
    }
}

impl Traffic {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self { messages: self.messages + other.messages, wire: self.wire + other.wire }
    }
}

/// Compares the output of a client with the expected agreement.
fn judge(
    lines: &[String],
    wanted_subprotocol: Option<&str>,
    wanted_deflate: Option<&[&str]>,
) -> Result<(), String> {
    let value = |name| lines.iter().find_map(|line| line.strip_prefix(name));
    // A page prints "none" for a missing value.
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

/// Checks that one side has compressed what it sent, or has not, as expected.
fn weigh(who: &str, messages: u64, wire: u64, should_compress: bool) -> Result<Traffic, String> {
    let compressed = wire < messages / 4;
    if compressed == should_compress && (compressed || wire >= messages) {
        return Ok(Traffic { messages, wire });
    }
    let wanted = if compressed { "which should not have been" } else { "which are not" };
    Err(format!("{who} has sent {messages} bytes of messages in {wire} bytes, {wanted} compressed"))
}

/// Checks that a page and its WebSocket came over one connection of QUIC.
fn on_one_connection(lines: &[String], relay: &Relay) -> Result<(), String> {
    has_line(lines, "page over: h3")?;
    match relay.connections() {
        1 => Ok(()),
        connections => Err(format!("{connections} connections instead of one")),
    }
}

/// Checks that our client has failed for this reason.
fn refused(lines: Result<Vec<String>, String>, why: &str) -> Result<Traffic, String> {
    match lines {
        Err(error) if error.contains("refused") && error.contains(why) => Ok(Traffic::default()),
        Err(error) => Err(format!("it was not refused with {why}: {error}")),
        Ok(lines) => Err(not_said(&lines, why)),
    }
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

/// The time for one case.
const PATIENCE: Duration = Duration::from_secs(30);

/// The message. It is large enough to need several reads, and to outweigh any head. Over QUIC it must outweigh also the
/// certificates and the padding, and be larger than the window of a stream.
const MESSAGE: &str = "interoperable ";

fn message_times(http: Http) -> usize {
    if http == Http::Three { 6000 } else { 1500 }
}

/// What is printed after an orderly end.
const CLOSED: &str = "closed: 1000";

/// The number of messages that a peer sends as a client.
const ECHOES: u64 = 3;
