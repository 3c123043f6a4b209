//! The reading position in a head that arrives in pieces.

/// The reading position in a head that arrives in pieces. Make a new one for every head.
///
/// A `Scan` belongs to one buffer, which only grows. It starts over when it detects other bytes: there are no more
/// bytes than before, or the bytes before the new ones differ. Other bytes therefore get a verdict too, at the latest
/// when the same bytes are given twice. It may be an error that a new `Scan` would not give.
#[derive(Debug, Default)]
pub struct Scan {
    pub(super) stage: Stage,
    /// The start of the unfinished line.
    pub(super) line: usize,
    /// Bytes before this have been searched for line feeds.
    pub(super) searched: usize,
    pub(super) fields: usize,
    /// The number of bytes at the last call.
    pub(super) received: usize,
    /// The last of these bytes, to detect another buffer.
    pub(super) last: [u8; Self::LAST],
}

impl Scan {
    const LAST: usize = 8;

    /// Starts over unless `window` continues the bytes of the last call and the stage fits this kind of head.
    #[cold]
    pub(super) fn go_on_with(&mut self, window: &[u8], of_this_kind: bool) {
        let more = window.len() > self.received;
        let same = last(window.get(..self.received).unwrap_or_default()) == self.last;
        if !(more && same && of_this_kind) {
            *self = Self::default();
        }
    }

    /// Remembers the position until more bytes arrive.
    #[cold]
    pub(super) fn remember(&mut self, window: &[u8]) {
        (self.received, self.last) = (window.len(), last(window));
    }
}

fn last(bytes: &[u8]) -> [u8; Scan::LAST] {
    let mut last = [0; Scan::LAST];
    last.iter_mut().zip(bytes.iter().rev()).for_each(|(last, byte)| *last = *byte);
    last
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    #[default]
    Fresh,
    /// Before the start line: in the empty lines that may precede it, or in its first word.
    Method,
    Target {
        start: usize,
    },
    StartRest,
    Fields,
    /// In a field line that has been folded: the rest of it belongs to the value.
    Folded,
}
