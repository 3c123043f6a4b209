//! What must hold for every input: one module per fuzz target, with functions that panic if it does not.
//!
//! An input is one byte, which chooses options, and the remaining bytes. An empty input is skipped.
#![forbid(unsafe_code)]

use websocket_upgrade_proto::{BufferTooSmall, EncodeError};

// The parsers of `crates/h3`. They are not public there, and have no IO. So they are compiled here, and QUIC is not.
#[path = "../../crates/h3/src/frames"]
mod frames {
    pub(crate) mod reader;
}
#[path = "../../crates/h3/src/message"]
mod message {
    pub(crate) mod field_section;
    pub(crate) mod malformed;
    pub(crate) mod request;
    pub(crate) mod response;
}
#[path = "../../crates/h3/src/quic"]
mod quic {
    pub(crate) mod broken;
    pub(crate) mod control;
    pub(crate) mod instructions;
}

pub mod deflate;
pub mod extended_connect;
pub mod extension_list;
pub mod http3_message;
pub mod http3_streams;
pub mod request_head;
pub mod response_head;
pub mod round_trip;
pub mod split;
pub mod uri;

/// A parsed input.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    choices: u8,
    bytes: &'a [u8],
}

impl<'a> Input<'a> {
    /// Parses an input.
    pub fn new(data: &'a [u8]) -> Option<Self> {
        let (&choices, bytes) = data.split_first()?;
        Some(Self { choices, bytes })
    }

    /// Builds an input.
    pub fn seed(choices: u8, bytes: &[u8]) -> Vec<u8> {
        [&[choices], bytes].concat()
    }

    /// Returns whether one of eight choices is made.
    fn chooses(&self, bit: u8) -> bool {
        self.choices >> bit & 1 == 1
    }
}

/// Encodes into a buffer of exactly the needed size, and checks that one byte less is too small.
fn encode<E: Into<EncodeError>>(encode: impl Fn(&mut [u8]) -> Result<usize, E>) -> Vec<u8> {
    let encode = |dst: &mut [u8]| encode(dst).map_err(Into::into);
    let error = encode(&mut []).expect_err("nothing that is sent is empty");
    let EncodeError::BufferTooSmall(BufferTooSmall { needed }) = error else { panic!("{error}") };
    let mut buffer = vec![0; needed];
    assert_eq!(encode(&mut buffer[..needed - 1]), Err(error));
    assert_eq!(encode(&mut buffer), Ok(needed));
    buffer
}

/// Returns the fields of a legal request with these lines of offers.
fn fields_with_offers<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Vec<(&'a str, &'a [u8])> {
    let mut fields: Vec<(&str, &[u8])> = vec![
        ("Host", b"server.example.com"),
        ("Upgrade", b"websocket"),
        ("Connection", b"Upgrade"),
        ("Sec-WebSocket-Version", b"13"),
        ("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    fields.extend(lines.map(|line| ("Sec-WebSocket-Extensions", line)));
    fields
}

/// Bytes that a failed assertion shows as text.
#[derive(Clone, PartialEq, Eq)]
struct Text(Vec<u8>);

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}
