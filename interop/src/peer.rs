//! The peers: other software, and what it can do.
//!
//! A script makes a server or a client of each peer. All scripts have the same command line and output:
//!
//! - Both take `[--subprotocol NAME]... [--deflate [--server-window BITS] [--client-window BITS] [--no-server-context]
//!   [--no-client-context]] --message TEXT`, or `--version`, which prints name and version.
//! - A server of several versions of HTTP takes `--http3`. One that uses TLS takes `--certificate FILE`, and one that we
//!   reach over HTTP/3 takes `--refuse`, for status 403.
//! - A server prints `listening on ws://HOST:PORT/` when it listens. It sends the message to every client, and echoes.
//!   If it is used behind proxies, it answers plain HTTP at `/health` with 200.
//! - A client takes a URL. It prints `status: 101` (200 with extended CONNECT), `subprotocol: NAME` and
//!   `extensions: LIST` as our example `connect` does. It sends the message as text, as binary and as text again,
//!   checks the echoes, and prints `echoed: 3`. Over HTTP/3 it then prints `closed: 1000`, if the end was in order.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::browser;
use crate::certificate;
use crate::driven::Session;
use crate::examples::Server;
use crate::front::{Front, Running};
use crate::http::Http;
use crate::process::Process;
use crate::runtime::{Runtime, folder};
use crate::skill::Skill;

/// A piece of software that speaks WebSocket.
#[derive(Clone, Copy)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) runtime: Runtime,
    pub(crate) server: Option<Side>,
    pub(crate) client: Option<Side>,
    /// The version of HTTP of the client: the peer's, or ours if the peer is the server.
    pub(crate) http: Http,
    /// Whether the client uses TLS.
    pub(crate) tls: bool,
    /// Whether our client asks for HTTP/2 and gets HTTP/1.1, because extended CONNECT is not offered.
    pub(crate) falls_back: bool,
    /// A proxy before the server, on either side.
    pub(crate) front: Option<&'static Front>,
    /// Our server that the peer's client connects to.
    pub(crate) ours: Server,
    /// The version of HTTP that reaches the server.
    pub(crate) reaches: Http,
    /// Whether requests that reach the server over HTTP/1.1 have a key. A proxy may have none to send.
    pub(crate) sends_key: bool,
    pub(crate) parameters: Parameters,
}

/// Which parameters of permessage-deflate are tried.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parameters {
    /// All that it knows.
    All,
    /// Only the largest windows: the same software has all in another row.
    Fewest,
}

/// The script for one side of a peer.
#[derive(Clone, Copy)]
pub(crate) struct Side {
    pub(crate) script: &'static str,
    pub(crate) lacks: &'static [Skill],
}

/// The role of the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The peer is the server, and our client connects to it.
    Server,
    /// The peer is the client, and connects to our server.
    Client,
}

impl Role {
    pub(crate) const ALL: [Self; 2] = [Self::Server, Self::Client];

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

impl Peer {
    /// Makes it a client of this server of ours, which it reaches over this version of HTTP.
    pub(crate) const fn meets(self, ours: Server, reaches: Http) -> Self {
        Self { server: None, ours, reaches, ..self }
    }

    /// As `meets` over HTTP/1.1, but keeps its own server too, behind a proxy that asks for the health of both.
    pub(crate) const fn before(self, ours: Server) -> Self {
        Self { ours, ..self }
    }

    /// Makes it a server from which our client requests HTTP/2.
    pub(crate) const fn asked_over_http2(self) -> Self {
        Self { client: None, http: Http::Two, ..self }
    }

    /// Makes it a server from which our client requests HTTP/3.
    pub(crate) const fn asked_over_http3(self) -> Self {
        Self { client: None, http: Http::Three, tls: true, ..self }
    }

    /// Makes it, or the proxy before it, speak HTTP/3 to the server.
    pub(crate) const fn reached_over_http3(self) -> Self {
        Self { reaches: Http::Three, ..self }
    }

