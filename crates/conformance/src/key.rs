//! Keys and accept values.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha1::{Digest, Sha1};

const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Returns a fresh key: 16 random bytes in base64.
///
/// Without random numbers from the system they are constant: the suite needs no secret here.
pub fn fresh() -> String {
    let mut nonce = *b"the sample nonce";
    let _ = getrandom::fill(&mut nonce);
    STANDARD.encode(nonce)
}

/// Returns the accept value for a key, whether the key is valid or not (RFC 6455 §4.2.2).
pub fn accept_value(key: impl AsRef<[u8]>) -> String {
    STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// Returns the accept value for a key after a change that makes it another value, or `None` if there is no such
/// change.
///
/// | change | |
/// |---|---|
/// | `lower`, `upper` | in another case |
/// | `unpadded` | without its padding |
/// | `urlsafe` | in the alphabet for URLs, without its padding |
/// | `hex` | the hash in hexadecimal |
/// | `tail` | without its first byte |
/// | `padbits` | with other bits behind those of the hash, which a lenient decoder ignores |
/// | `split`, `folded` | with a space, or a folded line end, in the middle |
/// | `decoded` | of the nonce, and not of its base64 |
/// | `keyonly` | of the key without the GUID |
pub fn changed_accept_value(key: &str, change: &str) -> Option<String> {
    let value = accept_value(key);
    let hash = || Sha1::new().chain_update(key).chain_update(GUID).finalize();
    let unpadded = value.trim_end_matches('=');
    let (start, end) = value.split_at(value.len() / 2);
    Some(match change {
        "lower" => value.to_ascii_lowercase(),
        "upper" => value.to_ascii_uppercase(),
        "unpadded" => unpadded.to_owned(),
        "urlsafe" => URL_SAFE_NO_PAD.encode(hash()),
        "hex" => hash().iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(hex_digit).collect(),
        "tail" => value.get(1..)?.to_owned(),
        "padbits" => {
            // The last letter holds two bits that are no part of the hash, and zero in its base64.
            let (rest, last) = unpadded.split_at(unpadded.len().checked_sub(1)?);
            let next = last.bytes().next()?.checked_add(1).map(char::from)?;
            format!("{rest}{next}=")
        }
        "split" => format!("{start} {end}"),
        "folded" => format!("{start}\r\n {end}"),
        "decoded" => accept_value(STANDARD.decode(key).ok()?),
        "keyonly" => STANDARD.encode(Sha1::digest(key)),
        _ => return None,
    })
}

fn hex_digit(value: u8) -> Option<char> {
    char::from_digit(u32::from(value), 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_6455_1_3() {
        assert_eq!(accept_value("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn every_change_makes_another_accept_value() {
        let key = "dGhlIHNhbXBsZSBub25jZQ==";
        for (change, expected) in [
            ("lower", "s3pplmbitxaq9kygzzhzrbk+xoo="),
            ("upper", "S3PPLMBITXAQ9KYGZZHZRBK+XOO="),
            ("unpadded", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo"),
            ("urlsafe", "s3pPLMBiTxaQ9kYGzzhZRbK-xOo"),
            ("hex", "b37a4f2cc0624f1690f64606cf385945b2bec4ea"),
            ("tail", "3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            ("padbits", "s3pPLMBiTxaQ9kYGzzhZRbK+xOp="),
            ("split", "s3pPLMBiTxaQ9k YGzzhZRbK+xOo="),
            ("folded", "s3pPLMBiTxaQ9k\r\n YGzzhZRbK+xOo="),
        ] {
            assert_eq!(changed_accept_value(key, change).as_deref(), Some(expected), "{change}");
        }
        for change in ["decoded", "keyonly"] {
            let changed = changed_accept_value(key, change).unwrap();
            assert_eq!(changed.len(), 28, "{change}");
            assert_ne!(changed, accept_value(key), "{change}");
        }
        assert_eq!(changed_accept_value(key, "other"), None);
    }

    #[test]
    fn a_fresh_key_is_new() {
        assert_ne!(fresh(), fresh());
        assert_eq!(STANDARD.decode(fresh()).map(|nonce| nonce.len()), Ok(16));
    }
}
