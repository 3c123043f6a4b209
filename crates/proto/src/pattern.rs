//! Hosts and ports as lists name them: what origins and authorities have in common.

use core::net::Ipv6Addr;

use crate::uri::{is_plain_host, split_authority};

/// A host and a port, or a pattern of such: `example.com`, `*.example.com`, `example.com:*`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pattern<'p> {
    /// Without the star before it.
    host: &'p str,
    hosts: Hosts,
    port: Option<u16>,
    any_port: bool,
}

/// Which hosts a pattern admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hosts {
    /// Its own.
    One,
    /// Those below its own.
    Subdomains,
    /// Every one.
    Any,
}

impl<'p> Pattern<'p> {
    /// `any_host`: whether `*` may stand for every host.
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
        // `example.com:80:*` and `example.com::*` have a port already.
        let one_port = !any_port || (port.is_none() && !authority.ends_with(':'));
        (legal_host && one_port).then_some(Self { host, hosts, port, any_port })
    }

    /// `default_port`: the one that stands for none, on either side.
    pub(crate) fn admits(&self, host: &str, port: Option<u16>, default_port: Option<u16>) -> bool {
        let same_host = match self.hosts {
            Hosts::One => is_same_host(self.host, host),
            Hosts::Subdomains => is_below(host, self.host),
            Hosts::Any => !host.is_empty(),
        };
        same_host && (self.any_port || self.port.or(default_port) == port.or(default_port))
    }
}

/// What is left of a text without a star, and whether there was one.
fn without<'p>(stripped: Option<&'p str>, text: &'p str) -> (&'p str, bool) {
    (stripped.unwrap_or(text), stripped.is_some())
}

/// A name that has others below it: no empty label, and no address. URL parsers take a name for an IPv4 address if its
/// last label is a number, decimal or hexadecimal (WHATWG URL, "ends in a number").
fn is_domain(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    let decimal = last.bytes().all(|byte| byte.is_ascii_digit());
    let hexadecimal = last.strip_prefix('0').and_then(|last| last.strip_prefix(['x', 'X']));
    let is_number =
        decimal || hexadecimal.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    is_plain_host(host.as_bytes()) && host.split('.').all(|label| !label.is_empty()) && !is_number
}

/// Names and IPv4 addresses compare without case, and otherwise byte by byte: a final dot makes another name. An IPv6
/// address has many spellings.
fn is_same_host(one: &str, other: &str) -> bool {
    let address = |host: &str| host.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    one.eq_ignore_ascii_case(other) || address(one).is_some_and(|one| address(other) == Some(one))
}

/// Whether a host is a subdomain of `domain`, at any depth.
fn is_below(host: &str, domain: &str) -> bool {
    let Some((labels, end)) =
        host.len().checked_sub(domain.len()).and_then(|start| host.split_at_checked(start))
    else {
        return false;
    };
    end.eq_ignore_ascii_case(domain) && labels.strip_suffix('.').is_some_and(|labels| !labels.is_empty())
}