    /// Makes the proxy before it speak HTTP/2 to it.
    pub(crate) const fn reached_over_http2(self) -> Self {
        Self { reaches: Http::Two, ..self }
    }

    /// Makes it a server that answers with HTTP/1.1 whatever our client requests.
    pub(crate) const fn which_falls_back(self) -> Self {
        Self { falls_back: true, ..self }
    }

    /// Puts it behind a proxy.
    pub(crate) const fn behind(self, front: &'static Front) -> Self {
        Self { front: Some(front), ..self }
    }

    /// Makes its client use TLS.
    pub(crate) const fn over_tls(self) -> Self {
        Self { tls: true, ..self }
    }

    /// Makes its client use HTTP/2, for which browsers require TLS.
    pub(crate) const fn over_http2(self) -> Self {
        Self { http: Http::Two, tls: true, ..self }
    }

    /// Makes its client use HTTP/3.
    pub(crate) const fn over_http3(self) -> Self {
        Self { http: Http::Three, tls: true, ..self }
    }

    /// Leaves most parameters of permessage-deflate to another row.
    pub(crate) const fn with_fewest_parameters(self) -> Self {
        Self { parameters: Parameters::Fewest, ..self }
    }

    /// Makes its requests come without a key, which our server must allow.
    pub(crate) const fn without_key(self) -> Self {
        Self { sends_key: false, ..self }
    }

    /// Returns the roles that it can have.
    pub(crate) fn roles(&self) -> impl Iterator<Item = Role> + '_ {
        Role::ALL.into_iter().filter(|role| self.side(*role).is_some())
    }

    /// Returns its name without a version.
    pub(crate) fn title(&self) -> String {
        match self.front {
            None => self.name.to_owned(),
            Some(front) => format!("{} and {}", front.name(), self.name),
        }
    }

    /// Describes it in a role.
    pub(crate) fn part(&self, role: Role) -> String {
        let Self { http, ours, reaches, .. } = self;
        let ours = ours.name();
        let tls = if self.tls && *http != Http::Three { " over TLS" } else { "" };
        // Most servers are used as clients too, over HTTP/1.1.
        let asked = match (self.client, self.falls_back) {
            (Some(_), _) => String::new(),
            (None, false) => format!(", {http}{tls}"),
            (None, true) => format!(", {http}{tls} asked for, {} taken", Http::One),
        };
        match (role, self.front) {
            (Role::Server, None) => format!("server{asked}"),
            (Role::Client, None) => format!("client of {ours}, {http}{tls}"),
            (Role::Server, Some(_)) => format!("proxy before that server{asked}"),
            (Role::Client, Some(_)) => format!("proxy before {ours}, {http}{tls} to {reaches}"),
        }
    }

    /// Returns whether its requests come from pages with an origin.
    pub(crate) fn has_pages(&self) -> bool {
        self.runtime.browser().is_some() || self.runtime == Runtime::Page
    }

    /// Returns whether it can show the page of our example.
    pub(crate) fn shows_pages(&self) -> bool {
        self.runtime.browser().is_some() && self.front.is_none()
    }

    /// Returns the status that the client prints.
    pub(crate) fn status(&self) -> u16 {
        // Pages can't see the status, and print the same for both.
        if self.http != Http::One && !self.falls_back && !self.has_pages() { 200 } else { 101 }
    }

