//! What every client's way to a stream has in common, whatever the runtime: the host and its addresses.

use std::io;
#[cfg(dials_directly)]
use std::net::ToSocketAddrs;
use std::net::{IpAddr, SocketAddr};

use crate::client::network::Family;
use crate::text::cause::Explained;

/// The host as an address, if it is one: then no resolver is needed.
pub(crate) fn literal(host: &str, port: u16) -> Option<SocketAddr> {
    host.parse().ok().map(|address: IpAddr| SocketAddr::new(address, port))
}

/// The host's addresses. It waits for the system's resolver, which has no deadline.
#[cfg(dials_directly)]
pub(crate) fn addresses(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs().map_err(unresolved)?.collect())
}

/// The addresses in the order of the resolver, except that the families take turns (RFC 8305 §4): usually either all
/// addresses of a family answer, or none.
pub(crate) fn in_turn(found: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first = found.first().is_some_and(SocketAddr::is_ipv6);
    let (one, other): (Vec<_>, Vec<_>) = found.into_iter().partition(|address| address.is_ipv6() == first);
    let (mut ordered, mut other) = (Vec::with_capacity(one.len() + other.len()), other.into_iter());
    for address in one {
        ordered.push(address);
        ordered.extend(other.next());
    }
    ordered.extend(other);
    ordered
}

/// The addresses of this family.
///
/// # Errors
///
/// If there are addresses, and none of this family.
pub(crate) fn of_family(mut found: Vec<SocketAddr>, family: Family) -> io::Result<Vec<SocketAddr>> {
    let any = !found.is_empty();
    found.retain(|address| family.includes(address));
    if any && found.is_empty() { Err(no_address_of(family)) } else { Ok(found) }
}

fn no_address_of(family: Family) -> io::Error {
    let family = if family == Family::V4 { "IPv4" } else { "IPv6" };
    Explained::error(io::ErrorKind::NotFound, format!("the host has no {family} address"))
}

/// The error of a host for which the resolver knows no address.
pub(crate) fn no_address() -> io::Error {
    Explained::error(io::ErrorKind::NotFound, "the host has no address")
}

/// The error of a host whose name the resolver does not know, or can't ask for.
pub(crate) fn unresolved(error: io::Error) -> io::Error {
    Explained::of_cause(error.kind(), "the name of the host can't be resolved", error)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn order(found: &[&str]) -> Vec<String> {
        let found = found.iter().map(|address| format!("{address}:1").parse().expect("an address")).collect();
        in_turn(found).iter().map(|address| address.to_string().replace(":1", "")).collect()
    }

    #[test]
    fn families_take_turns() {
        let cases: [(&[&str], &[&str]); 6] = [
            (&[], &[]),
            (&["10.0.0.1", "10.0.0.2"], &["10.0.0.1", "10.0.0.2"]),
            (&["[a::]", "[b::]", "10.0.0.1"], &["[a::]", "10.0.0.1", "[b::]"]),
            (&["[a::]", "[b::]", "[c::]", "10.0.0.1"], &["[a::]", "10.0.0.1", "[b::]", "[c::]"]),
            (&["10.0.0.1", "[a::]", "10.0.0.2", "[b::]"], &["10.0.0.1", "[a::]", "10.0.0.2", "[b::]"]),
            (&["10.0.0.1", "[a::]", "[b::]", "[c::]"], &["10.0.0.1", "[a::]", "[b::]", "[c::]"]),
        ];
        for (found, expected) in cases {
            assert_eq!(order(found), expected);
        }
    }

    #[test]
    fn a_host_without_an_address_of_the_family_is_an_error() {
        type Case<'a> = (&'a [SocketAddr], Family, Result<&'a [SocketAddr], &'a str>);

        let v4: SocketAddr = "10.0.0.1:1".parse().expect("an address");
        let v6: SocketAddr = "[a::]:1".parse().expect("an address");
        let cases: [Case<'_>; 7] = [
            (&[v4, v6], Family::Any, Ok(&[v4, v6])),
            (&[v4, v6], Family::V4, Ok(&[v4])),
            (&[v4, v6], Family::V6, Ok(&[v6])),
            (&[v4], Family::V6, Err("the host has no IPv6 address")),
            (&[v6], Family::V4, Err("the host has no IPv4 address")),
            (&[], Family::V4, Ok(&[])),
            (&[], Family::Any, Ok(&[])),
        ];
        for (found, family, expected) in cases {
            let left = of_family(found.to_vec(), family).map_err(|error| error.to_string());
            assert_eq!(left.as_deref().map_err(String::as_str), expected, "{found:?} {family:?}");
        }
    }

    /// Two addresses: a listener that has no room for another connection, so that it never answers, and one that has.
    #[cfg(target_os = "linux")]
    pub(crate) fn full_and_free() -> (Vec<SocketAddr>, impl Sized) {
        use std::net::{TcpListener, TcpStream};
        use std::time::Duration;

        let listen = || {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
            let address = listener.local_addr().expect("an address");
            (listener, address)
        };
        let ((full, never), (free, answers)) = (listen(), listen());
        // So many and one more.
        rustix::net::listen(&full, 0).expect("a listener");
        let mut waiting = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&never, Duration::from_millis(100)) {
            waiting.push(stream);
            assert!(waiting.len() < 100, "it is never full");
        }
        (vec![never, answers], (full, free, waiting))
    }
}
