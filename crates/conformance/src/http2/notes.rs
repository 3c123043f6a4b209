//! What the bytes of a record mean: the frames that begin in each event, and the field lines of their heads.

use super::frame::{self, Frame, PREFACE};
use super::hpack::Tables;
use crate::case::http2::{code_name, kind_name};
use crate::report::{Event, Side};

/// The most of a note.
const LONGEST: usize = 1500;

/// The most of a field line.
const LINE: usize = 120;

/// One direction of a connection.
struct Direction {
    bytes: Vec<u8>,
    tables: Tables,
    /// A field block that goes on.
    block: Vec<u8>,
    /// The frames can't be told apart any more.
    is_lost: bool,
}

/// Says of each event which frames end in it.
pub(crate) fn annotated(events: Vec<Event>) -> Vec<Event> {
    let mut peer = Direction::new();
    let mut suite = Direction::new();
    let annotate = |mut event: Event| {
        let direction = match event.from {
            Side::Peer => &mut peer,
            Side::Suite => &mut suite,
        };
        let note = direction.note(&event.bytes);
        direction.is_lost |= event.cut > 0;
        if event.note.is_empty() {
            event.note = note;
        }
        event
    };
    events.into_iter().map(annotate).collect()
}

impl Direction {
    fn new() -> Self {
        Self { bytes: Vec::new(), tables: Tables::new(), block: Vec::new(), is_lost: false }
    }

    fn note(&mut self, bytes: &[u8]) -> String {
        if self.is_lost {
            return String::new();
        }
        self.bytes.extend(bytes);
        let mut notes: Vec<String> = Vec::new();
        if self.bytes.starts_with(PREFACE) {
            self.bytes.drain(..PREFACE.len());
            notes.push("preface".to_owned());
        } else if PREFACE.starts_with(&self.bytes) {
            return String::new();
        }
        while let Ok(Some((frame, length))) = Frame::read(&self.bytes, usize::MAX) {
            self.bytes.drain(..length);
            let note = self.frame(&frame);
            // Floods of the same frame are one note.
            match notes.last_mut().and_then(|last| last.strip_prefix(&note).map(times)) {
                Some(Some(times)) => {
                    notes.pop();
                    notes.push(format!("{note}{}", repeated(times + 1)));
                }
                _ => notes.push(note),
            }
        }
        let mut note = notes.join(", ");
        if note.len() > LONGEST {
            let end = (0..=LONGEST).rev().find(|&end| note.is_char_boundary(end)).unwrap_or_default();
            note.truncate(end);
            note.push_str("...");
        }
        note
    }

    fn frame(&mut self, frame: &Frame) -> String {
        let mut note = kind_name(frame.kind);
        if frame.stream != 0 {
            note = format!("{note} on stream {}", frame.stream);
        }
        let length = frame.payload.len();
        match frame.kind {
            frame::HEADERS | frame::CONTINUATION | frame::PUSH_PROMISE => note.push_str(&self.fields(frame)),
            frame::RST_STREAM | frame::GOAWAY => {
                let code = frame.number_at(if frame.kind == frame::GOAWAY { 4 } else { 0 });
                note = format!("{note} {}", code.map_or("without a code".to_owned(), code_name));
            }
            frame::SETTINGS | frame::PING if frame.has(frame::ACK) => note.push_str(" acknowledged"),
            frame::WINDOW_UPDATE => note = format!("{note} by {}", frame.number_at(0).unwrap_or_default()),
            frame::SETTINGS | frame::PING => {}
            _ => note = format!("{note} ({length} bytes)"),
        }
        if matches!(frame.kind, frame::HEADERS | frame::DATA) && frame.has(frame::END_STREAM) {
            note.push_str(", END_STREAM");
        }
        note
    }

