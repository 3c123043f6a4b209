//! Scanners that skip a run of bytes of one class, many bytes at a time, without unsafe code.

/// Skips the bytes that are in the table. Looks up eight at a time.
#[inline(always)]
#[allow(clippy::inline_always)] // measured, like its caller
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

/// Skips all bytes up to the first control character. HTAB counts as one.
///
/// Reads sixteen bytes at a time while there is no control character (the compiler uses vector instructions), then
/// eight at a time to find its position.
#[inline(always)]
#[allow(clippy::inline_always)] // measured, like its caller
pub(crate) fn behind_text(mut bytes: &[u8]) -> &[u8] {
    while let Some((chunk, behind)) = bytes.split_first_chunk::<16>() {
        if chunk.iter().fold(false, |found, &byte| found | is_control(byte)) {
            break;
        }
        bytes = behind;
    }
    while let Some((word, behind)) = first_word(bytes) {
        // The lowest marked bit is correct; a borrow can only disturb higher ones.
        let below = word.wrapping_sub(0x20 * EIGHT) & !word;
        let found = (below | zeros(word ^ (0x7F * EIGHT))) & HIGH;
        if found != 0 {
            return behind_first(found, bytes);
        }
        bytes = behind;
    }
    behind_all(bytes, |byte| !is_control(byte))
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

/// Returns the first eight bytes as a little-endian number, and the bytes after them.
#[inline(always)]
#[allow(clippy::inline_always)] // measured, like its callers
fn first_word(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (chunk, behind) = bytes.split_first_chunk()?;
    Some((u64::from_le_bytes(*chunk), behind))
}

/// Marks the high bit of every zero byte, and perhaps of some bytes above the lowest one.
#[inline]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(EIGHT) & !word
}

/// Skips the bytes before the one whose mark is the lowest.
#[inline]
fn behind_first(found: u64, bytes: &[u8]) -> &[u8] {
    bytes.get((found.trailing_zeros() / 8) as usize..).unwrap_or_default()
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
    use crate::rules::{TARGET, TCHARS};

    type Scanner = fn(&[u8]) -> &[u8];
    type Belongs = fn(u8) -> bool;

    /// Every scanner, with the definition of its class.
    const SCANNERS: [(Scanner, Belongs); 4] = [
        (
            |bytes| behind(bytes, &TCHARS),
            |byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte),
        ),
        (behind_text, |byte| byte >= 0x20 && byte != 0x7F),
        (behind_value, |byte| byte >= 0x20 && byte != 0x7F || byte == b'\t'),
        (|bytes| behind(bytes, &TARGET), |byte| byte > 0x20 && byte < 0x7F && byte != b'#'),
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

    #[test]
    fn eight_bytes_at_a_time_are_looked_at_while_there_are_so_many() {
        let bytes = b"\x01\x02\x03\x04\x05\x06\x07\x08\x09";
        assert_eq!(first_word(bytes), Some((0x0807_0605_0403_0201, &b"\x09"[..])));
        assert_eq!(first_word(&bytes[..7]), None);
    }
}
