//! The time that each address of a host has, where they are tried one after the other.

use std::net::SocketAddr;
use std::time::Duration;
use std::vec;

use crate::drive::address::in_turn;

/// The addresses of a host that are still to be tried, one after the other.
///
/// An address that never answers, as IPv6 ones do where a network drops them, must leave time for the others: each has
/// an equal share of what is left.
#[derive(Debug)]
pub(crate) struct Shares(vec::IntoIter<SocketAddr>);

impl Shares {
    /// The least that an address has, if there is as much: a shorter time would be enough for none of them (RFC 8305
    /// §8 recommends 250 ms between two attempts).
    const LEAST: Duration = Duration::from_millis(250);

    /// In turn.
    pub(crate) fn new(found: Vec<SocketAddr>) -> Self {
        Self(in_turn(found).into_iter())
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
mod tests {
    use super::*;

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
            let mut all = Shares::new(vec![([10, 0, 0, 1], 1).into(); left.len()]);
            let given: Vec<_> = left.iter().map_while(|left| all.next(Some(ms(*left)))).collect();
            let expected = shares.iter().map(|share| Some(ms(*share))).chain([None]);
            assert_eq!(
                given.iter().map(|(_, share)| *share).collect::<Vec<_>>(),
                expected.collect::<Vec<_>>()
            );
            assert_eq!(all.next(None), None);
        }
        let mut all = Shares::new(vec![([10, 0, 0, 1], 1).into(); 3]);
        assert_eq!(all.next(None).map(|(_, share)| share), Some(None), "no deadline, no share");
        assert_eq!(all.next(Some(Duration::MAX)).map(|(_, share)| share), Some(Some(Duration::MAX / 2)));
    }
}
