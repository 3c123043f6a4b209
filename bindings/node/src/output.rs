//! The result of a call, and what it is.
#![forbid(unsafe_code)]

use serde::Serialize;

/// What a call has written to the output.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Kind {
    /// Nothing.
    None,
    /// Bytes alone, or an answer over HTTP/1.1 and its settings.
    Bytes,
    /// JSON, perhaps with bytes.
    Json,
    /// The message of an error about options, in the place of the JSON.
    Wrong,
}

/// The result of a call.
#[derive(Default)]
pub(crate) struct Output {
    pub(crate) bytes: Vec<u8>,
    json: Vec<u8>,
    /// The agreed settings, if they are usual ones: see `Settings::word`.
    pub(crate) settings: u32,
}

impl Output {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.json.clear();
        self.settings = 0;
    }

    /// Adds a value as JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Kind {
        // Only a writer can fail here, and a vector does not.
        let written = serde_json::to_writer(&mut self.json, value);
        if written.is_ok() { Kind::Json } else { Kind::None }
    }

    /// Adds the message of an error, and nothing else.
    pub(crate) fn wrong(&mut self, message: &str) -> Kind {
        self.clear();
        self.json.extend_from_slice(message.as_bytes());
        Kind::Wrong
    }

    /// Returns the address and length of the bytes and of the JSON, and the word of the settings.
    pub(crate) fn words(&self) -> [u32; 5] {
        let Self { bytes, json, settings } = self;
        let [bytes_at, bytes_len] = [bytes.as_ptr().addr(), bytes.len()].map(word);
        let [json_at, json_len] = [json.as_ptr().addr(), json.len()].map(word);
        [bytes_at, bytes_len, json_at, json_len, *settings]
    }
}

/// Addresses have 32 bits in WebAssembly.
fn word(value: usize) -> u32 {
    u32::try_from(value).unwrap_or_default()
}
