//! The notation for bytes in cases.
//!
//! Each character from U+0000 to U+00FF is one byte, so `\u00e9` is the byte 0xE9. Names in braces are replaced:
//!
//! | | |
//! |---|---|
//! | `{host}` | the authority of the target |
//! | `{path}` | its path and query |
//! | `{scheme}` | `http` or `https`, as in its origin |
//! | `{origin}` | its origin: `http` or `https`, and the authority |
//! | `{key}` | a fresh valid key |
//! | `{accept}` | the accept value for the key in use |
//! | `{accept:lower}` | the accept value, changed: see [`key::changed_accept_value`] |
//! | `{subprotocol}` | a subprotocol that the peer supports |
//! | `{repeat:a:9000}` | a text, repeated; it may have no brace and no colon |
//! | `{text:hello}`, `{binary:x}`, `{ping:x}`, `{pong:x}` | a frame with this payload; masked if a client sends it |
//! | `{close:1000}`, `{close}` | a close frame with this code, or with none |
//! | `{frame:HEX}` | a frame, or any other bytes, as hexadecimal digits |
//! | `{{`, `}}` | a brace |

use std::error::Error;
use std::fmt;

use crate::frame::{Frame, Kind};
use crate::key;

/// The most bytes that one text may stand for.
const LONGEST: usize = 1 << 22;

/// What the names in braces stand for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Names {
    /// The authority of the target.
    pub host: String,
    /// Its path and query.
    pub path: String,
    /// Its origin.
    pub origin: String,
    /// The key in use.
    pub key: String,
    /// Its accept value.
    pub accept: String,
    /// A subprotocol that the peer supports.
    pub subprotocol: String,
    /// Whether frames are masked: the suite is the client.
    pub masked: bool,
}

/// A text breaks the notation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TextError {
    at: String,
    problem: &'static str,
}

impl Names {
    /// Returns names with a fresh key, for a peer at `host`.
    pub fn new(secure: bool, host: &str, path: &str, masked: bool) -> Self {
        let key = key::fresh();
        Self {
            host: host.to_owned(),
            path: path.to_owned(),
            origin: format!("{}://{host}", if secure { "https" } else { "http" }),
            accept: key::accept_value(&key),
            key,
            subprotocol: "chat".to_owned(),
            masked,
        }
    }

    /// Returns names for checks of texts.
    pub fn sample() -> Self {
        Self::new(false, "server.example", "/", true)
    }

    /// The same names with another key, and its accept value.
    #[must_use]
    pub fn with_key(mut self, key: &str) -> Self {
        key.clone_into(&mut self.key);
        self.accept = key::accept_value(key);
        self
    }
}

/// Returns the bytes that a text stands for.
///
/// # Errors
///
/// If the text breaks the notation, or stands for more than 4 MiB.
pub fn bytes(text: &str, names: &Names) -> Result<Vec<u8>, TextError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = if let Some(rest) = rest.strip_prefix("{{") {
            bytes.push(b'{');
            rest
        } else if let Some(rest) = rest.strip_prefix("}}") {
            bytes.push(b'}');
            rest
        } else if let Some(rest) = rest.strip_prefix('{') {
            let (name, rest) =
                rest.split_once('}').ok_or_else(|| TextError::new(rest, "a brace that is not closed"))?;
            replace(name, names, &mut bytes)?;
            rest
        } else if first == '}' {
            return Err(TextError::new(rest, "a closing brace without an opening one"));
        } else {
            bytes.push(u8::try_from(first).map_err(|_| TextError::new(rest, "a character above U+00FF"))?);
            &rest[first.len_utf8()..]
        };
        if bytes.len() > LONGEST {
            return Err(TextError::new(text, "more than 4 MiB"));
        }
    }
    Ok(bytes)
}

