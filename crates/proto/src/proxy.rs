//! Decides which environment variable names the proxy for a URI, and which hosts `NO_PROXY` excludes.
//!
//! This module reads no environment and speaks to no proxy: every client shares these decisions.

use core::net::IpAddr;

use crate::network::Network;
use crate::uri::Uri;

/// The environment variables that may name the proxy for a URI. The first non-empty one is used.
///
/// `HTTP_PROXY` is for `ws`, `HTTPS_PROXY` for `wss`, and `ALL_PROXY` for both. `HTTP_PROXY` is never used in a CGI
/// program, where it holds the request's field `Proxy`. `is_cgi` says whether this is one: it has the variable
/// [`CGI`].
pub const fn variables(secure: bool, is_cgi: bool) -> &'static [&'static str] {
    match (secure, is_cgi) {
        (true, _) => &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        (false, false) => &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
        (false, true) => &["ALL_PROXY", "all_proxy"],
    }
}

/// The environment variable that only a CGI program has (RFC 3875 §4.1.12).
pub const CGI: &str = "REQUEST_METHOD";

/// The environment variables that list hosts to be reached without a proxy. The first one that is set is used.
pub const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// Returns whether the host of a URI is excluded from proxying by a list in the form of `NO_PROXY`.
///
/// Commas or white space separate the entries. An entry applies to its port, or to every port if it has none:
///
/// | entry | hosts |
/// |---|---|
/// | `*` | all |
/// | `example.com`, `.example.com` | the name and the names below it |
/// | `*.example.com` | the names below it |
/// | `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]` | the address |
/// | `192.0.2.0/24`, `2001:db8::/32` | the addresses of the network |
/// | `192.0.2.*` | the addresses that begin like this |
/// | `example.com:8080`, `[2001:db8::1]:8080`, `*:8080` | the same hosts at this port |
///
/// Names compare without case and without a final dot. IPv4-mapped IPv6 addresses compare as IPv4 addresses. Names are
/// not resolved, so an entry that is an address never matches a name. Malformed entries are skipped.
///
/// ```
/// use websocket_upgrade_proto::{proxy, uri::Uri};
/// let uri = Uri::parse("wss://chat.example.com/")?;
/// assert!(proxy::is_excepted("localhost, *.example.com", &uri));
/// # Ok::<(), websocket_upgrade_proto::uri::UriError>(())
/// ```
pub fn is_excepted(list: &str, uri: &Uri<'_>) -> bool {
    let host = without_dot(without_brackets(uri.host()));
    let address = host.parse().ok().map(|address: IpAddr| address.to_canonical());
    let entries = list.split(|char: char| char == ',' || char.is_ascii_whitespace());
    entries.filter_map(Entry::parse).any(|entry| entry.covers(host, address, uri.port()))
}

/// The hosts and the port of an entry; `None` is every port.
struct Entry<'l> {
    hosts: &'l str,
    port: Option<u16>,
}

impl<'l> Entry<'l> {
    fn parse(entry: &'l str) -> Option<Self> {
        let (hosts, port) = match entry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, "")) => (address, None),
            Some((address, port)) => (address, Some(port.strip_prefix(':')?)),
            // With more than one colon, it is an IPv6 address.
            None => match entry.split_once(':') {
                Some((hosts, port)) if !port.contains(':') => (hosts, Some(port)),
                _ => (entry, None),
            },
        };
        let port = match port {
            Some(port) => Some(port.parse().ok()?),
            None => None,
        };
        (!hosts.is_empty()).then_some(Self { hosts, port })
    }

    fn covers(&self, host: &str, address: Option<IpAddr>, port: u16) -> bool {
        self.port.is_none_or(|own| own == port) && self.covers_host(host, address)
    }

    fn covers_host(&self, host: &str, address: Option<IpAddr>) -> bool {
        if self.hosts == "*" {
            return true;
        }
        if let Some(end) = self.hosts.strip_prefix('*').map(without_dot) {
            return !end.is_empty() && ends_with(host, end);
        }
        if let Some(start) = self.hosts.strip_suffix('*') {
            return begins_with(host, start);
        }
        if let Some(address) = address {
            return Network::parse(self.hosts).is_some_and(|network| network.contains(address));
        }
        let name = without_dot(self.hosts.strip_prefix('.').unwrap_or(self.hosts));
        let above = host.len().checked_sub(name.len() + 1).and_then(|at| host.as_bytes().get(at));
        // An address has no subdomains.
        ends_with(host, name)
            && (host.len() == name.len() || above == Some(&b'.'))
            && name.parse::<IpAddr>().is_err()
    }
}

fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Removes a final dot, since the name with it is the same name (RFC 1034 §3.1).
fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

