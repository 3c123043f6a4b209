//! A trip of our client through the network: the request, and the expected result.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::examples::{Examples, Server};
use crate::http::Http;
use crate::process::Process;
use crate::relay::Relay;

/// One call of `connect`. Its texts have places, which [`Places`] fills in.
pub(crate) struct Trip {
    /// The request in words.
    pub(crate) asked: &'static str,
    url: &'static str,
    proxy: Option<&'static str>,
    /// A file with the roots that it trusts.
    roots: Option<&'static str>,
    insecure: bool,
    http: Http,
    environment: &'static [(&'static str, &'static str)],
    expect: Expect,
}

/// The expected result of a trip.
#[derive(Clone, Copy)]
pub(crate) enum Expect {
    /// A connection through the proxy, over HTTP/1.1.
    Through,
    /// A connection through the proxy, over HTTP/2.
    ThroughOverHttp2,
    /// A connection that does not use the proxy, over HTTP/1.1.
    Straight,
    /// A connection that does not use the proxy, over HTTP/2.
    StraightOverHttp2,
    /// A connection that does not use the proxy, over HTTP/3.
    StraightOverHttp3,
    /// A failure; its first line contains all of these texts.
    Fails(&'static [&'static str]),
}

/// The values of the places, such as `{ca}`.
#[derive(Clone, Default)]
pub(crate) struct Places {
    pub(crate) texts: Vec<(&'static str, String)>,
    /// Addresses of the proxies. At each, it is noted whether the client connects.
    pub(crate) proxies: Vec<(&'static str, SocketAddr)>,
}

impl Trip {
    /// A trip to this URL, which trusts our authority.
    pub(crate) const fn to(asked: &'static str, url: &'static str, expect: Expect) -> Self {
        let roots = Some("{ca}");
        let http = Http::One;
        Self { asked, url, proxy: None, roots, insecure: false, http, environment: &[], expect }
    }

    /// Goes through this proxy.
    pub(crate) const fn by(self, proxy: &'static str) -> Self {
        Self { proxy: Some(proxy), ..self }
    }

    /// Trusts these roots instead, or only the system's.
    pub(crate) const fn trusting(self, roots: Option<&'static str>) -> Self {
        Self { roots, ..self }
    }

    /// Accepts any certificate.
    pub(crate) const fn insecure(self) -> Self {
        Self { insecure: true, roots: None, ..self }
    }

    /// Requests HTTP/2.
    pub(crate) const fn over_http2(self) -> Self {
        Self { http: Http::Two, ..self }
    }

    /// Requests HTTP/3.
    pub(crate) const fn over_http3(self) -> Self {
        Self { http: Http::Three, ..self }
    }

    /// Has these environment variables.
    pub(crate) const fn with(self, environment: &'static [(&'static str, &'static str)]) -> Self {
        Self { environment, ..self }
    }

    /// Runs it, and returns the result in words. The error says what was different.
    pub(crate) fn run(&self, ours: &Examples, places: &Places) -> Result<String, String> {
        let relays: Result<Vec<_>, String> =
            places.proxies.iter().map(|(name, address)| Ok((*name, relay_to(*address)?))).collect();
        let relays = relays?;
        let addresses = relays.iter().map(|(name, relay)| (*name, relay.address().to_string()));
        let texts: Vec<_> = places.texts.iter().cloned().chain(addresses).collect();
        let fill_in = |text: &str| {
            texts
                .iter()
                .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
        };

        let mut command = ours.client(self.http);
        command.args(["--subprotocol", SUBPROTOCOL]);
        for (option, value) in [("--proxy", self.proxy), ("--ca", self.roots)] {
            command.args(value.into_iter().flat_map(|value| [option.to_owned(), fill_in(value)]));
        }
        command.args(self.insecure.then_some("--insecure"));
        command.envs(self.environment.iter().map(|(name, value)| (*name, fill_in(value))));
        let end = Process::start(command.arg(fill_in(self.url)), Instant::now() + PATIENCE)?.end()?;
        let seen = relays.iter().any(|(_, relay)| relay.client_bytes() > 0);
        self.judge(end, (!relays.is_empty()).then_some(seen))
    }

    /// Compares how it has ended, and whether the proxy was used, if there is one.
    fn judge(
        &self,
        (well, output, errors): (bool, Vec<String>, Vec<String>),
        seen: Option<bool>,
    ) -> Result<String, String> {
        let (status, wants_seen) = match self.expect {
            Expect::Through => ("101", true),
            Expect::ThroughOverHttp2 => ("200", true),
            Expect::Straight => ("101", false),
            Expect::StraightOverHttp2 | Expect::StraightOverHttp3 => ("200", false),
            Expect::Fails(parts) => return fails(parts, well, output, &errors),
        };
        let mut wanted = vec![format!("status: {status}"), format!("subprotocol: {SUBPROTOCOL}")];
        if let Expect::StraightOverHttp3 = self.expect {
            wanted.insert(0, "version: HTTP/3".to_owned());
        }
        let way = match seen {
            Some(true) => ", through the proxy",
            Some(false) => ", straight",
            None => "",
        };
        if well && output == wanted && seen.unwrap_or_default() == wants_seen {
            return Ok(format!("{status}, subprotocol {SUBPROTOCOL}{way}"));
        }
        let came = [output, errors].concat().join("\n");
        let wanted_way = if wants_seen { "through the proxy" } else { "straight" };
        Err(format!("{status} {wanted_way} was wanted, what came{way}: {came}"))
    }
}

/// A failure is two lines, and nothing is agreed.
fn fails(parts: &[&str], well: bool, output: Vec<String>, errors: &[String]) -> Result<String, String> {
    if let [why, how] = errors {
        let is_wanted = parts.iter().all(|part| why.contains(part));
        if is_wanted && !well && output.is_empty() && how.starts_with("phase ") {
            return Ok(why.clone());
        }
    }
    let said = [output, errors.to_vec()].concat().join("\n");
    Err(format!("a failure of two lines with {parts:?} was wanted, what came: {said}"))
}

fn relay_to(address: SocketAddr) -> Result<Relay, String> {
    Relay::to(address).map_err(|error| format!("a relay: {error}"))
}

/// Starts an echo server that supports the subprotocol of the trips.
pub(crate) fn echo(
    ours: &Examples,
    arguments: &[&str],
    deadline: Instant,
) -> Result<(Process, SocketAddr), String> {
    let mut command = Command::new(ours.server(Server::HyperEcho));
    let mut process = Process::start(command.args(["--subprotocol", SUBPROTOCOL]).args(arguments), deadline)?;
    let url = process.wait_for("listening on ")?;
    let address = url.split("://").last().unwrap_or_default().trim_end_matches('/').parse();
    Ok((process, address.map_err(|error| format!("the server's address {url}: {error}"))?))
}

/// The URLs of the servers, by their addresses.
pub(crate) const WS: &str = "ws://127.0.0.1:{ws_port}/";
pub(crate) const WSS: &str = "wss://127.0.0.1:{wss_port}/";

/// The subprotocol that servers support and the client offers.
const SUBPROTOCOL: &str = "chat";

/// The time for a trip. It is longer than the client's own deadline.
const PATIENCE: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn takes_what_is_expected_and_nothing_else() {
        use Expect::{Fails, Straight, StraightOverHttp2, StraightOverHttp3, Through, ThroughOverHttp2};
        let (over_1, over_2) = ("status: 101\nsubprotocol: chat", "status: 200\nsubprotocol: chat");
        let over_3 = "version: HTTP/3\nstatus: 200\nsubprotocol: chat";
        let (seen, unseen) = (Some(true), Some(false));
        let refused = "the proxy refused with status 407: no\nphase proxy: ws://host/";
        for (expect, well, output, errors, seen, wanted) in [
            (Through, true, over_1, "", seen, true),
            (Through, true, over_1, "", unseen, false),
            (Through, true, over_2, "", seen, false),
            (Through, false, over_1, "", seen, false),
            (Through, true, "status: 101", "", seen, false),
            (ThroughOverHttp2, true, over_2, "", seen, true),
            (ThroughOverHttp2, true, over_1, "", seen, false),
            (Straight, true, over_1, "", unseen, true),
            (Straight, true, over_1, "", None, true),
            (Straight, true, over_1, "", seen, false),
            (StraightOverHttp2, true, over_2, "", None, true),
            (StraightOverHttp2, true, over_1, "", None, false),
            (StraightOverHttp2, true, over_3, "", None, false),
            (StraightOverHttp3, true, over_3, "", None, true),
            (StraightOverHttp3, true, over_2, "", None, false),
            (Fails(&["refused", "407"]), false, "", refused, seen, true),
            (Fails(&["refused", "403"]), false, "", refused, seen, false),
            // Only the first line counts.
            (Fails(&["ws://host/"]), false, "", refused, seen, false),
            (Fails(&[]), true, "", refused, seen, false),
            (Fails(&[]), false, over_1, refused, seen, false),
            (Fails(&[]), false, "", "one line", seen, false),
            (Fails(&[]), false, "", "three\nphase proxy\nlines", seen, false),
        ] {
            let trip = Trip::to("", "", expect);
            let came = trip.judge((well, lines(output), lines(errors)), seen);
            assert_eq!(came.is_ok(), wanted, "{output:?} {errors:?} {came:?}");
        }
    }
}
