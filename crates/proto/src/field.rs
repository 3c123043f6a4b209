//! Fields (RFC 9110 §5): what was received, the names the handshake knows, and the lines an application adds.

use core::fmt;

use crate::head::{Line, field_line};

pub use crate::extra_fields::{ExtraFields, FieldError, FieldProblem};

/// A received field line: its name as it was written, its value without the white space around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name; compares without case.
    pub name: &'a [u8],
    /// The value.
    pub value: &'a [u8],
}

impl fmt::Debug for Field<'_> {
    /// Shows the name alone: values carry keys, credentials and cookies.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ..", self.name.escape_ascii())
    }
}

/// Where the fields of a message are, whoever has parsed it: what an entrance implements.
///
/// The fields are visited once, in order; lines of one name are asked for again only if the name came more than once.
pub trait Fields {
    /// Calls `visit` with every field line, in order.
    fn visit<'a>(&'a self, visit: &mut dyn FnMut(Field<'a>));

    /// The next line's value of the field `name` (compared without case), where `cursor` is 0 for the first one and
    /// then whatever this function left in it.
    fn line<'a>(&'a self, name: &str, cursor: &mut usize) -> Option<&'a [u8]>;
}

/// Name and value pairs, as Node.js' raw header list or a codec's own parser gives them.
impl<N: AsRef<[u8]>, V: AsRef<[u8]>> Fields for [(N, V)] {
    fn visit<'a>(&'a self, visit: &mut dyn FnMut(Field<'a>)) {
        for (name, value) in self {
            visit(Field { name: name.as_ref(), value: value.as_ref() });
        }
    }

    fn line<'a>(&'a self, name: &str, cursor: &mut usize) -> Option<&'a [u8]> {
        let rest = self.get(*cursor..)?;
        let found = rest.iter().position(|(n, _)| n.as_ref().eq_ignore_ascii_case(name.as_bytes()))?;
        *cursor += found + 1;
        rest.get(found).map(|(_, value)| value.as_ref())
    }
}

impl<T: Fields + ?Sized> Fields for &T {
    fn visit<'a>(&'a self, visit: &mut dyn FnMut(Field<'a>)) {
        (**self).visit(visit);
    }

    fn line<'a>(&'a self, name: &str, cursor: &mut usize) -> Option<&'a [u8]> {
        (**self).line(name, cursor)
    }
}

/// The field section of a head that has been read: lines known to be legal.
#[derive(Clone, Copy, Default)]
pub struct FieldSection<'a>(pub(crate) &'a [u8]);

impl<'a> FieldSection<'a> {
    /// The field lines, in order.
    pub fn iter(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let bytes = self.0;
        let mut at = 0;
        core::iter::from_fn(move || match field_line::<true>(bytes, at) {
            Ok(Line::Field(field, next)) => {
                at = next;
                Some(field)
            }
            _ => None,
        })
    }

    /// The value of the first line of the field `name`, compared without case (RFC 9110 §5.1).
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.get_all(name).next()
    }

    /// The values of all lines of the field `name`, in order (RFC 9110 §5.3).
    pub fn get_all<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| field.value)
    }

    /// As [`Fields::line`]; the cursor is the offset of the next line.
    fn next_line(&self, name: &str, cursor: &mut usize) -> Option<&'a [u8]> {
        while let Ok(Line::Field(field, next)) = field_line::<true>(self.0, *cursor) {
            *cursor = next;
            if field.name.eq_ignore_ascii_case(name.as_bytes()) {
                return Some(field.value);
            }
        }
        None
    }
}

impl fmt::Debug for FieldSection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Where a message's repeated lines are read again.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Section(FieldSection<'a>),
    Other(&'a dyn Fields),
}

impl<'a> Source<'a> {
    pub(crate) fn line(&self, name: &str, cursor: &mut usize) -> Option<&'a [u8]> {
        match *self {
            Self::Section(section) => section.next_line(name, cursor),
            Self::Other(fields) => fields.line(name, cursor).map(trim),
        }
    }
}