    fn fields(&mut self, frame: &Frame) -> String {
        let content = frame.content().unwrap_or_default();
        let promise = if frame.kind == frame::PUSH_PROMISE { 4 } else { 0 };
        self.block.extend(content.get(promise..).unwrap_or_default());
        if !frame.has(frame::END_HEADERS) {
            return String::new();
        }
        let Ok(lines) = self.tables.decode(&std::mem::take(&mut self.block)) else {
            return " that can't be decoded".to_owned();
        };
        let lines = lines.iter().map(|(name, value)| {
            let name_shown = name.escape_ascii();
            let line = if is_shown(name) {
                format!("{name_shown}: {}", value.escape_ascii())
            } else {
                format!("{name_shown} ({} bytes)", value.len())
            };
            // It is ASCII, so that it may be cut everywhere.
            line.get(..LINE).map_or(line.clone(), |start| format!("{start}..."))
        });
        format!(" [{}]", lines.collect::<Vec<_>>().join("; "))
    }
}

/// Returns whether the value of a field may stand in a note. Others may be credentials.
fn is_shown(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with(b":")
        || name.starts_with(b"sec-websocket-")
        || SHOWN.iter().any(|shown| shown.as_bytes() == name)
}

/// Fields whose values are no credentials.
const SHOWN: [&str; 16] = [
    "allow",
    "connection",
    "content-length",
    "content-type",
    "date",
    "host",
    "keep-alive",
    "origin",
    "proxy-connection",
    "retry-after",
    "server",
    "te",
    "transfer-encoding",
    "upgrade",
    "x",
    "x-test",
];

/// Returns how often a note is repeated, from what stands behind it.
fn times(behind: &str) -> Option<usize> {
    if behind.is_empty() { Some(1) } else { behind.strip_prefix(" × ")?.parse().ok() }
}

fn repeated(times: usize) -> String {
    format!(" × {times}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::http2::Coding;

    fn event(from: Side, bytes: &[u8], cut: usize) -> Event {
        Event::new(from, 0, bytes.to_vec(), cut)
    }

    fn notes(events: Vec<Event>) -> Vec<String> {
        annotated(events).into_iter().map(|event| event.note).collect()
    }

    #[test]
    fn frames_are_named_where_they_end() {
        let lines = [(":status", &b"200"[..]), ("x", b"\xe9"), ("Authorization", b"Basic c2VjcmV0")];
        let lines = lines.map(|(name, value)| (name.into(), value.into()));
        let block = Tables::new().encode(&lines, Coding::Indexed);
        let mut bytes = PREFACE.to_vec();
        Frame::settings(&[(8, 1)]).encode(&mut bytes);
        Frame::new(frame::HEADERS, frame::END_HEADERS, 1, block).encode(&mut bytes);
        Frame::data(1, b"hello", true, None).encode(&mut bytes);
        Frame::reset(1, 8).encode(&mut bytes);
        let expected = "SETTINGS, HEADERS on stream 1 [:status: 200; x: \\xe9; Authorization (14 bytes)], \
            DATA on stream 1 (5 bytes), END_STREAM, RST_STREAM on stream 1 CANCEL";
        assert_eq!(notes(vec![event(Side::Peer, &bytes, 0)]), [format!("preface, {expected}")]);
        let split: Vec<_> = bytes.chunks(1).map(|byte| event(Side::Suite, byte, 0)).collect();
        let joined: Vec<_> = notes(split).into_iter().filter(|note| !note.is_empty()).collect();
        assert_eq!(joined.join(", "), format!("preface, {expected}"));
    }

    #[test]
    fn floods_and_cuts_are_bounded() {
        let mut bytes = Vec::new();
        for _ in 0..1000 {
            Frame::new(frame::PING, 0, 0, [0; 8]).encode(&mut bytes);
        }
        let events = vec![event(Side::Suite, &bytes, 7), event(Side::Suite, &bytes, 0)];
        assert_eq!(notes(events), ["PING × 1000".to_owned(), String::new()]);
        let mut bytes = Vec::new();
        for stream in 0..1000 {
            Frame::reset(stream, 0x1234_5678).encode(&mut bytes);
        }
        assert!(notes(vec![event(Side::Peer, &bytes, 0)])[0].len() < LONGEST + 10);
    }

    #[test]
    fn other_bytes_have_no_note() {
        assert_eq!(notes(vec![event(Side::Peer, b"HTTP/1.1 400 Bad Request\r\n\r\n", 0)]), [""]);
    }
}
