//! A request or a response in parts, and the same whole.
//!
//! - What comes of it does not depend on how the bytes arrive: in how many parts, and where they end.

use std::fmt::Debug;

use crate::{Input, request_head, response_head};

/// Marks a response; the other seven bits count the lengths behind it.
const RESPONSE: u8 = 0x80;

/// Checks one input: a byte of the kind and a count, so many lengths of parts, a byte each, and what arrives in them.
pub fn check(data: &[u8]) {
    let Some((input, lengths, is_response)) = take_apart(data) else { return };
    let mut ends: Vec<usize> = Vec::new();
    for &length in lengths {
        let end = ends.last().copied().unwrap_or_default() + usize::from(length);
        ends.push(end.min(input.bytes.len()));
    }
    ends.push(input.bytes.len());
    if is_response {
        compare(&ends, |ends| response_head::arrive(&input, ends.iter().copied()));
    } else {
        compare(&ends, |ends| request_head::arrive(&input, ends.iter().copied()));
    }
}

/// Puts the bytes proper of an input together.
pub fn seed(is_response: bool, lengths: &[u8], bytes: &[u8]) -> Vec<u8> {
    let count = u8::try_from(lengths.len()).unwrap_or(u8::MAX) % RESPONSE;
    let kind = if is_response { RESPONSE } else { 0 };
    [&[kind | count], &lengths[..usize::from(count)], bytes].concat()
}

fn take_apart(data: &[u8]) -> Option<(Input<'_>, &[u8], bool)> {
    let input = Input::new(data)?;
    let (&kind, rest) = input.bytes.split_first()?;
    let (lengths, bytes) = rest.split_at_checked(usize::from(kind % RESPONSE))?;
    Some((Input { bytes, ..input }, lengths, kind >= RESPONSE))
}

fn compare<V: Debug + PartialEq>(ends: &[usize], arrive: impl Fn(&[usize]) -> V) {
    let len = ends.last().copied().unwrap_or_default();
    let whole = arrive(&[len]);
    assert_eq!(arrive(ends), whole, "in parts that end at {ends:?}");
    assert_eq!(arrive(&(0..=len).collect::<Vec<_>>()), whole, "byte by byte");
}
