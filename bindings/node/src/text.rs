//! Bytes as JavaScript has them: a character for each.

use napi::{Env, JsString, Result};
use websocket_upgrade_proto::{BufferTooSmall, EncodeError};

/// The separator in a list of strings that goes over as one: ASCII's own for that, which no part of a head can have.
const SEPARATOR: u8 = 0x1F;

/// What a field is called that has the separator in it, wherever: which one it is can't be told any more.
const UNKNOWN: &[u8] = b"*";

/// A field's name and value.
type Pair<'a> = (&'a [u8], &'a [u8]);

/// A list of strings as one: some by their place, then names and values.
pub(crate) struct Joined(Vec<u8>);

impl Joined {
    pub(crate) fn new(text: JsString<'_>) -> Result<Self> {
        Ok(Self(text.into_latin1()?.take()))
    }

    /// The first `N` of `count` strings, and the fields behind them.
    ///
    /// Where the count shows that a string has the separator in it, there is one field that the core refuses for it.
    pub(crate) fn parts<const N: usize>(&self, count: u32) -> ([&[u8]; N], Vec<Pair<'_>>) {
        // Of no strings there is not even an empty one.
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

/// Bytes that may be text: where they are not ASCII, the core refuses them as it would have refused the bytes.
pub(crate) fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// A character for each byte.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// The bytes of such a string; `None` where a character is none.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|char| u8::try_from(u32::from(char)).ok()).collect()
}

/// What an encoder writes, as a string of JavaScript's.
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

/// What an encoder writes that needs at the most `needed` bytes.
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

/// How large a buffer must be. What is written here is HTTP/1.1's, or a body.
fn needed(error: impl Into<EncodeError>) -> usize {
    match error.into() {
        EncodeError::BufferTooSmall(BufferTooSmall { needed }) => needed,
        EncodeError::ExtendedConnect => 0,
    }
}