/// The names that decide a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Origin,
    Expect,
    Protocol,
    Extensions,
    // Those above are asked for again when a request is accepted.
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
    /// Those from the first on that a request keeps.
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

    /// By length first: most fields of a browser's request have a length that no known name has.
    #[inline]
    fn of(name: &[u8]) -> Option<Self> {
        const LENGTHS: u32 =
            1 << 4 | 1 << 6 | 1 << 7 | 1 << 10 | 1 << 14 | 1 << 17 | 1 << 20 | 1 << 21 | 1 << 22 | 1 << 24;
        if name.len() > 31 || LENGTHS >> name.len() & 1 == 0 {
            return None;
        }
        let is = |known: Self, lower: &[u8]| same_name(name, lower).then_some(known);
        match name.len() {
            4 => is(Self::Host, b"host"),
            6 => is(Self::Origin, b"origin").or_else(|| is(Self::Expect, b"expect")),
            7 => is(Self::Upgrade, b"upgrade"),
            10 => is(Self::Connection, b"connection"),
            14 => is(Self::ContentLength, b"content-length"),
            17 => is(Self::Key, b"sec-websocket-key")
                .or_else(|| is(Self::TransferEncoding, b"transfer-encoding")),
            20 => is(Self::Accept, b"sec-websocket-accept"),
            21 => is(Self::Version, b"sec-websocket-version"),
            22 => is(Self::Protocol, b"sec-websocket-protocol"),
            _ => is(Self::Extensions, b"sec-websocket-extensions"),
        }
    }
}

/// Whether a name, or another text without control characters, is this one without regard to case. `lower` has letters
/// and `-` alone: 0x20 makes such a one only of itself and of its upper case. Eight bytes are compared at once, the last
/// ones together with some of those before.
#[inline]
pub(crate) fn same_name(name: &[u8], lower: &[u8]) -> bool {
    const CASE: u64 = 0x2020_2020_2020_2020;
    let word = |bytes: &[u8]| <[u8; 8]>::try_from(bytes).map_or(0, u64::from_le_bytes);
    let same = |(a, b): (&[u8], &[u8])| word(a) | CASE == word(b);
    let (Some(tail), Some(lower_tail)) = (name.last_chunk::<8>(), lower.last_chunk::<8>()) else {
        return name.len() == lower.len()
            && name.iter().zip(lower).all(|(byte, lower)| byte | 0x20 == *lower);
    };
    name.len() == lower.len()
        && name.chunks_exact(8).zip(lower.chunks_exact(8)).all(same)
        && same((tail, lower_tail))
}

/// The first line of the known names, and whether there were more: what every entrance fills, once, in order.
#[derive(Clone, Copy)]
pub(crate) struct Lines<'a, const N: usize = { Known::COUNT }> {
    first: [&'a [u8]; N],
    seen: u16,
    again: u16,
}

impl Default for Lines<'_> {
    fn default() -> Self {
        Self { first: [b""; Known::COUNT], seen: 0, again: 0 }
    }
}

impl<'a> Lines<'a> {
    #[inline]
    pub(crate) fn push(&mut self, field: Field<'a>) {
        let Some(known) = Known::of(field.name) else {
            return;
        };
        let bit = 1 << known as u16;
        if self.seen & bit != 0 {
            self.again |= bit;
            return;
        }
        self.seen |= bit;
        self.first[known as usize] = field.value;
    }

    /// What a request keeps until it is accepted.
    pub(crate) fn kept(&self) -> Lines<'a, { Known::KEPT }> {
        let mut first: [&[u8]; Known::KEPT] = [b""; Known::KEPT];
        for (kept, line) in first.iter_mut().zip(self.first) {
            *kept = line;
        }
        Lines { first, seen: self.seen, again: self.again }
    }
}

impl<'a, const N: usize> Lines<'a, N> {
    /// The first line's value.
    #[inline]
    pub(crate) fn first(&self, known: Known) -> Option<&'a [u8]> {
        if self.seen & 1 << known as u16 == 0 { None } else { self.first.get(known as usize).copied() }
    }

    #[inline]
    pub(crate) fn repeated(&self, known: Known) -> bool {
        self.again & 1 << known as u16 != 0
    }

    /// The values of all lines of one name.
    pub(crate) fn all(
        &self,
        known: Known,
        source: Source<'a>,
    ) -> impl Iterator<Item = &'a [u8]> + use<'a, N> {
        let mut first = self.first(known);
        let again = self.repeated(known);
        let mut cursor = 0;
        core::iter::from_fn(move || if again { source.line(known.name(), &mut cursor) } else { first.take() })
    }
}

/// A value without the white space around it (OWS, RFC 9110 §5.6.3).
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// The non-empty members of a comma-separated list of tokens (RFC 9110 §5.6.1), trimmed, unchecked.
pub(crate) fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(trim).filter(|member| !member.is_empty())
}

/// `tchar` of RFC 9110 §5.6.2.
#[inline]
pub(crate) const fn is_tchar(byte: u8) -> bool {
    TCHARS[byte as usize]
}

const TCHARS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        table[byte as usize] = byte.is_ascii_alphanumeric()
            || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~');
        byte += 1;
    }
    table
};

/// `token = 1*tchar`.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_tchar(byte))
}

/// A byte that may stand in a field value: HTAB, SP, VCHAR, obs-text (RFC 9110 §5.5).
pub(crate) const fn is_value_byte(byte: u8) -> bool {
    byte >= b' ' && byte != 0x7F || byte == b'\t'
}
