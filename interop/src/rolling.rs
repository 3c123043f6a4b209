//! A rolling restart: three servers behind a proxy are told to end and started again, one by one, under a steady load.
//! No handshake may fail, and every connection of a server that ends lasts until its drain deadline and hears a Close.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::examples::{Examples, Server};
use crate::front::Front;
use crate::fronts::{CADDY, ENVOY, HAPROXY, NGINX};
use crate::http::Http;
use crate::load::{Counts, Load};
use crate::process::Process;

/// The proxies that servers are restarted behind. Each has a file in `deploy`.
pub(crate) const FRONTS: [&Front; 4] = [&HAPROXY, &NGINX, &ENVOY, &CADDY];

/// The result of a restart.
pub(crate) struct Restarted {
    pub(crate) counts: Counts,
    /// The connections of each server at the moment it was told to end.
    pub(crate) drained: Vec<u64>,
    pub(crate) took: Duration,
}

/// Restarts servers behind a proxy. The error says what went wrong, with the counts.
pub(crate) fn run(front: &Front, ours: &Examples) -> Result<Restarted, String> {
    let start = Instant::now();
    let deadline = start + PATIENCE;
    let mut servers = Vec::new();
    for _ in 0..SERVERS {
        servers.push(serve_at("127.0.0.1:0", ours, deadline)?);
    }
    let addresses: Vec<SocketAddr> = servers.iter().map(|(_, address)| *address).collect();
    let front = front.start(&addresses, Http::One, deadline)?;
    let load = Load::start(front.address(false))?;
    for (server, _) in &mut servers {
        server.wait_for_complaint(ACCEPTED)?;
    }
    let mut drained = Vec::new();
    for (server, address) in &mut servers {
        drained.push(drain(server, &load)?);
        *server = serve_at(&address.to_string(), ours, deadline)?.0;
        // The proxy has noticed that the server is back.
        server.wait_for_complaint(ACCEPTED)?;
    }
    let counts = load.stop()?;
    Restarted { counts, drained, took: start.elapsed() }.judge()
}

impl Restarted {
    /// Returns the result if nothing was lost, and if it shows something.
    pub(crate) fn judge(self) -> Result<Self, String> {
        let Self { counts: Counts { failed, cut, soonest, told, .. }, drained, .. } = &self;
        let early = soonest.is_none_or(|soonest| soonest < DRAIN);
        // A server without clients at its end shows nothing.
        let idle = drained.contains(&0) || *told == 0;
        if *failed == 0 && *cut == 0 && !early && !idle {
            return Ok(self);
        }
        Err([&[self.to_string()], &self.counts.errors[..]].concat().join("\n"))
    }
}

impl fmt::Display for Restarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { counts, drained, took } = self;
        let Counts { handshakes, failed, messages, most, told, cut, soonest, .. } = counts;
        let soonest = soonest.unwrap_or_default().as_secs_f64();
        write!(
            f,
            "{} servers restarted in {:.1} s; {handshakes} handshakes, {failed} failed; {messages} messages echoed, up to \
             {most} connections at a time; {drained:?} established when told to drain, {told} connections told with \
             Close 1001, the soonest {soonest:.3} s after SIGTERM (deadline {} s), {cut} cut",
            drained.len(),
            took.as_secs_f64(),
            DRAIN.as_secs(),
        )
    }
}

/// Starts a server at this address.
fn serve_at(listen: &str, ours: &Examples, deadline: Instant) -> Result<(Process, SocketAddr), String> {
    let mut command = Command::new(ours.server(Server::Serve));
    serve(command.args(["--listen", listen, "--drain", &DRAIN.as_secs().to_string()]), deadline)
}

/// Starts a server. Returns it with its address.
pub(crate) fn serve(command: &mut Command, deadline: Instant) -> Result<(Process, SocketAddr), String> {
    let mut process = Process::start(command, deadline)?;
    let url = process.wait_for("listening on ws://")?;
    let address = url.trim_end_matches('/').parse();
    Ok((process, address.map_err(|error| format!("the server's address {url}: {error}"))?))
}

/// Tells a server to end, and waits until it has. Returns the number of its connections before.
pub(crate) fn drain(server: &mut Process, load: &Load) -> Result<u64, String> {
    load.drains();
    server.terminate()?;
    let said = server.wait_for_complaint("draining: ")?;
    let established = said.split_whitespace().find_map(|word| word.parse().ok());
    let established = established.ok_or_else(|| format!("{said:?} has no number"))?;
    let said = server.wait_for_complaint("drained")?;
    if said != "drained" {
        return Err(format!("a server says {said:?}"));
    }
    server.wait()?;
    Ok(established)
}

/// Returns the answer to a plain request.
pub(crate) fn get(server: SocketAddr, target: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(server)?;
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

const SERVERS: usize = 3;

/// The time for established connections to end.
pub(crate) const DRAIN: Duration = Duration::from_secs(3);

/// The text that a server prints for every client.
pub(crate) const ACCEPTED: &str = "accepted over ";

/// The time for the whole restart.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
