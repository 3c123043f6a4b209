//! The reading position in a head that arrives in pieces.

/// The reading position in a head that arrives in pieces. Make a new one for every head.
///
/// A `Scan` belongs to one buffer, which only grows. It starts over when it detects other bytes: there are no more
/// bytes than before, or the bytes before the new ones differ. Other bytes therefore get a verdict too, at the latest
/// when the same bytes are given twice. It may be an error that a new `Scan` would not give.
#[derive(Debug, Default)]
pub struct Scan {
    /// The part of the head that the next byte belongs to.
    pub(super) step: Step,
    /// The start of the unfinished line.
    pub(super) line: usize,
    /// The number of finished field lines. Counted in requests only.
    pub(super) fields: usize,
    /// The number of bytes that have been searched. Between two calls, these are all bytes of the last call.
    pub(super) searched: usize,
    /// The last bytes of the last call, to detect another buffer.
    pub(super) last: [u8; Self::LAST],
}

/// A part of a head.
///
/// A request goes from [`Step::Method`] to [`Step::Fields`], in the order of the variants. A response goes from
/// [`Step::Status`] to [`Step::Fields`]. There, every line feed leads to [`Step::LineEnd`], and the byte after it to
/// [`Step::Folded`] or back to [`Step::Fields`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing has been read.
    #[default]
    Start,
    /// The empty lines that may precede a request line, or its method.
    Method,
    /// The request target, which begins at this offset.
    Target { start: usize },
    /// The rest of the request line.
    Version,
    /// The status line.
    Status,
    /// A field line, or the empty line after the fields.
    Fields,
    /// The first byte after a field line of a response. It decides whether the line is folded, if the line may be.
    LineEnd { may_fold: bool },
    /// A field line of a response that has been folded: the rest of it belongs to the value.
    Folded,
}

impl Step {
    /// Returns whether the head of a request that has begun can be at this step.
    pub(super) fn is_of_request(self) -> bool {
        matches!(self, Self::Method | Self::Target { .. } | Self::Version | Self::Fields)
    }

    /// Returns whether the head of a response that has begun can be at this step.
    pub(super) fn is_of_response(self) -> bool {
        matches!(self, Self::Status | Self::Fields | Self::LineEnd { .. } | Self::Folded)
    }
}

impl Scan {
    const LAST: usize = 8;

    /// Returns whether no byte of the head has been searched.
    #[inline]
    pub(super) fn is_new(&self) -> bool {
        self.searched == 0
    }

    /// Starts over unless `window` continues the bytes of the last call, and the step is one of this kind of head.
    #[cold]
    pub(super) fn go_on_with(&mut self, window: &[u8], of_this_kind: bool) {
        let more = window.len() > self.searched;
        let same = last(window.get(..self.searched).unwrap_or_default()) == self.last;
        if !(more && same && of_this_kind) {
            *self = Self::default();
        }
    }

    /// Goes on with the field line, or the empty line, at `start`.
    pub(super) fn begin_line(&mut self, start: usize) {
        self.step = Step::Fields;
        self.line = start;
        self.searched = start;
    }

    /// Remembers the step until more bytes arrive. All bytes of `window` have been searched.
    #[cold]
    pub(super) fn remember(&mut self, step: Step, window: &[u8]) {
        self.step = step;
        self.searched = window.len();
        self.last = last(window);
    }
}

/// Returns the last bytes, or all of them and zeros.
fn last(bytes: &[u8]) -> [u8; Scan::LAST] {
    if let Some(last) = bytes.last_chunk() {
        return *last;
    }
    let mut all = [0; Scan::LAST];
    all.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_of_a_request_or_of_a_response_or_of_both() {
        for (step, of_request, of_response) in [
            (Step::Start, false, false),
            (Step::Method, true, false),
            (Step::Target { start: 4 }, true, false),
            (Step::Version, true, false),
            (Step::Status, false, true),
            (Step::Fields, true, true),
            (Step::LineEnd { may_fold: true }, false, true),
            (Step::Folded, false, true),
        ] {
            assert_eq!((step.is_of_request(), step.is_of_response()), (of_request, of_response), "{step:?}");
        }
    }

    #[test]
    fn a_scan_goes_on_with_more_bytes_of_the_same_buffer_and_else_starts_over() {
        for (first, second, of_this_kind, goes_on) in [
            (&b"GET"[..], &b"GET "[..], true, true),
            (b"GET", b"GET ", false, false),
            (b"GET", b"GET", true, false),
            (b"GET", b"PUT ", true, false),
            (b"GET", b"GEX ", true, false),
            (b"GET /chat HTTP", b"GET /chat HTTP/", true, true),
            (b"GET /chat HTTP", b"GET /char HTTP/", true, false),
            (b"GET /chat HTTP", b"GET /chat", true, false),
        ] {
            let mut scan = Scan::default();
            scan.remember(Step::Method, first);
            scan.go_on_with(second, of_this_kind);
            let expected = if goes_on { (Step::Method, first.len()) } else { (Step::Start, 0) };
            assert_eq!((scan.step, scan.searched), expected, "{}", second.escape_ascii());
            assert_eq!(scan.is_new(), !goes_on);
        }
    }
}
