//! Base64 (RFC 4648 §4).

use core::fmt;

use crate::write::Writer;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Writes bytes in base64 (RFC 4648 §4), with padding, as Basic credentials have them (RFC 7617 §2).
///
/// ```
/// let mut value = String::from("Basic ");
/// websocket_upgrade_proto::to_base64(b"Aladdin:open sesame", &mut value)?;
/// assert_eq!(value, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
/// # Ok::<(), std::fmt::Error>(())
/// ```
///
/// # Errors
///
/// If `out` takes no more text.
pub fn to_base64(bytes: &[u8], out: &mut impl fmt::Write) -> fmt::Result {
    bytes.chunks(3).try_for_each(|group| {
        let mut encoded = [0; 4];
        encode_group(group, &mut encoded);
        encoded.iter().try_for_each(|&digit| out.write_char(digit.into()))
    })
}

/// Writes a sequence of bytes in base64, with padding.
pub(crate) fn write_base64(mut bytes: impl Iterator<Item = u8>, out: &mut Writer<'_>) {
    loop {
        let (mut group, mut len) = ([0; 3], 0);
        for (place, byte) in group.iter_mut().zip(&mut bytes) {
            *place = byte;
            len += 1;
        }
        if len == 0 {
            return;
        }
        let mut encoded = [0; 4];
        encode_group(&group[..len], &mut encoded);
        out.put(&encoded);
    }
}

/// Encodes one to three bytes as four characters, with padding.
#[inline]
pub(crate) fn encode_group(bytes: &[u8], encoded: &mut [u8]) {
    let bits = bytes.iter().zip([16, 8, 0]).fold(0, |bits, (&byte, shift)| bits | u32::from(byte) << shift);
    encode_bits(bits, encoded);
    encoded.iter_mut().skip(bytes.len() + 1).for_each(|padding| *padding = b'=');
}

/// Encodes three bytes, the low 24 bits, as four characters.
#[inline]
pub(crate) fn encode_bits(bits: u32, encoded: &mut [u8]) {
    for (digit, shift) in encoded.iter_mut().zip([18, 12, 6, 0]) {
        *digit = ALPHABET[(bits >> shift) as usize % 64];
    }
}

/// Returns whether a byte is a digit of base64.
#[inline]
pub(crate) fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | (byte == b'+') | (byte == b'/')
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::String;

    use super::*;

    #[test]
    fn base64_of_every_remainder() {
        for (text, expected) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            let mut buffer = [0; 16];
            let mut out = Writer::new(&mut buffer);
            write_base64(text.bytes(), &mut out);
            let len = out.finish().expect("room for it");
            assert_eq!(&buffer[..len], expected.as_bytes());
            let mut written = String::new();
            to_base64(text.as_bytes(), &mut written).expect("room for it");
            assert_eq!(written, expected);
        }
    }

    #[test]
    fn each_character_of_the_alphabet_is_a_digit_and_no_other_byte() {
        for byte in 0..=u8::MAX {
            assert_eq!(is_digit(byte), ALPHABET.contains(&byte), "{byte:#x}");
        }
    }
}
