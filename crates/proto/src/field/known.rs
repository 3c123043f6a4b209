//! The fields that the handshake reads, and their first lines.

use super::received::Field;
use crate::rules::same_name;

/// The fields that the handshake reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Origin,
    Expect,
    Protocol,
    Extensions,
    // The variants above are read again when a request is accepted.
    Host,
    Upgrade,
    Connection,
    ContentLength,
    TransferEncoding,
    Key,
    Accept,
    Version,
}

impl Known {
    const COUNT: usize = 12;
    /// How many leading variants a `Request` keeps.
    pub(crate) const KEPT: usize = 4;

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Host => "Host",
            Self::Origin => "Origin",
            Self::Expect => "Expect",
            Self::Upgrade => "Upgrade",
            Self::Connection => "Connection",
            Self::ContentLength => "Content-Length",
            Self::TransferEncoding => "Transfer-Encoding",
            Self::Key => "Sec-WebSocket-Key",
            Self::Accept => "Sec-WebSocket-Accept",
            Self::Version => "Sec-WebSocket-Version",
            Self::Protocol => "Sec-WebSocket-Protocol",
            Self::Extensions => "Sec-WebSocket-Extensions",
        }
    }

    /// Returns whether a known name has this length and this first letter. This excludes most fields of a browser's
    /// request.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured, like `usual_line`
    fn may_be(name: &[u8]) -> bool {
        let letters = FIRST_LETTERS[name.len() % FIRST_LETTERS.len()];
        name.first().is_some_and(|first| letters >> (first & 0x1F) & 1 == 1)
    }

    fn of(name: &[u8]) -> Option<Self> {
        let known = |known: Self, is: bool| is.then_some(known);
        match name.len() {
            4 => known(Self::Host, same_name(name, b"host")),
            6 => known(Self::Origin, same_name(name, b"origin"))
                .or_else(|| known(Self::Expect, same_name(name, b"expect"))),
            7 => known(Self::Upgrade, same_name(name, b"upgrade")),
            10 => known(Self::Connection, same_name(name, b"connection")),
            14 => known(Self::ContentLength, same_name(name, b"content-length")),
            17 => known(Self::Key, same_name(name, b"sec-websocket-key"))
                .or_else(|| known(Self::TransferEncoding, same_name(name, b"transfer-encoding"))),
            20 => known(Self::Accept, same_name(name, b"sec-websocket-accept")),
            21 => known(Self::Version, same_name(name, b"sec-websocket-version")),
            22 => known(Self::Protocol, same_name(name, b"sec-websocket-protocol")),
            24 => known(Self::Extensions, same_name(name, b"sec-websocket-extensions")),
            _ => None,
        }
    }
}

const KNOWN: [Known; Known::COUNT] = [
    Known::Host,
    Known::Origin,
    Known::Expect,
    Known::Upgrade,
    Known::Connection,
    Known::ContentLength,
    Known::TransferEncoding,
    Known::Key,
    Known::Accept,
    Known::Version,
    Known::Protocol,
    Known::Extensions,
];

/// The first letters of the known names, one bit each, indexed by the length of the name modulo 32.
const FIRST_LETTERS: [u32; 32] = {
    let mut letters = [0; 32];
    let mut place = 0;
    while place < KNOWN.len() {
        let name = KNOWN[place].name().as_bytes();
        letters[name.len()] |= 1 << (name[0] & 0x1F);
        place += 1;
    }
    letters
};

/// The first line of each known field, and whether there were more. Every entrance fills it once, in order.
#[derive(Clone, Copy)]
pub(crate) struct Lines<'a, const N: usize = { Known::COUNT }> {
    first: [Option<&'a [u8]>; N],
    /// One bit for each field that was repeated.
    again: u16,
}

impl Default for Lines<'_> {
    fn default() -> Self {
        Self { first: [None; Known::COUNT], again: 0 }
    }
}

impl<'a> Lines<'a> {
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured, like the reader of lines that calls it
    pub(crate) fn push(&mut self, field: Field<'a>) {
        if Known::may_be(field.name) {
            self.push_known(field.name, field.value);
        }
    }

    fn push_known(&mut self, name: &[u8], value: &'a [u8]) {
        let Some(known) = Known::of(name) else {
            return;
        };
        match &mut self.first[known as usize] {
            Some(_) => self.again |= 1 << known as u16,
            first => *first = Some(value),
        }
    }

    /// Returns the lines that a request keeps until it is accepted.
    pub(crate) fn kept(&self) -> Lines<'a, { Known::KEPT }> {
        let mut first = [None; Known::KEPT];
        for (kept, line) in first.iter_mut().zip(self.first) {
            *kept = line;
        }
        Lines { first, again: self.again }
    }
}

impl<'a, const N: usize> Lines<'a, N> {
    /// Returns the value of the first line.
    #[inline]
    pub(crate) fn first(&self, known: Known) -> Option<&'a [u8]> {
        self.first.get(known as usize).copied().flatten()
    }

    #[inline]
    pub(crate) fn repeated(&self, known: Known) -> bool {
        self.again & 1 << known as u16 != 0
    }

    /// Returns whether no known field was repeated.
    #[inline]
    pub(crate) fn nothing_again(&self) -> bool {
        self.again == 0
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn most_fields_of_a_browser_are_seen_not_to_be_known_by_their_length_and_first_letter() {
        for known in KNOWN {
            for name in [known.name().to_ascii_lowercase(), known.name().to_ascii_uppercase()] {
                assert!(
                    Known::may_be(name.as_bytes()) && Known::of(name.as_bytes()) == Some(known),
                    "{name}"
                );
            }
        }
        for name in ["", "Pragma", "Cookie", "Accept", "User-Agent", "Cache-Control", "Accept-Encoding"] {
            assert!(!Known::may_be(name.as_bytes()) && Known::of(name.as_bytes()).is_none(), "{name}");
        }
    }

    #[test]
    fn lines_know_whether_a_known_name_came_again() {
        let mut lines = Lines::default();
        for name in ["Host", "Upgrade", "X-A", "X-A"] {
            lines.push(Field { name: name.as_bytes(), value: b"" });
        }
        assert!(lines.nothing_again() && !lines.repeated(Known::Host));
        lines.push(Field { name: b"host", value: b"" });
        assert!(!lines.nothing_again() && lines.repeated(Known::Host) && !lines.repeated(Known::Upgrade));
    }
}