    /// Returns the skills that it lacks in a role.
    pub(crate) fn lacks(&self, role: Role) -> &'static [Skill] {
        self.side(role).map(|side| side.lacks).unwrap_or_default()
    }

    /// Installs it if it is missing. The error says why it can't be run.
    pub(crate) fn install(&self, may_install: bool) -> Result<(), String> {
        self.runtime.install(may_install)?;
        self.front.map_or(Ok(()), |front| front.install(may_install))
    }

    /// Returns the name and version that it prints.
    pub(crate) fn version(&self, deadline: Instant) -> Result<String, String> {
        let role = self.roles().next().ok_or("it has no role")?;
        let version = self.runtime.version(self.script(role), deadline)?;
        match self.front {
            None => Ok(version),
            Some(front) => Ok(format!("{} and {version}", front.version()?)),
        }
    }

    /// Returns the command of its server.
    pub(crate) fn server(&self, arguments: &[&str], message: &str) -> Command {
        let mut command = self.runtime.command(self.script(Role::Server));
        command.args(arguments).args(["--message", message]);
        command.args((self.reaches == Http::Three).then_some("--http3"));
        command
    }

    /// Returns the session of its browser, if it has one that is controlled.
    pub(crate) fn session(&self) -> Option<Session<'static>> {
        self.runtime.browser().map(|browser| browser.session(self.http, certificate::key_of_http3))
    }

    /// Starts its proxy, if it has one, before the server.
    pub(crate) fn start_front(
        &self,
        server: SocketAddr,
        deadline: Instant,
    ) -> Result<Option<Running>, String> {
        self.front.map(|front| front.start(&[server], self.reaches, deadline)).transpose()
    }

    /// Runs its client, and returns the lines that it prints.
    pub(crate) fn run_client(
        &self,
        arguments: &[&str],
        message: &str,
        server: SocketAddr,
        browser: Option<&Session<'_>>,
        deadline: Instant,
    ) -> Result<Vec<String>, String> {
        let url = format!("{}://{server}/", if self.tls { "wss" } else { "ws" });
        if self.runtime == Runtime::Page {
            return browser::run(arguments, message, &url, deadline);
        }
        let mut command = self.runtime.command(self.script(Role::Client));
        command.args(["--message", message]);
        let Some(browser) = browser else {
            return Process::start(command.args(arguments).arg(url), deadline)?.finish();
        };
        let origin = match arguments.split_first() {
            // The same server under another name.
            Some((&"--other-origin", _)) => format!("localhost:{}", server.port()),
            _ => server.to_string(),
        };
        let path = if self.front.is_some() { "ready" } else { "health" };
        let page = self.page(&format!("{origin}/{path}"));
        let subprotocols = arguments.iter().filter(|argument| !argument.ends_with("-origin"));
        command
            .args(subprotocols.filter(|argument| **argument != "--deflate"))
            .args((self.http == Http::Three).then_some("--http3"))
            .args(["--page", &page])
            .arg(url);
        browser.run(&mut command, deadline)
    }

    /// Lets its browser show the page of our example, with an offer by the arguments, and keeps a picture of it.
    /// Returns the lines on the page.
    pub(crate) fn show_page(
        &self,
        name: &str,
        arguments: &[&str],
        server: SocketAddr,
        browser: Option<&Session<'_>>,
        deadline: Instant,
    ) -> Result<Vec<String>, String> {
        let browser = browser.ok_or("it has no pages")?;
        let tls = if self.tls && self.http != Http::Three { "-tls" } else { "" };
        let picture = format!("{}-{}{tls}-{name}", self.name, self.http);
        let picture = screenshot(&picture.replace(['/', ' '], "-").replace(',', ""))?;
        let offered = arguments.iter().filter(|argument| **argument != "--subprotocol");
        let query: String = offered.flat_map(|name| ["offer=", name, "&"]).collect();
        let mut command = self.runtime.command(self.script(Role::Client));
        command.args(["--page", &self.page(&format!("{server}/?{query}"))]).arg("--screenshot").arg(&picture);
        let lines = browser.run(&mut command, deadline)?;
        println!("kept: {}", picture.display());
        Ok(lines)
    }

    fn page(&self, at: &str) -> String {
        format!("{}://{at}", if self.tls { "https" } else { "http" })
    }

    fn script(&self, role: Role) -> &'static str {
        self.side(role).map(|side| side.script).unwrap_or_default()
    }

    fn side(&self, role: Role) -> Option<Side> {
        match role {
            Role::Server => self.server,
            Role::Client => self.client,
        }
    }
}

/// Returns the path for a picture of a page.
fn screenshot(name: &str) -> Result<PathBuf, String> {
    let folder = folder().join("screenshots");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder.join(format!("{name}.png")))
}
