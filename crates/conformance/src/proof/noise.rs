//! Text that compresses badly, so that a compressor only gains by what is repeated.

/// Returns text that is the same for the same seed: characters of base64 in random order.
pub(super) fn noise(seed: u64, length: usize) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";
    let mut state = seed.wrapping_mul(2).wrapping_add(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ALPHABET[usize::from((state >> 40).to_le_bytes()[0] & 63)]
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// Returns a text that begins and ends alike, with this distance between.
pub(super) fn repeated_after(seed: u64, distance: usize) -> Vec<u8> {
    const REPEATED: usize = 60;
    let mut text = noise(seed, distance.max(REPEATED));
    text.extend_from_within(..REPEATED);
    text
}
