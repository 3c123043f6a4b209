//! Floor A: the least work with the usual crates. It parses, hashes and encodes, and validates nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use crate::answers::{REQUEST, SWITCHING, write};
use crate::requests::{NONCE, RESPONSE};

/// Returns the length of the 101, or 0 if there is no key.
pub(crate) fn server(request: &'static [u8], out: &mut [u8]) -> usize {
    let mut fields = [httparse::EMPTY_HEADER; 100];
    let mut head = httparse::Request::new(&mut fields);
    if head.parse(request).is_err() {
        return 0;
    }
    let key = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case("sec-websocket-key"));
    let Some(key) = key else { return 0 };
    let accept = accept_value(key.value);
    write(out, &[SWITCHING, &accept, b"\r\n\r\n"])
}

/// Returns the length of the request, or 0 if the response does not have the accept value.
pub(crate) fn client(_: &'static [u8], out: &mut [u8]) -> usize {
    let mut key = [0; 24];
    if STANDARD.encode_slice(NONCE, &mut key).is_err() {
        return 0;
    }
    let len = write(out, &[REQUEST, &key, b"\r\n\r\n"]);
    let mut fields = [httparse::EMPTY_HEADER; 100];
    let mut head = httparse::Response::new(&mut fields);
    if head.parse(RESPONSE).is_err() {
        return 0;
    }
    let accept = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case("sec-websocket-accept"));
    if accept.is_some_and(|field| field.value == accept_value(&key)) { len } else { 0 }
}

fn accept_value(key: &[u8]) -> [u8; 28] {
    let digest =
        Sha1::new().chain_update(key).chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize();
    let mut accept = [0; 28];
    let encoded = STANDARD.encode_slice(digest, &mut accept);
    debug_assert_eq!(encoded, Ok(accept.len()));
    accept
}
