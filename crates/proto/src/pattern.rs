//! The patterns of hosts and ports in lists of origins and of authorities.

use core::net::Ipv6Addr;

use crate::host_port::{is_plain_host, split_authority};

/// A host and a port, or a pattern of them: `example.com`, `*.example.com`, `example.com:*`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pattern<'p> {
    /// The host without the `*.` before it.
    host: &'p str,
    hosts: Hosts,
    port: Option<u16>,
    any_port: bool,
}

/// Which hosts a pattern admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hosts {
    /// The host itself.
    One,
    /// The hosts below it.
    Subdomains,
    /// Every host.
    Any,
}

impl<'p> Pattern<'p> {
    /// Parses a member of a list. `any_host` says whether `*` may stand for every host.
    pub(crate) fn parse(pattern: &'p str, any_host: bool) -> Option<Self> {
        let (authority, any_port) = without(pattern.strip_suffix(":*"), pattern);
        let (authority, subdomains) = without(authority.strip_prefix("*."), authority);
        let (host, port) = split_authority(authority).ok()?;
        let hosts = if subdomains {
            Hosts::Subdomains
        } else if host == "*" && any_host {
            Hosts::Any
        } else {
            Hosts::One
        };
        let legal_host = match hosts {
            Hosts::Any => true,
            Hosts::Subdomains => is_domain(host),
            Hosts::One => !host.contains('*'),
        };
        // `example.com:80:*` and `example.com::*` already have a port, so they are not patterns.
        let one_port = !any_port || (port.is_none() && !authority.ends_with(':'));
        (legal_host && one_port).then_some(Self { host, hosts, port, any_port })
    }

    /// Returns whether the pattern admits a host and a port. `default_port` stands for a missing port on either side.
    pub(crate) fn admits(&self, host: &str, port: Option<u16>, default_port: Option<u16>) -> bool {
        let same_host = match self.hosts {
            Hosts::One => is_same_host(self.host, host),
            Hosts::Subdomains => is_below(host, self.host),
            Hosts::Any => !host.is_empty(),
        };
        same_host && (self.any_port || self.port.or(default_port) == port.or(default_port))
    }
}

/// Returns the stripped text, or the text itself if nothing was stripped, and whether something was.
fn without<'p>(stripped: Option<&'p str>, text: &'p str) -> (&'p str, bool) {
    (stripped.unwrap_or(text), stripped.is_some())
}

/// Returns whether a host is a name that can have subdomains: it has no empty label and is not an address. URL parsers
/// read a name as an IPv4 address if its last label is a decimal or hexadecimal number (WHATWG URL, "ends in a
/// number").
fn is_domain(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    let decimal = last.bytes().all(|byte| byte.is_ascii_digit());
    let hexadecimal = last.strip_prefix('0').and_then(|last| last.strip_prefix(['x', 'X']));
    let is_number =
        decimal || hexadecimal.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    is_plain_host(host.as_bytes()) && host.split('.').all(|label| !label.is_empty()) && !is_number
}

/// Returns whether two hosts are the same. Names and IPv4 addresses compare without case; a final dot makes a
/// different name. IPv6 addresses compare as numbers, since they have many spellings.
fn is_same_host(one: &str, other: &str) -> bool {
    let address = |host: &str| host.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    one.eq_ignore_ascii_case(other) || address(one).is_some_and(|one| address(other) == Some(one))
}

/// Returns whether a host is a subdomain of `domain`, at any depth.
fn is_below(host: &str, domain: &str) -> bool {
    let Some((labels, end)) =
        host.len().checked_sub(domain.len()).and_then(|start| host.split_at_checked(start))
    else {
        return false;
    };
    end.eq_ignore_ascii_case(domain) && labels.strip_suffix('.').is_some_and(|labels| !labels.is_empty())
}
