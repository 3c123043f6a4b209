//! Host and port (RFC 3986 §3.2.2, §3.2.3), as in `Host`, in an origin and in the authority of a URI.

use core::net::Ipv6Addr;

use crate::scanners::{behind, behind_chunks};

/// Returns whether a scheme is one of HTTP and WebSocket. The hosts of such a scheme are names and addresses.
pub(crate) fn is_of_the_web(scheme: &str) -> bool {
    ["http", "https", "ws", "wss"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

/// Returns whether two hosts with ports are the same. The scheme's default port stands for a missing one (RFC 3986
/// §6.2.3).
pub(crate) fn is_same_place(one: (&str, Option<u16>), other: (&str, Option<u16>), secure: bool) -> bool {
    let port = |port: Option<u16>| port.unwrap_or(default_port(secure));
    one.0.eq_ignore_ascii_case(other.0) && port(one.1) == port(other.1)
}

/// Returns the default port of `http` and `ws`, or of `https` and `wss`.
pub(crate) const fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthorityProblem {
    Host,
    Port,
}

/// Splits `uri-host [ ":" port ]`. The host must not be empty (RFC 9110 §4.2.1); the port is empty or at most 65535.
pub(crate) fn split_authority(authority: &str) -> Result<(&str, Option<u16>), AuthorityProblem> {
    let (host_len, port) = parse_authority(authority.as_bytes())?;
    Ok((authority.get(..host_len).unwrap_or_default(), port))
}

/// As [`split_authority`], for bytes. Returns the length of the host, and the port.
pub(crate) fn parse_authority(authority: &[u8]) -> Result<(usize, Option<u16>), AuthorityProblem> {
    let rest = match authority {
        [b'[', ..] => behind_literal(authority),
        _ => behind_name(authority),
    };
    let host_len = authority.len() - rest.len();
    match rest {
        _ if host_len == 0 => Err(AuthorityProblem::Host),
        [] | [b':'] => Ok((host_len, None)),
        [b':', digits @ ..] => {
            parse_port(digits).map(|port| (host_len, Some(port))).ok_or(AuthorityProblem::Port)
        }
        _ => Err(AuthorityProblem::Host),
    }
}

/// Skips `IPv4address / reg-name` (RFC 3986 §3.2.2).
fn behind_name(bytes: &[u8]) -> &[u8] {
    let usual = |byte: u8| byte.is_ascii_alphanumeric() | (byte == b'-') | (byte == b'.');
    let mut bytes = behind_chunks(bytes, usual);
    loop {
        bytes = behind(bytes, &NAME);
        match bytes {
            [b'%', a, b, rest @ ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => bytes = rest,
            _ => return bytes,
        }
    }
}

/// Skips `IP-literal = "[" ( IPv6address / IPvFuture ) "]"` (RFC 3986 §3.2.2). Skips nothing if it is malformed.
#[cold]
#[inline(never)]
fn behind_literal(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|&byte| byte == b']').unwrap_or_default();
    let literal = bytes.get(1..end).and_then(|literal| core::str::from_utf8(literal).ok());
    match literal {
        Some(literal) if literal.parse::<Ipv6Addr>().is_ok() || is_ip_future(literal) => {
            bytes.get(end + 1..).unwrap_or_default()
        }
        _ => bytes,
    }
}

/// Returns whether a host is a name or an IPv4 address of unreserved characters only.
pub(crate) fn is_plain_host(host: &[u8]) -> bool {
    !host.is_empty() && behind(host, &PLAIN).is_empty()
}

/// Parses `1*DIGIT`. `str::parse` would accept a sign.
fn parse_port(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0_u16, |port, byte| {
        let digit = byte.is_ascii_digit().then_some(u16::from(byte & 0x0F))?;
        port.checked_mul(10)?.checked_add(digit)
    })
}

/// The characters of a `reg-name`: `unreserved / pct-encoded / sub-delims`, except the percent sign.
pub(crate) const NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        table[byte as usize] = is_unreserved(byte) || is_sub_delim(byte);
        byte += 1;
    }
    table
};

/// The characters of `unreserved`.
pub(crate) const PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        table[byte as usize] = is_unreserved(byte);
        byte += 1;
    }
    table
};

pub(crate) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

pub(crate) const fn is_sub_delim(byte: u8) -> bool {
    matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}

/// Checks `IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`.
fn is_ip_future(literal: &str) -> bool {
    let Some((version, address)) = literal.strip_prefix(['v', 'V']).and_then(|rest| rest.split_once('.'))
    else {
        return false;
    };
    let legal = |byte: u8| is_unreserved(byte) || is_sub_delim(byte) || byte == b':';
    !version.is_empty()
        && version.bytes().all(|byte| byte.is_ascii_hexdigit())
        && !address.is_empty()
        && address.bytes().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_at_the_first_byte_that_it_can_not_have() {
        for len in [7, 16, 20] {
            for (place, byte) in (0..len).flat_map(|place| (0..=u8::MAX).map(move |byte| (place, byte))) {
                let mut bytes = [b'-'; 20];
                bytes[place] = byte;
                let rest = if NAME[usize::from(byte)] { 0 } else { len - place };
                assert_eq!(behind_name(&bytes[..len]).len(), rest, "{byte:#x} at {place} of {len}");
            }
        }
    }
}
