//! What went over the wire in one exchange, event by event.

use serde::{Deserialize, Serialize};

/// Something that happened on the connection of a case: bytes, or a note such as the end of the connection.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
#[non_exhaustive]
pub struct Event {
    /// The side that did it.
    pub from: Side,
    /// When, in milliseconds since the connection was established.
    pub at_ms: u64,
    /// The bytes without TLS, or the first of them. Empty for an event without bytes.
    pub bytes: Vec<u8>,
    /// How many bytes more there were, which are not kept.
    pub cut: usize,
    /// What the bytes mean, or what happened: `HEADERS on stream 1`, `closed`. May be empty.
    pub note: String,
}

/// A side of an exchange.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The server or client that is tested.
    Peer,
    /// The suite.
    Suite,
}

impl Event {
    /// Bytes that one side has sent, and how many more there were.
    pub fn new(from: Side, at_ms: u64, bytes: Vec<u8>, cut: usize) -> Self {
        Self { from, at_ms, bytes, cut, note: String::new() }
    }

    /// An event without bytes, such as `closed` or `reset`.
    pub fn note(from: Side, at_ms: u64, note: impl Into<String>) -> Self {
        Self { from, at_ms, bytes: Vec::new(), cut: 0, note: note.into() }
    }

    /// Says what the bytes mean.
    #[must_use]
    pub fn meaning(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

/// An event as it is stored. Bytes are text if that loses nothing and is readable, or else base64.
#[derive(Serialize, Deserialize)]
struct Stored {
    from: Side,
    at_ms: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    note: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "self::base64_text")]
    base64: Vec<u8>,
    #[serde(default, skip_serializing_if = "is_zero")]
    cut: usize,
}

impl From<Event> for Stored {
    fn from(event: Event) -> Self {
        let Event { from, at_ms, bytes, cut, note } = event;
        let is_text =
            bytes.iter().all(|byte| matches!(byte, b'\t' | b'\r' | b'\n' | b' ') || byte.is_ascii_graphic());
        match String::from_utf8(bytes) {
            Ok(text) if is_text => Self { from, at_ms, note, text, base64: Vec::new(), cut },
            Ok(text) => Self { from, at_ms, note, text: String::new(), base64: text.into_bytes(), cut },
            Err(error) => Self { from, at_ms, note, text: String::new(), base64: error.into_bytes(), cut },
        }
    }
}

impl From<Stored> for Event {
    fn from(stored: Stored) -> Self {
        let Stored { from, at_ms, note, text, base64, cut } = stored;
        let bytes = if text.is_empty() { base64 } else { text.into_bytes() };
        Self { from, at_ms, bytes, cut, note }
    }
}

/// The form of bytes that are not text.
mod base64_text {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::{Event, Side};

    #[test]
    fn bytes_survive_as_text_or_base64() {
        for (bytes, expected) in [
            (&b"GET / HTTP/1.1\r\n\r\n"[..], r#""text":"GET / HTTP/1.1\r\n\r\n""#),
            (b"\x81\x05hello", r#""base64":"gQVoZWxsbw==""#),
            (b"a\0b", r#""base64":"YQBi""#),
            ("caf\u{e9}".as_bytes(), r#""base64":"Y2Fmw6k=""#),
        ] {
            let event = Event::new(Side::Peer, 3, bytes.to_vec(), 7);
            let json = serde_json::to_string(&event).unwrap();
            assert!(json.contains(expected), "{json}");
            assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
        }
    }

    #[test]
    fn notes_survive_and_take_no_room() {
        let event = Event::note(Side::Suite, 0, "closed");
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(json, r#"{"from":"suite","at_ms":0,"note":"closed"}"#);
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
    }
}
