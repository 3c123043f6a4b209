//! Scanners that skip a run of bytes of one class, many bytes at a time, without unsafe code.
//!
//! A chunk of sixteen bytes is looked at without branches, so the compiler can use vector instructions.

#![allow(clippy::inline_always)] // measured, like their callers

/// Skips the bytes that are in the table. Looks up eight at a time.
#[inline(always)]
pub(crate) fn behind<'a>(mut bytes: &'a [u8], table: &[bool; 256]) -> &'a [u8] {
    while let Some((chunk, behind)) = bytes.split_first_chunk::<8>() {
        for (place, &byte) in chunk.iter().enumerate() {
            if !table[usize::from(byte)] {
                return bytes.get(place..).unwrap_or_default();
            }
        }
        bytes = behind;
    }
    behind_all(bytes, |byte| table[usize::from(byte)])
}

/// Skips chunks of sixteen bytes that all belong to a class. What is left is looked at by another scanner.
#[inline(always)]
pub(crate) fn behind_chunks(mut bytes: &[u8], belongs: impl Fn(u8) -> bool) -> &[u8] {
    while let Some((chunk, behind)) = bytes.split_first_chunk::<16>() {
        if !chunk.iter().fold(true, |all, &byte| all & belongs(byte)) {
            break;
        }
        bytes = behind;
    }
    bytes
}

/// The bytes that are looked at together.
type Chunk = [u8; 16];

/// Skips all bytes up to the first control character. HTAB counts as one.
#[inline(always)]
pub(crate) fn behind_text(mut bytes: &[u8]) -> &[u8] {
    while let Some((chunk, behind)) = bytes.split_first_chunk::<16>() {
        if chunk.iter().fold(false, |found, &byte| found | is_control(byte)) {
            let place = first_marked(chunk, controls).unwrap_or_default();
            return bytes.get(place..).unwrap_or_default();
        }
        bytes = behind;
    }
    if let Some((half, behind)) = bytes.split_first_chunk() {
        match first_in_half(controls(u64::from_le_bytes(*half))) {
            Some(place) => return bytes.get(place..).unwrap_or_default(),
            None => bytes = behind,
        }
    }
    behind_all(bytes, |byte| !is_control(byte))
}

/// Skips letters, digits and `-`, the usual characters of a field's name. Returns the number of these characters too
/// with the chunk in which they end and the bytes after it.
///
/// A scanner that goes on with this chunk need not wait for the number.
#[inline(always)]
pub(crate) fn usual_name(bytes: &[u8]) -> (usize, &[u8]) {
    let mut rest = bytes;
    while let Some((chunk, behind)) = rest.split_first_chunk() {
        if let Some(place) = first_unusual(chunk) {
            return (bytes.len() - rest.len() + place, rest);
        }
        rest = behind;
    }
    // The last chunk begins with usual characters, because they have been looked at.
    let unusual = match bytes.last_chunk() {
        Some(chunk) => first_unusual(chunk).and_then(|place| chunk.get(place..)).unwrap_or_default(),
        None => behind_all(rest, |byte| mark_unusual(byte) == 0),
    };
    (bytes.len() - unusual.len(), rest)
}

/// Returns the place of the first byte that is not a letter, a digit or `-`.
#[inline(always)]
fn first_unusual(chunk: &Chunk) -> Option<usize> {
    first_marked(&chunk.map(mark_unusual), |half| half)
}

/// Returns 0 for a letter, a digit or `-`.
#[inline(always)]
fn mark_unusual(byte: u8) -> u8 {
    let outside = |byte: u8, first: u8, last: u8| byte.wrapping_sub(first).saturating_sub(last - first);
    outside(byte | 0x20, b'a', b'z').min(outside(byte, b'0', b'9')).min(byte ^ b'-')
}

/// Returns the place of the first byte that `mark` marks in the first half of a chunk, or in the last one.
#[inline(always)]
fn first_marked(chunk: &Chunk, mark: impl Fn(u64) -> u64) -> Option<usize> {
    let place = |half: Option<&[u8; 8]>| first_in_half(mark(u64::from_le_bytes(*half?)));
    place(chunk.first_chunk()).or_else(|| Some(8 + place(chunk.last_chunk())?))
}

/// Returns the place of the first byte that is not 0.
#[inline(always)]
fn first_in_half(marks: u64) -> Option<usize> {
    (marks != 0).then(|| (marks.trailing_zeros() / 8) as usize)
}

