//! Networks of IP addresses, such as `10.0.0.0/8`.

use core::net::IpAddr;

/// A network: the addresses that begin with the same bits (RFC 4632 §3.1, RFC 4291 §2.3).
///
/// IPv4-mapped IPv6 addresses (RFC 4291 §2.5.5.2) count as IPv4 addresses, both in a network and of a peer: a socket
/// for both versions shows IPv4 peers in this form. No other IPv6 network contains IPv4 peers.
///
/// ```
/// use websocket_upgrade_proto::Network;
/// let network = Network::parse("::ffff:10.0.0.0/104").expect("a network");
/// assert!(network.contains([10, 1, 2, 3].into()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    start: IpAddr,
    /// How many bits of `start` count.
    len: u32,
}

/// The bits in front of the IPv4 address in an IPv4-mapped one.
const MAPPED: u32 = 96;

impl Network {
    /// Parses an address, or an address, a slash and the number of bits that count. The other bits of the address
    /// can be any.
    ///
    /// `None` if it is neither, if there are more bits than the address has, or if it has a zone (RFC 4007 §11).
    pub fn parse(text: &str) -> Option<Self> {
        let (start, len) = match text.split_once('/') {
            None => (text, None),
            Some((start, len)) if len.bytes().all(|byte| byte.is_ascii_digit()) => (start, Some(len)),
            Some(_) => return None,
        };
        let start: IpAddr = start.parse().ok()?;
        let bits = bits(start);
        let len = len.map_or(Some(bits), |len| len.parse().ok()).filter(|len| *len <= bits)?;
        Some(match start.to_canonical() {
            mapped if mapped != start && len >= MAPPED => Self { start: mapped, len: len - MAPPED },
            _ => Self { start, len },
        })
    }

    /// Returns whether it is written with an IPv4-mapped address, and is wider than all of these. It contains no IPv4
    /// peer, which is hardly what was meant.
    pub fn is_wider_than_mapped(&self) -> bool {
        self.start.to_canonical() != self.start
    }

    /// Returns whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let same = match (self.start, address.to_canonical()) {
            (IpAddr::V4(start), IpAddr::V4(address)) => u128::from(start.to_bits() ^ address.to_bits()),
            (IpAddr::V6(start), IpAddr::V6(address)) => start.to_bits() ^ address.to_bits(),
            _ => return false,
        };
        same.checked_shr(bits(self.start) - self.len).unwrap_or(0) == 0
    }
}

fn bits(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_networks() {
        let cases: [(&str, &[&str], &[&str]); 12] = [
            ("10.0.0.0/8", &["10.1.2.3", "::ffff:10.0.0.1"], &["11.0.0.1", "::a00:1"]),
            ("10.1.2.3/8", &["10.9.9.9"], &["11.0.0.1"]),
            ("0.0.0.0/0", &["10.1.2.3", "255.255.255.255", "::ffff:1.2.3.4"], &["::1"]),
            ("192.0.2.1", &["192.0.2.1"], &["192.0.2.0", "192.0.2.2"]),
            ("192.0.2.1/32", &["192.0.2.1"], &["192.0.2.0"]),
            ("192.0.2.1/31", &["192.0.2.0"], &["192.0.2.2"]),
            ("::/0", &["::1", "2001:db8::1"], &["10.1.2.3", "::ffff:10.1.2.3"]),
            ("2001:db8::/32", &["2001:db8:1::1"], &["2001:db9::1"]),
            ("2001:db8::1/128", &["2001:db8::1"], &["2001:db8::"]),
            ("::ffff:127.0.0.0/104", &["127.0.0.1", "::ffff:127.9.9.9"], &["128.0.0.1", "::1"]),
            ("::ffff:0:0/96", &["192.0.2.1"], &["2001:db8::1"]),
            ("::ffff:127.0.0.0/95", &["::fffe:7f00:1"], &["127.0.0.1", "::ffff:127.0.0.1"]),
        ];
        for (text, inside, outside) in cases {
            let network = Network::parse(text).expect(text);
            for (addresses, expected) in [(inside, true), (outside, false)] {
                for address in addresses {
                    let contains = network.contains(address.parse().expect(address));
                    assert_eq!(contains, expected, "{text}: {address}");
                }
            }
            assert_eq!(network.is_wider_than_mapped(), text.ends_with("/95"), "{text}");
        }
    }

    #[test]
    fn what_is_no_network() {
        for text in [
            "",
            "/8",
            "a",
            "10.0.0",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/x",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "::1/129",
            "10.0.0.0/8/8",
            "[::1]",
            "fe80::1%eth0",
            "fe80::%7/10",
            "::ffff:10.0.0.0/129",
            "10.0.0.1:80",
            "::/99999999999",
        ] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