fn replace(name: &str, names: &Names, bytes: &mut Vec<u8>) -> Result<(), TextError> {
    let (word, argument) = name.split_once(':').map_or((name, None), |(word, rest)| (word, Some(rest)));
    let frame =
        |kind, payload: &str| Ok::<_, TextError>(Frame::new(kind, latin1(payload)?, names.masked).encode());
    match (word, argument) {
        ("host", None) => bytes.extend(names.host.as_bytes()),
        ("path", None) => bytes.extend(names.path.as_bytes()),
        ("scheme", None) => bytes.extend(names.origin.split(':').next().unwrap_or_default().as_bytes()),
        ("origin", None) => bytes.extend(names.origin.as_bytes()),
        ("key", None) => bytes.extend(names.key.as_bytes()),
        ("accept", None) => bytes.extend(names.accept.as_bytes()),
        ("accept", Some(change)) => {
            let changed = key::changed_accept_value(&names.key, change);
            bytes.extend(
                changed.ok_or_else(|| TextError::new(name, "an unknown change of the accept value"))?.bytes(),
            );
        }
        ("subprotocol", None) => bytes.extend(names.subprotocol.as_bytes()),
        ("repeat", Some(argument)) => {
            let parsed =
                argument.rsplit_once(':').and_then(|(text, times)| Some((text, times.parse().ok()?)));
            let (text, times): (&str, usize) =
                parsed.ok_or_else(|| TextError::new(name, "not of the form {repeat:text:times}"))?;
            let text = latin1(text)?;
            if text.len().saturating_mul(times) > LONGEST {
                return Err(TextError::new(name, "more than 4 MiB"));
            }
            bytes.extend(text.repeat(times));
        }
        ("text", Some(payload)) => bytes.extend(frame(Kind::Text, payload)?),
        ("binary", Some(payload)) => bytes.extend(frame(Kind::Binary, payload)?),
        ("ping", Some(payload)) => bytes.extend(frame(Kind::Ping, payload)?),
        ("pong", Some(payload)) => bytes.extend(frame(Kind::Pong, payload)?),
        ("close", None) => bytes.extend(frame(Kind::Close, "")?),
        ("close", Some(code)) => {
            let code = code
                .parse()
                .map_err(|_| TextError::new(name, "a code of a close frame that is no number"))?;
            bytes.extend(Frame::close(code, names.masked).encode());
        }
        ("frame", Some(digits)) => {
            bytes.extend(hex(digits).ok_or_else(|| TextError::new(name, "no bytes in hexadecimal"))?);
        }
        _ => return Err(TextError::new(name, "an unknown name in braces")),
    }
    Ok(())
}

fn latin1(text: &str) -> Result<Vec<u8>, TextError> {
    text.chars()
        .map(|c| u8::try_from(c).map_err(|_| TextError::new(text, "a character above U+00FF")))
        .collect()
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = digits.bytes().filter(|byte| *byte != b' ').collect();
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    digits.chunks(2).map(|pair| Some((value(*pair.first()?)? << 4) | value(*pair.get(1)?)?)).collect()
}

impl TextError {
    fn new(at: &str, problem: &'static str) -> Self {
        Self { at: at.chars().take(60).collect(), problem }
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at {:?}", self.problem, self.at)
    }
}

impl Error for TextError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::new(true, "h:1", "/p?q", false).with_key("dGhlIHNhbXBsZSBub25jZQ==")
    }

    #[test]
    fn what_texts_stand_for() {
        for (text, expected) in [
            ("", &b""[..]),
            ("a\u{e9}\u{0}\u{ff}", b"a\xe9\0\xff"),
            ("{host}|{path}|{origin}|{scheme}", b"h:1|/p?q|https://h:1|https"),
            ("{key} {accept}", b"dGhlIHNhbXBsZSBub25jZQ== s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            ("{{{repeat:ab:3}}}", b"{ababab}"),
            ("{repeat:a: b:2}{repeat:x:0}", b"a: ba: b"),
            ("{text:hi}", b"\x81\x02hi"),
            ("{binary:\u{e9}}{ping:}{pong:x}", b"\x82\x01\xe9\x89\x00\x8a\x01x"),
            ("{close}{close:1000}", b"\x88\x00\x88\x02\x03\xe8"),
            ("{frame:c1 00Ff}", b"\xc1\x00\xff"),
        ] {
            assert_eq!(bytes(text, &names()).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_client_masks() {
        let bytes = bytes("{text:hello}", &Names::sample()).unwrap();
        assert_eq!(Frame::read(&bytes), Ok(Some((Frame::new(Kind::Text, "hello", true), 11))));
    }

    #[test]
    fn what_breaks_the_notation() {
        for (text, problem) in [
            ("{", "not closed"),
            ("a{host", "not closed"),
            ("}", "without an opening one"),
            ("{nothing}", "unknown name"),
            ("{host:x}", "unknown name"),
            ("{text}", "unknown name"),
            ("\u{100}", "above U+00FF"),
            ("{text:\u{100}}", "above U+00FF"),
            ("{repeat:a}", "not of the form"),
            ("{repeat:a:-1}", "not of the form"),
            ("{repeat:a:9000000}", "more than 4 MiB"),
            ("{frame:abc}", "hexadecimal"),
            ("{frame:xy}", "hexadecimal"),
            ("{close:x}", "no number"),
        ] {
            let error = bytes(text, &names()).unwrap_err().to_string();
            assert!(error.contains(problem), "{text:?}: {error}");
        }
    }
}
