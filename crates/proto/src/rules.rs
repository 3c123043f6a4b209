//! Rules of HTTP's grammar that several parts of the core share (RFC 9110 §5.5, §5.6).

use crate::scanners::{behind, behind_chunks};

/// `tchar` of RFC 9110 §5.6.2.
#[inline]
pub(crate) const fn is_tchar(byte: u8) -> bool {
    TCHARS[byte as usize]
}

pub(crate) const TCHARS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        table[byte as usize] = byte.is_ascii_alphanumeric()
            || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~');
        byte += 1;
    }
    table
};

/// `token = 1*tchar`.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && behind(bytes, &TCHARS).is_empty()
}

/// The characters that a request target can have: visible ASCII except `#`. Some of them can't stand in a URI (RFC
/// 3986), but browsers send them.
pub(crate) const TARGET: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        table[byte as usize] = byte != b'#';
        byte += 1;
    }
    table
};

/// Skips the characters of a request target.
#[inline]
pub(crate) fn behind_target(bytes: &[u8]) -> &[u8] {
    let long = behind_chunks(bytes, |byte| (byte > b' ') & (byte < 0x7F) & (byte != b'#'));
    behind(long, &TARGET)
}

/// Removes the white space around a value (OWS, RFC 9110 §5.6.3).
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// Returns the non-empty members of a comma-separated list (RFC 9110 §5.6.1), trimmed but not checked.
pub(crate) fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(trim).filter(|member| !member.is_empty())
}

/// Returns whether `name` equals `lower` without regard to case. `name` has no control characters; `lower` has only
/// lower-case letters and `-`, and at least four of them. The comparison sets bit 0x20 in every byte of `name`. Only a
/// byte of `lower` itself, or its upper case, then equals that byte.
#[inline]
pub(crate) fn same_name<const N: usize>(name: &[u8], lower: &[u8; N]) -> bool {
    match <&[u8; N]>::try_from(name) {
        Ok(name) if N < 8 => same_words::<4>(name, lower),
        Ok(name) => same_words::<8>(name, lower),
        Err(_) => false,
    }
}

/// Compares two texts of the same length in words of four or eight bytes. The last word overlaps the one before it.
#[inline]
fn same_words<const W: usize>(name: &[u8], lower: &[u8]) -> bool {
    let word = |bytes: &[u8]| {
        let mut word = [0x20; 8];
        if let (Some(place), Some(bytes)) = (word.first_chunk_mut::<W>(), bytes.first_chunk()) {
            *place = *bytes;
        }
        u64::from_le_bytes(word) | 0x2020_2020_2020_2020
    };
    let words = |text| <[u8]>::chunks_exact(text, W).chain(<[u8]>::rchunks_exact(text, W).take(1)).map(word);
    words(name).zip(words(lower)).fold(0, |differ, (name, lower)| differ | name ^ lower) == 0
}
