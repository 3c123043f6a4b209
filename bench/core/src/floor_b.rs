//! Floor B: the least work with the processor's vector instructions. One pass of AVX2 over the head refuses every byte
//! that RFC 9112 forbids where it stands. SHA-1's second block is prepared, and base64 is made from the hash's words.
//! Beyond this nothing is validated. It finds what floor A finds, the key, and sends the same.
//!
//! Two calls here are the only `unsafe` code of the project. A function that was compiled for AVX2 can't be called
//! otherwise by one that was not, even if that has looked whether the processor has AVX2.

use std::arch::x86_64::{
    __m256i, _mm256_and_si256, _mm256_andnot_si256, _mm256_cmpeq_epi8, _mm256_min_epu8, _mm256_movemask_epi8,
    _mm256_or_si256, _mm256_set_epi64x, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8,
    _mm256_srli_epi16,
};
use std::hint::black_box;

use sha1::block_api::compress;

use crate::Handshake;
use crate::answers::{REQUEST, SWITCHING, write};
use crate::requests::{NONCE, RESPONSE};

/// Returns the server, or `None` if the processor has no AVX2.
pub(crate) fn server() -> Option<Handshake> {
    let handshake: Handshake = |request, out| {
        if !is_x86_feature_detected!("avx2") {
            return 0;
        }
        // SAFETY: The processor has AVX2.
        #[allow(unsafe_code)]
        unsafe { answer(request, out) }.unwrap_or(0)
    };
    is_x86_feature_detected!("avx2").then_some(handshake)
}

/// Returns the client, or `None` if the processor has no AVX2.
pub(crate) fn client() -> Option<Handshake> {
    let handshake: Handshake = |_, out| {
        if !is_x86_feature_detected!("avx2") {
            return 0;
        }
        // SAFETY: The processor has AVX2.
        #[allow(unsafe_code)]
        unsafe { ask(out) }.unwrap_or(0)
    };
    is_x86_feature_detected!("avx2").then_some(handshake)
}

#[target_feature(enable = "avx2")]
fn answer(request: &[u8], out: &mut [u8]) -> Option<usize> {
    let key = read(request, Part::Method, b"sec-websocket-key")?;
    let accept = accept_value(key.try_into().ok()?);
    Some(write(out, &[SWITCHING, &accept, b"\r\n\r\n"]))
}

#[target_feature(enable = "avx2")]
fn ask(out: &mut [u8]) -> Option<usize> {
    let key = key(NONCE);
    let len = write(out, &[REQUEST, &key, b"\r\n\r\n"]);
    let accept = read(RESPONSE, Part::StatusLine, b"sec-websocket-accept")?;
    (accept == accept_value(&key).as_slice()).then_some(len)
}

/// The part of a head that a byte belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Method,
    Target,
    Version,
    StatusLine,
    Name,
    Value,
}

