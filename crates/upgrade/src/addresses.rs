//! The addresses of a host, in the order in which they are tried.

use std::net::SocketAddr;

/// The addresses in the order of the resolver, but for one thing: the families take turns (RFC 8305 §4), since it is
/// all of a family that does not answer, as a rule.
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
