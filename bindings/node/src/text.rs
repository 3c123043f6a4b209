//! Conversion between bytes and JavaScript strings with one character per byte, and names in messages.
#![forbid(unsafe_code)]

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
pub(crate) struct Joined<'a>(pub(crate) &'a [u8]);

impl<'a> Joined<'a> {
    /// Returns the first `N` of `count` strings, and the fields after them.
    ///
    /// If the count shows that a string contains the separator, it returns one field that the core refuses.
    pub(crate) fn parts<const N: usize>(&self, count: u32) -> ([&'a [u8]; N], Vec<Pair<'a>>) {
        // An empty list would otherwise be split into one empty string.
        let mut strings = self.strings().take(if count == 0 { 0 } else { usize::MAX });
        let first = [(); N].map(|()| strings.next().unwrap_or_default());
        let mut fields = Vec::with_capacity(count as usize / 2);
        let mut seen = N;
        while let Some(name) = strings.next() {
            let value = strings.next();
            seen += 1 + usize::from(value.is_some());
            fields.push((name, value.unwrap_or_default()));
        }
        if seen != count as usize {
            fields = vec![(UNKNOWN, self.0)];
        }
        (first, fields)
    }
}

impl<'a> Joined<'a> {
    fn strings(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let text = self.0;
        let mut start = 0;
        // The last string ends where all of them end.
        memchr::memchr_iter(SEPARATOR, text).chain([text.len()]).map(move |end| {
            let string = text.get(start..end).unwrap_or_default();
            start = end + 1;
            string
        })
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

/// The size of most answers, in bytes. The whole buffer is filled with zeros before it is written.
const USUAL: usize = 256;

/// Writes what an encoder writes to a buffer, which keeps its capacity for the next one.
pub(crate) fn write<E: Into<EncodeError>>(
    bytes: &mut Vec<u8>,
    encode: impl Fn(&mut [u8]) -> Result<usize, E>,
) {
    bytes.resize(USUAL, 0);
    let len = encode(bytes).or_else(|error| {
        bytes.resize(needed(error), 0);
        encode(bytes)
    });
    bytes.truncate(len.unwrap_or_default());
}

/// Returns the size of the buffer that is needed. The encoders here write HTTP/1.1 or a body.
fn needed(error: impl Into<EncodeError>) -> usize {
    match error.into() {
        EncodeError::BufferTooSmall(BufferTooSmall { needed }) => needed,
        EncodeError::ExtendedConnect => 0,
    }
}
