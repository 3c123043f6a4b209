//! The client's key and the server's accept value (RFC 6455 §1.3, §4.1, §4.2.2).

use core::fmt;

use crate::base64::{encode_bits, encode_group, is_digit};

const GUID: &[u8; 36] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The value of `Sec-WebSocket-Key`: the base64 of a nonce of 16 bytes, 24 characters long.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key([u8; 24]);

impl Key {
    /// Encodes a nonce as a key.
    ///
    /// The nonce must be random and new for every handshake (RFC 6455 §4.1). The caller makes it.
    pub fn from_nonce(nonce: &[u8; 16]) -> Self {
        let mut key = [0; 24];
        for (encoded, group) in key.chunks_exact_mut(4).zip(nonce.chunks(3)) {
            encode_group(group, encoded);
        }
        Self(key)
    }

    /// Parses the key that a client sent. Returns `None` if it is not the base64 of 16 bytes.
    ///
    /// Non-zero bits after the 128th are accepted: the example of RFC 6455 §4.1 (`AQIDBAUGBwgJCgsMDQ4PEC==`) has them
    /// (erratum 3150).
    pub fn parse(value: &[u8]) -> Option<Self> {
        Self::check(value).copied().map(Self)
    }

    /// As [`Key::parse`], without copying the key.
    #[inline]
    pub(crate) fn check(value: &[u8]) -> Option<&[u8; 24]> {
        let key: &[u8; 24] = value.try_into().ok()?;
        let (first, last) = (key.first_chunk::<16>()?, key.last_chunk::<8>()?);
        // The padding becomes two digits, so that pieces of 16 and 8 digits are left for vector instructions.
        let padding = u64::from_le_bytes(*b"\0\0\0\0\0\0==") ^ u64::from_le_bytes(*b"\0\0\0\0\0\0AA");
        let last = (u64::from_le_bytes(*last) ^ padding).to_le_bytes();
        let legal = |legal: bool, &byte: &u8| legal & is_digit(byte);
        (first.iter().fold(true, legal) && last.iter().fold(true, legal) && key.ends_with(b"=="))
            .then_some(key)
    }

    pub(crate) fn from_checked(key: &[u8; 24]) -> Self {
        Self(*key)
    }

    /// Returns the key as it stands in the field.
    pub fn as_bytes(&self) -> &[u8; 24] {
        &self.0
    }

    /// Computes the accept value, which proves that a server has read this key (RFC 6455 §4.2.2 step 5.4).
    pub fn accept_value(&self) -> AcceptValue {
        AcceptValue::of(&self.0)
    }
}

/// Does not show the key: anyone who knows it can forge the server's answer.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// The value of `Sec-WebSocket-Accept`: the base64 of the SHA-1 of key and GUID, 28 characters long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptValue([u8; 28]);

impl AcceptValue {
    /// Computes the accept value of a checked key (RFC 6455 §4.2.2 step 5.4).
    pub(crate) fn of(checked: &[u8; 24]) -> Self {
        let mut blocks = BLOCKS;
        let (key, _) = blocks[0].split_at_mut(24);
        key.copy_from_slice(checked);

        let mut state = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
        sha1::block_api::compress(&mut state, &blocks);

        // The base64 is computed directly from the five words: six groups of three bytes, then one of two.
        let [h0, h1, h2, h3, h4] = state;
        let groups =
            [h0 >> 8, h0 << 16 | h1 >> 16, h1 << 8 | h2 >> 24, h2, h3 >> 8, h3 << 16 | h4 >> 16, h4 << 8];
        let mut accept = [0; 28];
        for (encoded, bits) in accept.chunks_exact_mut(4).zip(groups) {
            encode_bits(bits, encoded);
        }
        accept[27] = b'=';
        Self(accept)
    }

    /// Returns the value as it stands in the field.
    pub fn as_bytes(&self) -> &[u8; 28] {
        &self.0
    }
}

/// The 60 bytes of key and GUID with the padding of SHA-1: one block for the bytes, one for their length in bits. The
/// key is filled in later.
const BLOCKS: [[u8; 64]; 2] = {
    let mut blocks = [[0; 64]; 2];
    let mut place = 0;
    while place < GUID.len() {
        blocks[0][24 + place] = GUID[place];
        place += 1;
    }
    blocks[0][60] = 0x80;
    let bits = (60_u16 * 8).to_be_bytes();
    blocks[1][62] = bits[0];
    blocks[1][63] = bits[1];
    blocks
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_6455_1_3() {
        let key = Key::from_nonce(b"the sample nonce");
        assert_eq!(key.as_bytes(), b"dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(key.accept_value().as_bytes(), b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(Key::parse(key.as_bytes()), Some(key));
    }
}
