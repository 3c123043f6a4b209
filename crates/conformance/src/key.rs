//! Keys and accept values.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_6455_1_3() {
        assert_eq!(accept_value("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_fresh_key_is_new() {
        assert_ne!(fresh(), fresh());
        assert_eq!(STANDARD.decode(fresh()).map(|nonce| nonce.len()), Ok(16));
    }
}
