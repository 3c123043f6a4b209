//! Secrets that must not stand in a report.

use super::event::{Event, Side};
use super::outcome::{CaseResult, Outcome};
use super::results::Report;
use crate::case::Http;

impl Report {
    /// Overwrites a text wherever it stands in the report: credentials that were sent, for example.
    ///
    /// It is found too if it was sent or received in pieces. Over HTTP/2 it may have been sent compressed, so what was
    /// sent in a case without finding it is left out of the report, and only counted.
    pub fn hide(&mut self, secret: &str) {
        if secret.is_empty() {
            return;
        }
        let stars = "*".repeat(secret.len());
        self.target = self.target.replace(secret, &stars);
        for Outcome { result, wire, .. } in &mut self.results {
            match result {
                CaseResult::Failed { expected, got } => {
                    *expected = expected.replace(secret, &stars);
                    *got = got.replace(secret, &stars);
                }
                CaseResult::Skipped { reason } => *reason = reason.replace(secret, &stars),
                CaseResult::Passed => {}
            }
            for event in wire.iter_mut() {
                event.note = event.note.replace(secret, &stars);
            }
            hide_bytes(wire, Side::Peer, secret.as_bytes());
            let is_found = hide_bytes(wire, Side::Suite, secret.as_bytes());
            if !is_found && self.http == Http::Http2 {
                leave_out(wire, Side::Suite);
            }
        }
    }
}

/// Overwrites a secret in what one side has sent, and returns whether it was found.
fn hide_bytes(wire: &mut [Event], side: Side, secret: &[u8]) -> bool {
    let sent = wire.iter().filter(|event| event.from == side).flat_map(|event| &event.bytes);
    let mut sent: Vec<u8> = sent.copied().collect();
    let mut found = false;
    let mut start = 0;
    while let Some(rest) = sent.get_mut(start..) {
        let Some(at) = rest.windows(secret.len()).position(|window| window == secret) else { break };
        rest[at..at + secret.len()].fill(b'*');
        found = true;
        start += at + secret.len();
    }
    if found {
        let mut bytes = sent.into_iter();
        for event in wire.iter_mut().filter(|event| event.from == side) {
            event.bytes.iter_mut().zip(&mut bytes).for_each(|(byte, hidden)| *byte = hidden);
        }
    }
    found
}

/// Keeps only the number of bytes that one side has sent.
fn leave_out(wire: &mut [Event], side: Side) {
    for event in wire.iter_mut().filter(|event| event.from == side) {
        event.cut = event.cut.saturating_add(event.bytes.len());
        event.bytes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{hide_bytes, leave_out};
    use crate::report::{Event, Side};

    #[test]
    fn a_secret_is_hidden_also_in_pieces() {
        let events = |parts: [&str; 4]| {
            let sides = [Side::Suite, Side::Peer, Side::Suite, Side::Suite];
            let new = |(side, part): (Side, &str)| Event::new(side, 0, part.as_bytes().to_vec(), 0);
            sides.into_iter().zip(parts).map(new).collect::<Vec<_>>()
        };
        let mut wire = events(["a: secret, sec", "secret", "r", "et\r\nsecre"]);
        assert!(hide_bytes(&mut wire, Side::Suite, b"secret"));
        assert!(!hide_bytes(&mut wire, Side::Suite, b"secret"));
        assert_eq!(wire, events(["a: ******, ***", "secret", "*", "**\r\nsecre"]));
        assert!(hide_bytes(&mut wire, Side::Peer, b"secret"));
        assert_eq!(wire, events(["a: ******, ***", "******", "*", "**\r\nsecre"]));
        leave_out(&mut wire, Side::Peer);
        assert_eq!(wire[1], Event::new(Side::Peer, 0, Vec::new(), 6));
        assert_eq!(wire[2].bytes, b"*");
    }
}
