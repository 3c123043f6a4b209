//! A record of what went both ways, bounded.

use std::time::Instant;

use crate::report::{Event, Side};

/// The most bytes of a direction that are kept: enough for heads, and not all of a large message.
const KEPT: usize = 4 * 1024;

/// The most events that are kept. Writes of single bytes are joined, so a usual exchange has few.
const EVENTS: usize = 200;

/// A record of what went over a connection.
#[derive(Clone, Debug)]
pub struct Record {
    start: Instant,
    events: Vec<Event>,
    room: [usize; 2],
}

impl Default for Record {
    fn default() -> Self {
        Self::new()
    }
}

impl Record {
    /// Returns an empty record that starts now.
    pub fn new() -> Self {
        Self { start: Instant::now(), events: Vec::new(), room: [KEPT; 2] }
    }

    /// Adds bytes. What directly follows bytes of the same side within ten milliseconds is joined with them.
    pub fn add(&mut self, from: Side, bytes: &[u8]) {
        let at_ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let room = match from {
            Side::Peer => &mut self.room[0],
            Side::Suite => &mut self.room[1],
        };
        let kept = bytes.len().min(*room);
        *room -= kept;
        let full = self.events.len() >= EVENTS;
        match self.events.last_mut() {
            Some(last)
                if last.from == from
                    && last.note.is_empty()
                    && (full || at_ms.saturating_sub(last.at_ms) < 10) =>
            {
                last.bytes.extend_from_slice(&bytes[..kept]);
                last.cut += bytes.len() - kept;
            }
            Some(last) if full => last.cut += bytes.len(),
            _ => self.events.push(Event::new(from, at_ms, bytes[..kept].to_vec(), bytes.len() - kept)),
        }
    }

    /// Adds what happened without bytes: the end of the connection, for example.
    pub fn note(&mut self, from: Side, note: &str) {
        let at_ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        if self.events.len() < EVENTS {
            self.events.push(Event::note(from, at_ms, note));
        }
    }

    /// Returns the events so far.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns the events.
    pub fn into_events(self) -> Vec<Event> {
        self.events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_bounded() {
        let mut record = Record::new();
        record.add(Side::Suite, b"a");
        record.add(Side::Suite, b"b");
        record.add(Side::Peer, &vec![0; KEPT + 5]);
        record.add(Side::Suite, b"c");
        assert_eq!(record.events[0].bytes, b"ab");
        assert_eq!((record.events[1].bytes.len(), record.events[1].cut), (KEPT, 5));
        for _ in 0..2 * EVENTS {
            record.add(Side::Peer, b"x");
            record.add(Side::Suite, b"y");
        }
        assert_eq!(record.events().len(), EVENTS);
        let bytes: usize = record.into_events().iter().map(|event| event.bytes.len() + event.cut).sum();
        assert_eq!(bytes, 3 + KEPT + 5 + 4 * EVENTS);
    }
}