/// Reads a head that begins with this part, and returns the value of its last field with this name in lower case.
#[target_feature(enable = "avx2")]
fn read<'a, const N: usize>(head: &'a [u8], first: Part, wanted: &[u8; N]) -> Option<&'a [u8]> {
    let (chunks, rest) = head.as_chunks();
    // Padding that is allowed in each part, and ends none.
    let mut last = [b'a'; 64];
    last.get_mut(..rest.len())?.copy_from_slice(rest);
    let (mut part, mut start) = (first, 0_usize);
    let (mut is_wanted, mut found) = (false, None);
    for (index, chunk) in chunks.iter().chain([&last]).enumerate() {
        let begin = index * 64;
        let (halves, _) = chunk.as_chunks();
        let (low, high) = (load(&halves[0]), load(&halves[1]));
        // They are hidden from the compiler, which otherwise chooses between vectors again and again.
        let not_token = black_box(mask(not_token(low), not_token(high)));
        let not_text = black_box(mask(not_text(low), not_text(high)));
        loop {
            let ends = match part {
                Part::Method | Part::Name => not_token,
                Part::Target => black_box(mask(not_visible(low), not_visible(high))),
                Part::Version | Part::StatusLine | Part::Value => not_text,
            };
            // A part can begin in an earlier chunk, or behind this one.
            let first = start.max(begin);
            let ends = if first < begin + 64 { ends >> (first - begin) } else { 0 };
            if ends == 0 {
                break;
            }
            let end = first + ends.trailing_zeros() as usize;
            let text = head.get(start..end)?;
            let rest = head.get(end..)?;
            (part, start) = match (part, rest) {
                (Part::Method, [b' ', ..]) => (Part::Target, end + 1),
                (Part::Target, [b' ', ..]) => (Part::Version, end + 1),
                (Part::Version, [b'\r', b'\n', ..]) if text == b"HTTP/1.1" => (Part::Name, end + 2),
                (Part::StatusLine, [b'\r', b'\n', ..]) if text.starts_with(b"HTTP/1.1 101 ") => {
                    (Part::Name, end + 2)
                }
                (Part::Name, [b':', ..]) if !text.is_empty() => {
                    is_wanted = <[u8; N]>::try_from(text)
                        .is_ok_and(|name| name.map(|byte| byte.to_ascii_lowercase()) == *wanted);
                    (Part::Value, end + 1)
                }
                (Part::Value, [b'\r', b'\n', ..]) => {
                    if is_wanted {
                        found = Some(text.trim_ascii());
                    }
                    (Part::Name, end + 2)
                }
                (Part::Name, b"\r\n") if text.is_empty() => return found,
                _ => return None,
            };
        }
    }
    None
}

#[target_feature(enable = "avx2")]
fn load(chunk: &[u8; 32]) -> __m256i {
    let [a, b, c, d] = std::array::from_fn(|word| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&chunk[word * 8..][..8]);
        i64::from_le_bytes(bytes)
    });
    _mm256_set_epi64x(d, c, b, a)
}

/// Returns the bytes that are no `tchar`.
#[target_feature(enable = "avx2")]
fn not_token(bytes: __m256i) -> __m256i {
    // A byte is a `tchar` if the row of its low half has the bit of its high half.
    let rows = _mm256_shuffle_epi8(load(&TOKEN_ROWS), bytes);
    let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(0x0f));
    let bits = _mm256_shuffle_epi8(load(&HIGH_BITS), high);
    _mm256_cmpeq_epi8(_mm256_and_si256(rows, bits), _mm256_setzero_si256())
}

/// Returns the bytes that are neither `VCHAR`, `obs-text`, space nor tab.
#[target_feature(enable = "avx2")]
fn not_text(bytes: __m256i) -> __m256i {
    let control = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f)), bytes);
    let not_text = _mm256_or_si256(control, _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x7f)));
    _mm256_andnot_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(9)), not_text)
}

/// Returns the bytes that are no `VCHAR`.
#[target_feature(enable = "avx2")]
fn not_visible(bytes: __m256i) -> __m256i {
    let low = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x20)), bytes);
    let delete = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x7f));
    // Those from 128 on have the bit that counts.
    _mm256_or_si256(_mm256_or_si256(low, delete), bytes)
}

/// Returns the first bit of each byte.
#[target_feature(enable = "avx2")]
fn mask(low: __m256i, high: __m256i) -> u64 {
    let (low, high) = (_mm256_movemask_epi8(low), _mm256_movemask_epi8(high));
    u64::from(high.cast_unsigned()) << 32 | u64::from(low.cast_unsigned())
}

/// A bit for each high half of a byte, twice. The halves from 8 on have none, because no `tchar` is outside of ASCII.
const HIGH_BITS: [u8; 32] = {
    let mut bits = [0; 32];
    let mut half = 0;
    while half < 8 {
        (bits[half], bits[half + 16]) = (1 << half, 1 << half);
        half += 1;
    }
    bits
};