/// Marks the high bit of every control character.
#[inline(always)]
fn controls(word: u64) -> u64 {
    const LOW: u64 = !HIGH;
    // Of the bytes below 0x80, the control characters become the highest ones: DEL 0x5F, and the others 0x60 to 0x7F.
    // No byte carries into the next one.
    let turned = ((word & LOW) + 0x60 * EIGHT) & LOW;
    (turned + 0x21 * EIGHT) & !word & HIGH
}

/// Skips the bytes that a field's value can have: HTAB, SP, VCHAR and obs-text (RFC 9110 §5.5).
#[inline]
pub(crate) fn behind_value(bytes: &[u8]) -> &[u8] {
    let mut rest = behind_text(bytes);
    while let [b'\t', behind @ ..] = rest {
        rest = behind_text(behind);
    }
    rest
}

/// Returns the offset of the next line feed at or after `from`.
#[inline]
pub(crate) fn find_line_feed(bytes: &[u8], from: usize) -> Option<usize> {
    let mut rest = bytes.get(from..).unwrap_or_default();
    loop {
        // A line feed is a control character, and those are found many bytes at a time.
        rest = behind_text(rest);
        match rest {
            [] => return None,
            [b'\r', b'\n', ..] => return Some(bytes.len() - rest.len() + 1),
            [b'\n', ..] => return Some(bytes.len() - rest.len()),
            [_, behind @ ..] => rest = behind,
        }
    }
}

const EIGHT: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * EIGHT;

fn is_control(byte: u8) -> bool {
    (byte < 0x20) | (byte == 0x7F)
}

/// Skips the last few bytes one by one.
#[inline]
fn behind_all(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> &[u8] {
    let len = bytes.iter().take_while(|&&byte| belongs(byte)).count();
    bytes.get(len..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{TCHARS, behind_target};

    type Scanner = fn(&[u8]) -> &[u8];
    type Belongs = fn(u8) -> bool;

    /// Every scanner, with the definition of its class.
    const SCANNERS: [(Scanner, Belongs); 5] = [
        (
            |bytes| behind(bytes, &TCHARS),
            |byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte),
        ),
        (
            |bytes| bytes.get(usual_name(bytes).0..).unwrap_or_default(),
            |byte| byte.is_ascii_alphanumeric() || byte == b'-',
        ),
        (behind_text, |byte| byte >= 0x20 && byte != 0x7F),
        (behind_value, |byte| byte >= 0x20 && byte != 0x7F || byte == b'\t'),
        (behind_target, |byte| byte > 0x20 && byte < 0x7F && byte != b'#'),
    ];

    /// Compares all scanners with their definitions.
    fn compare(bytes: &[u8]) {
        for (scanner, belongs) in SCANNERS {
            let len = bytes.iter().take_while(|&&byte| belongs(byte)).count();
            assert_eq!(scanner(bytes).len(), bytes.len() - len, "{}", bytes.escape_ascii());
        }
    }

    /// Returns the step between the tested inputs: 1, or `quick` for `cargo xtask mutants`, which runs the tests many
    /// times and without optimisation.
    fn step(quick: usize) -> usize {
        if std::env::var_os("QUICK_TESTS").is_some() { quick } else { 1 }
    }

    #[test]
    fn scanners_see_every_byte_at_every_place() {
        for filler in [b'a', b'-', b'~', b'0', b'Z', 0x80, 0xFF] {
            for len in (0..=40).step_by(step(3)) {
                let mut bytes = [filler; 40];
                compare(&bytes[..len]);
                for place in 0..len {
                    for byte in 0..=u8::MAX {
                        bytes[place] = byte;
                        compare(&bytes[..len]);
                    }
                    bytes[place] = filler;
                }
            }
        }
    }

    #[test]
    fn scanners_see_every_pair_of_bytes() {
        for place in [0, 6, 7, 8, 15, 16] {
            let mut bytes = [b'a'; 26];
            for pair in (0..=u16::MAX).step_by(step(61)) {
                bytes[place..place + 2].copy_from_slice(&pair.to_be_bytes());
                compare(&bytes);
            }
        }
    }

    #[test]
    fn scanners_start_anywhere() {
        let bytes: [u8; 256] = core::array::from_fn(|byte| u8::try_from(byte).unwrap_or_default());
        (0..=bytes.len()).for_each(|start| compare(&bytes[start..]));
    }
}
