//! The addresses of a host: the order in which they are tried, and the time that each has.

use std::net::SocketAddr;
use std::time::Duration;
use std::vec;

/// The addresses of a host that are still to be tried, one after the other.
///
/// An address that never answers, as IPv6 ones do where a network drops them, must leave time for the others: each has an
/// equal share of what is left.
#[derive(Debug)]
pub(crate) struct Addresses(vec::IntoIter<SocketAddr>);

impl Addresses {
    /// The least that an address has, if there is as much: a shorter time would be enough for none of them (RFC 8305 §8
    /// advises no less than 250 ms between two attempts).
    const LEAST: Duration = Duration::from_millis(250);

    /// In the order of the resolver, but for one thing: the families take turns (RFC 8305 §4), since it is all of a family
    /// that does not answer, as a rule.
    pub(crate) fn new(found: Vec<SocketAddr>) -> Self {
        let first = found.first().is_some_and(SocketAddr::is_ipv6);
        let (one, other): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|address| address.is_ipv6() == first);
        let (mut ordered, mut other) = (Vec::with_capacity(one.len() + other.len()), other.into_iter());
        for address in one {
            ordered.push(address);
            ordered.extend(other.next());
        }
        ordered.extend(other);
        Self(ordered.into_iter())
    }

    /// The next address, and its share of the time that is left; none if that is all of it.
    pub(crate) fn next(&mut self, left: Option<Duration>) -> Option<(SocketAddr, Option<Duration>)> {
        let shares = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        let address = self.0.next()?;
        let share = |left: Duration| left.checked_div(shares).map(|share| share.max(Self::LEAST).min(left));
        Some((address, left.filter(|_| shares > 1).and_then(share)))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn order(found: &[&str]) -> Vec<String> {
        let found = found.iter().map(|address| format!("{address}:1").parse().expect("an address")).collect();
        Addresses::new(found).0.map(|address| address.to_string().replace(":1", "")).collect()
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
    fn each_has_its_share() {
        let ms = Duration::from_millis;
        // What is left at each address, and its share, unless it is the last.
        let cases: [(&[u64], &[u64]); 5] = [
            (&[10_000], &[]),
            (&[10_000, 5_000], &[5_000]),
            // What one does not need, the others have.
            (&[9_000, 8_998, 5_000], &[3_000, 4_499]),
            (&[600, 350, 100, 0], &[250, 250, 100]),
            (&[100, 0], &[100]),
        ];
        for (left, shares) in cases {
            let mut all = Addresses::new(vec![([10, 0, 0, 1], 1).into(); left.len()]);
            let given: Vec<_> = left.iter().map_while(|left| all.next(Some(ms(*left)))).collect();
            let expected = shares.iter().map(|share| Some(ms(*share))).chain([None]);
            assert_eq!(
                given.iter().map(|(_, share)| *share).collect::<Vec<_>>(),
                expected.collect::<Vec<_>>()
            );
            assert_eq!(all.next(None), None);
        }
        let mut all = Addresses::new(vec![([10, 0, 0, 1], 1).into(); 3]);
        assert_eq!(all.next(None).map(|(_, share)| share), Some(None), "no deadline, no share");
        assert_eq!(all.next(Some(Duration::MAX)).map(|(_, share)| share), Some(Some(Duration::MAX / 2)));
    }

    /// Two addresses: a listener that has no room for another connection, so that it never answers, and one that has.
    #[cfg(target_os = "linux")]
    pub(crate) fn full_and_free() -> (Vec<SocketAddr>, impl Sized) {
        use std::net::{TcpListener, TcpStream};

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
