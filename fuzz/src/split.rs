//! A request or a response in parts, compared with the whole.
//!
//! - The result does not depend on how the bytes arrive: in how many parts, and where they end.
//! - A reader that has read the first part, and then gets other bytes, still gives a verdict, if these bytes have one.

use std::fmt::Debug;

use websocket_upgrade_proto::Limits;
use websocket_upgrade_proto::head::{Scan, read_request, read_response};

use crate::{Input, request_head, response_head};

/// Marks a response. The other seven bits are the number of lengths that follow.
const RESPONSE: u8 = 0x80;

/// Checks one input: a byte for kind and count, the lengths of the parts (a byte each), and the bytes that arrive.
pub fn check(data: &[u8]) {
    let Some((input, lengths, is_response)) = take_apart(data) else { return };
    let mut ends: Vec<usize> = Vec::new();
    for &length in lengths {
        let end = ends.last().copied().unwrap_or_default() + usize::from(length);
        ends.push(end.min(input.bytes.len()));
    }
    let others = input.bytes.split_at(ends.first().copied().unwrap_or_default());
    ends.push(input.bytes.len());
    read_others(others.0, others.1, is_response);
    if is_response {
        compare(&ends, |ends| response_head::arrive(&input, ends.iter().copied()));
    } else {
        compare(&ends, |ends| request_head::arrive(&input, ends.iter().copied()));
    }
}

/// Builds the part of an input after the choices.
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

/// Reads the other bytes at once, and then again.
fn read_others(first: &[u8], others: &[u8], is_response: bool) {
    let limits = Limits::new();
    let (mut scan, mut buf) = (Scan::default(), others.to_vec());
    let read = |buf: &mut [u8], scan: &mut Scan| {
        if is_response {
            read_response(buf, scan, &limits).map(|head| head.map(|head| head.head_len()))
        } else {
            read_request(buf, scan, &limits).map(|head| head.map(|head| head.head_len()))
        }
    };
    let _ = read(&mut first.to_vec(), &mut scan);
    let alone = read(&mut others.to_vec(), &mut Scan::default());
    let verdict = match read(&mut buf, &mut scan) {
        Ok(None) => read(&mut buf, &mut scan),
        verdict => verdict,
    };
    assert!(verdict != Ok(None) || alone == Ok(None), "more bytes for ever: {alone:?}");
}

fn compare<V: Debug + PartialEq>(ends: &[usize], arrive: impl Fn(&[usize]) -> V) {
    let len = ends.last().copied().unwrap_or_default();
    let whole = arrive(&[len]);
    assert_eq!(arrive(ends), whole, "in parts that end at {ends:?}");
    assert_eq!(arrive(&(0..=len).collect::<Vec<_>>()), whole, "byte by byte");
}