fn ends_with(host: &str, end: &str) -> bool {
    let at = host.len().checked_sub(end.len());
    at.and_then(|at| host.get(at..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

fn begins_with(host: &str, start: &str) -> bool {
    host.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::*;

    /// Lists, each with URIs that are excluded and URIs that are not.
    const LISTS: [(&str, &[&str], &[&str]); 31] = [
        ("", &[], &["a.example", "127.0.0.1", "[::1]"]),
        ("*", &["a.example", "127.0.0.1", "[::1]", "a:8080"], &[]),
        (
            "a.example",
            &["a.example", "A.EXAMPLE", "a.example.", "x.a.example", "a.example:8080"],
            &["ba.example", "example", "a.example.org", "a.example.x", "127.0.0.1"],
        ),
        (".a.example", &["a.example", "x.a.example", "y.x.a.example."], &["xa.example", "example"]),
        ("*.a.example", &["x.a.example", "y.x.A.example", "x.a.example."], &["a.example", "xa.example"]),
        ("*a.example", &["a.example", "xa.example", "x.a.example"], &["a.example.org"]),
        ("A.Example.", &["a.example", "x.a.example"], &["example"]),
        (" a.example , b.example\tc.example,,", &["a.example", "b.example", "c.example"], &["d.example"]),
        ("a.example b.example", &["a.example", "b.example"], &["c.example"]),
        ("a.example:8080", &["a.example:8080", "x.a.example:8080"], &["a.example", "b.example:8080"]),
        ("*.a.example:8080", &["x.a.example:8080"], &["x.a.example", "a.example:8080"]),
        ("*:8080", &["a.example:8080", "127.0.0.1:8080", "[::1]:8080"], &["a.example"]),
        ("a.example:80", &["a.example", "a.example:80"], &["a.example:443"]),
        ("127.0.0.1", &["127.0.0.1", "[::ffff:127.0.0.1]", "[::FFFF:7f00:1]"], &["127.0.0.2", "x.127.0.0.1"]),
        ("::ffff:127.0.0.1", &["127.0.0.1", "[::ffff:7f00:1]"], &["127.0.0.2", "[::7f00:1]"]),
        ("::ffff:127.0.0.0/104", &["127.0.0.1", "[::ffff:7f01:1]"], &["128.0.0.1", "126.0.0.1"]),
        // This network is larger than that of all IPv4-mapped addresses.
        ("::ffff:127.0.0.0/95", &["[::fffe:7f00:1]"], &["127.0.0.1", "[::ffff:7f00:1]"]),
        ("10.0.0.0/8", &["10.1.2.3", "[::ffff:10.0.0.1]"], &["11.0.0.1", "[::a00:1]", "10.example"]),
        ("10.1.2.3/8", &["10.9.9.9"], &["11.0.0.1"]),
        ("0.0.0.0/0", &["10.1.2.3", "255.255.255.255"], &["[::1]", "a.example"]),
        ("::/0", &["[::1]", "[2001:db8::1]"], &["10.1.2.3", "a.example"]),
        ("192.0.2.1/32", &["192.0.2.1"], &["192.0.2.2"]),
        ("2001:db8::/32", &["[2001:db8:1::1]", "[2001:DB8:0:0:0:0:0:1]"], &["[2001:db9::1]"]),
        ("2001:db8::1", &["[2001:db8::1]", "[2001:0db8:0:0::1]"], &["[2001:db8::2]"]),
        ("[2001:db8::1]", &["[2001:db8::1]"], &["[2001:db8::2]"]),
        ("[2001:db8::1]:8080", &["[2001:db8::1]:8080"], &["[2001:db8::1]"]),
        ("[2001:db8::/32]:8080", &["[2001:db8:1::1]:8080"], &["[2001:db8:1::1]"]),
        ("192.168.*", &["192.168.1.1"], &["192.16.8.1", "193.168.1.1"]),
        ("127.0.0.0/8:8080", &["127.1.1.1:8080"], &["127.1.1.1"]),
        // None of these members is a valid entry.
        (
            "10.0.0.0/33 10.0.0.0/x 10.0.0.0/ a.example:x a.example:99999 :80 [::1 []:80 [::1]x /8",
            &[],
            &["10.0.0.0", "a.example", "[::1]", "x", "127.0.0.1"],
        ),
        ("::1/129,::/-1,1.2.3", &[], &["[::1]", "1.2.3.4"]),
    ];

    #[test]
    fn the_hosts_of_a_list() {
        for (list, inside, outside) in LISTS {
            for (hosts, expect) in [(inside, true), (outside, false)] {
                for host in hosts {
                    let url = format!("ws://{host}/");
                    let uri = Uri::parse(&url).expect(&url);
                    assert_eq!(is_excepted(list, &uri), expect, "{list:?} {host}");
                }
            }
        }
    }
}