/// For each low half of a byte, the bits of the high halves that make a `tchar` with it (RFC 9110 §5.6.2), twice.
const TOKEN_ROWS: [u8; 32] = {
    let mut rows = [0; 32];
    let mut byte = 0;
    while byte < 128_u8 {
        if byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
            )
        {
            let (low, high) = ((byte & 15) as usize, (byte >> 4) as usize);
            rows[low] |= HIGH_BITS[high];
            rows[low + 16] |= HIGH_BITS[high];
        }
        byte += 1;
    }
    rows
};

fn accept_value(key: &[u8; 24]) -> [u8; 28] {
    /// The key's place, the GUID, and the bit that ends the message; then the rest of the padding and the length.
    const BLOCKS: [[u8; 64]; 2] = {
        let mut blocks = [[0; 64]; 2];
        let guid = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
        let mut index = 0;
        while index < guid.len() {
            blocks[0][24 + index] = guid[index];
            index += 1;
        }
        blocks[0][60] = 0x80;
        [blocks[1][62], blocks[1][63]] = (60_u16 * 8).to_be_bytes();
        blocks
    };
    let mut state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let mut blocks = BLOCKS;
    blocks[0][..24].copy_from_slice(key);
    compress(&mut state, &blocks);
    let words = state.map(u64::from);
    let mut value = [b'='; 28];
    encode(words[0] << 16 | words[1] >> 16, &mut value[..8]);
    encode(words[1] << 32 | words[2], &mut value[8..16]);
    encode(words[3] << 16 | words[4] >> 16, &mut value[16..24]);
    encode(words[4] << 2, &mut value[24..27]);
    value
}

fn key(nonce: &[u8; 16]) -> [u8; 24] {
    let bits = u128::from_be_bytes(*nonce);
    let mut key = [b'='; 24];
    encode(low(bits >> 80), &mut key[..8]);
    encode(low(bits >> 32), &mut key[8..16]);
    encode(low(bits << 4), &mut key[16..22]);
    key
}

#[allow(clippy::cast_possible_truncation)]
fn low(bits: u128) -> u64 {
    bits as u64
}

/// Writes the low bits, six in each character.
#[inline]
fn encode(bits: u64, out: &mut [u8]) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (place, digit) in out.iter_mut().rev().enumerate() {
        *digit = DIGITS[(bits >> (6 * place) & 63) as usize];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::{ALL, MINIMAL};

    fn accepts(request: &[u8]) -> bool {
        let request: &'static [u8] = Vec::leak(request.to_vec());
        server().is_none_or(|server| server(request, &mut [0; 1024]) > 0)
    }

    /// Returns the shortest request with one more byte behind a text in it.
    fn with(byte: u8, text: &str) -> Vec<u8> {
        let (_, request) = MINIMAL;
        let found = request.windows(text.len()).position(|window| window == text.as_bytes());
        let place = found.expect("the text") + text.len();
        [&request[..place], &[byte], &request[place..]].concat()
    }

    #[test]
    fn every_forbidden_byte_is_refused_where_it_stands() {
        if server().is_none() {
            return;
        }
        for byte in 0..=u8::MAX {
            let text = matches!(byte, b'\t' | b' '..=b'~' | 0x80..);
            assert_eq!(accepts(&with(byte, "Host: server")), text, "{byte:#x} in a value");
            let token = byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            // A colon there ends the name.
            assert_eq!(accepts(&with(byte, "Ho")), token || byte == b':', "{byte:#x} in a name");
            assert_eq!(accepts(&with(byte, "G")), token, "{byte:#x} in the method");
            assert_eq!(accepts(&with(byte, "/ch")), byte.is_ascii_graphic(), "{byte:#x} in the target");
            assert!(!accepts(&with(byte, "HTTP/1")), "{byte:#x} in the version");
        }
    }

    #[test]
    fn a_head_that_is_not_complete_is_refused() {
        for (_, request) in ALL {
            assert!(accepts(request));
            assert!((0..request.len()).all(|end| !accepts(&request[..end]) || server().is_none()));
        }
    }
}
