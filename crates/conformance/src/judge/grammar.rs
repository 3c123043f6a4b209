//! Pieces of the grammars: tokens, authorities, keys, versions.

use std::net::Ipv6Addr;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// `token = 1*tchar` (RFC 9110 §5.6.2).
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_tchar(byte))
}

/// `tchar` (RFC 9110 §5.6.2).
pub(super) fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// `version = DIGIT | (NZDIGIT DIGIT) | ("1" DIGIT DIGIT) | ("2" DIGIT DIGIT)`, at most 255 (RFC 6455 §4.3).
pub(super) fn is_version(bytes: &[u8]) -> bool {
    let number = std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<u8>().ok());
    number.is_some_and(|number| number.to_string().as_bytes() == bytes)
}

/// `uri-host [ ":" port ]` (RFC 9110 §7.2) with a host that is not empty.
pub(super) fn is_authority(bytes: &[u8]) -> bool {
    authority(bytes).is_some()
}

/// Splits an authority into host and port. A port is at most 65535; an empty one is none.
pub(super) fn authority(bytes: &[u8]) -> Option<(String, Option<u16>)> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii())?;
    let host_len = match text.strip_prefix('[') {
        Some(_) => text.find(']')? + 1,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, port) = text.split_at(host_len);
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => None,
        None => return None,
        Some("") => None,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
        Some(_) => return None,
    };
    let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let legal = match literal {
        Some(literal) => literal.parse::<Ipv6Addr>().is_ok() || is_ip_future(literal),
        None => is_reg_name(host),
    };
    legal.then(|| (host.to_ascii_lowercase(), port))
}

/// `reg-name` that is not empty: unreserved characters, sub-delims, and percent with two hexadecimal digits (RFC 3986
/// §3.2.2).
fn is_reg_name(host: &str) -> bool {
    let mut pieces = host.split('%');
    let plain = |piece: &str| piece.bytes().all(|byte| is_unreserved(byte) || is_sub_delim(byte));
    let encoded = |piece: &str| {
        piece.get(..2).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            && piece.get(2..).is_some_and(plain)
    };
    !host.is_empty() && pieces.next().is_some_and(plain) && pieces.all(encoded)
}

/// `IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`.
fn is_ip_future(literal: &str) -> bool {
    let parts = literal.strip_prefix(['v', 'V']).and_then(|rest| rest.split_once('.'));
    parts.is_some_and(|(version, address)| {
        !version.is_empty()
            && version.bytes().all(|byte| byte.is_ascii_hexdigit())
            && !address.is_empty()
            && address.bytes().all(|byte| is_unreserved(byte) || is_sub_delim(byte) || byte == b':')
    })
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn is_sub_delim(byte: u8) -> bool {
    b"!$&'()*+,;=".contains(&byte)
}

/// `scheme "://" host [ ":" port ]` (RFC 6454 §7.1).
pub(super) fn is_origin(origin: &[u8]) -> bool {
    let text = std::str::from_utf8(origin).unwrap_or_default();
    text.split_once("://").is_some_and(|(scheme, host)| is_scheme(scheme) && is_authority(host.as_bytes()))
}

/// `scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )` (RFC 3986 §3.1).
fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// A request target, split by its form (RFC 9112 §3.2).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// It begins with a slash.
    Origin,
    /// It has a scheme and an authority.
    Absolute { scheme: &'a str, authority: &'a str },
    /// Anything else, such as `*`.
    Other,
}

impl<'a> Target<'a> {
    pub(super) fn of(target: &'a [u8]) -> Self {
        if target.starts_with(b"/") {
            return Self::Origin;
        }
        let text = std::str::from_utf8(target).unwrap_or_default();
        let Some((scheme, rest)) = text.split_once("://") else {
            return Self::Other;
        };
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        Self::Absolute { scheme, authority }
    }
}

/// Returns whether a scheme is one of HTTP or WebSocket.
pub(super) fn is_of_the_web(scheme: &str) -> bool {
    ["http", "https", "ws", "wss"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

/// Decodes a key: base64 with its padding. Bits behind the last byte may be anything, as in the example of RFC 6455
/// §4.1.
pub(super) fn nonce(key: &[u8]) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical);
    GeneralPurpose::new(&alphabet::STANDARD, config).decode(key).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities() {
        for (text, expected) in [
            ("a", Some(("a", None))),
            ("A.Example:8080", Some(("a.example", Some(8080)))),
            ("a:", Some(("a", None))),
            ("a:65535", Some(("a", Some(65535)))),
            ("[::1]:80", Some(("[::1]", Some(80)))),
            ("[v1.a:b]", Some(("[v1.a:b]", None))),
            ("%41-_~!", Some(("%41-_~!", None))),
            ("", None),
            (":80", None),
            ("a:65536", None),
            ("a:+1", None),
            ("a:b", None),
            ("a b", None),
            ("u@a", None),
            ("%4", None),
            ("%4g", None),
            ("[::1", None),
            ("[::1]a", None),
            ("::1", None),
            ("a/", None),
            ("\u{e9}", None),
        ] {
            let expected = expected.map(|(host, port)| (host.to_owned(), port));
            assert_eq!(authority(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn versions_keys_and_origins() {
        for legal in ["0", "7", "13", "99", "100", "255"] {
            assert!(is_version(legal.as_bytes()), "{legal}");
        }
        for wrong in ["", "013", "256", "+1", "1 ", "-1", "a", "1.0", "1000"] {
            assert!(!is_version(wrong.as_bytes()), "{wrong}");
        }
        assert_eq!(nonce(b"dGhlIHNhbXBsZSBub25jZQ==").as_deref(), Some(&b"the sample nonce"[..]));
        assert_eq!(nonce(b"AQIDBAUGBwgJCgsMDQ4PEC==").map(|nonce| nonce.len()), Some(16));
        for wrong in ["dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25j_Q==", "===="]
        {
            assert_eq!(nonce(wrong.as_bytes()), None, "{wrong}");
        }
        for (origin, legal) in [
            ("http://a", true),
            ("https://a:1", true),
            ("a", false),
            ("http://", false),
            ("http://a/", false),
        ] {
            assert_eq!(is_origin(origin.as_bytes()), legal, "{origin}");
        }
    }
}
