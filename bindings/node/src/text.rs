//! Conversion between bytes and JavaScript strings with one character per byte, and names in messages.

use napi::{Env, JsString, Result};
use websocket_upgrade_proto::error::Excerpt;
use websocket_upgrade_proto::{BufferTooSmall, EncodeError};

/// The separator in a string that holds a list of strings: ASCII's unit separator, which no part of a head can
/// contain.
const SEPARATOR: u8 = 0x1F;

/// The name of the field that replaces all fields if one of them contains the separator. The core refuses it.
const UNKNOWN: &[u8] = b"*";

/// A field's name and value.
type Pair<'a> = (&'a [u8], &'a [u8]);

/// A list of strings in one string: some with a fixed position, then names and values.
pub(crate) struct Joined(Vec<u8>);

impl Joined {
    pub(crate) fn new(text: JsString<'_>) -> Result<Self> {
        Ok(Self(text.into_latin1()?.take()))
    }

    /// Returns the first `N` of `count` strings, and the fields after them.
    ///
    /// If the count shows that a string contains the separator, it returns one field that the core refuses.
    pub(crate) fn parts<const N: usize>(&self, count: u32) -> ([&[u8]; N], Vec<Pair<'_>>) {
        // An empty list would otherwise be split into one empty string.
        let mut strings =
            self.0.split(|&byte| byte == SEPARATOR).take(if count == 0 { 0 } else { usize::MAX });
        let first = [(); N].map(|()| strings.next().unwrap_or_default());
        let mut fields = Vec::with_capacity(count as usize / 2);
        let mut seen = N;
        while let Some(name) = strings.next() {
            let value = strings.next();
            seen += 1 + usize::from(value.is_some());
            fields.push((name, value.unwrap_or_default()));
        }
        if seen != count as usize {
            fields = vec![(UNKNOWN, &self.0)];
        }
        (first, fields)
    }
}

/// Converts bytes to text. Bytes that are not UTF-8 are replaced; the core refuses all text that is not ASCII.
pub(crate) fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Returns a string with one character per byte.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Returns the bytes of such a string, or `None` if a character is not a byte.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|char| u8::try_from(u32::from(char)).ok()).collect()
}

/// Shows a name after a space. Text that is not a token is shown up to its first wrong byte.
pub(crate) fn shown(name: &str) -> String {
    Excerpt::of_name(name).map(|name| format!(" {name}")).unwrap_or_default()
}

/// Returns what an encoder writes as a JavaScript string.
pub(crate) fn written<E: Into<EncodeError>>(
    env: &Env,
    encode: impl Fn(&mut [u8]) -> std::result::Result<usize, E>,
) -> Result<JsString<'_>> {
    let mut usual = [0; 1024];
    match encode(&mut usual) {
        Ok(len) => env.create_string_latin1(usual.get(..len).unwrap_or_default()),
        Err(error) => env.create_string_latin1(encoded(needed(error), encode)),
    }
}

/// Returns what an encoder writes. `most` is the expected size of the buffer; it grows if the encoder needs more.
pub(crate) fn encoded<E: Into<EncodeError>>(
    most: usize,
    encode: impl Fn(&mut [u8]) -> std::result::Result<usize, E>,
) -> Vec<u8> {
    let mut bytes = vec![0; most];
    let len = encode(&mut bytes).or_else(|error| {
        bytes.resize(needed(error), 0);
        encode(&mut bytes)
    });
    bytes.truncate(len.unwrap_or_default());
    bytes
}

/// Returns the size of the buffer that is needed. The encoders here write HTTP/1.1 or a body.
fn needed(error: impl Into<EncodeError>) -> usize {
    match error.into() {
        EncodeError::BufferTooSmall(BufferTooSmall { needed }) => needed,
        EncodeError::ExtendedConnect => 0,
    }
}
