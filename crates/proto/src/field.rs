//! Fields (RFC 9110 §5): received field lines, and the fields that the handshake reads.

use core::fmt;

use crate::head::{Line, behind, field_line};

pub use crate::extra_fields::{ExtraFields, FieldError, FieldProblem};

/// A received field line: the name as it was written, and the value without the white space around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name. It compares without case.
    pub name: &'a [u8],
    /// The value.
    pub value: &'a [u8],
}

impl fmt::Debug for Field<'_> {
    /// Shows only the name, since values carry keys, credentials and cookies.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ..", self.name.escape_ascii())
    }
}

/// The fields of a parsed message. Implement it to validate messages that another parser has read.
///
/// The fields are visited once, in order. `line` then reads single fields, mostly those that came more than once.
pub trait Fields {
    /// Calls `visit` with every field line, in order.
    fn visit<'a>(&'a self, visit: &mut dyn FnMut(Field<'a>));

    /// Returns the value of the next line of the field `name`, which compares without case. `cursor` is 0 at the first
    /// call; later calls pass on the value that this function has left in it.
    fn line<'a>(&'a self, name: &str, cursor: &mut usize) -> Option<&'a [u8]>;
}

/// Name and value pairs, such as the raw header list of Node.js or the output of a codec's own parser.
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

/// The field section of a head that has been read. Its lines are known to be legal.
#[derive(Clone, Copy, Default)]
pub struct FieldSection<'a>(pub(crate) &'a [u8]);

impl<'a> FieldSection<'a> {
    /// Returns the field lines, in order.
    pub fn iter(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let mut rest = self.0;
        core::iter::from_fn(move || match field_line::<true>(rest) {
            Ok(Line::Field(field, next)) => {
                rest = next;
                Some(field)
            }
            _ => None,
        })
    }

    /// Returns the value of the first line of the field `name`, which compares without case (RFC 9110 §5.1).
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.get_all(name).next()
    }

    /// Returns the values of all lines of the field `name`, in order (RFC 9110 §5.3).
    pub fn get_all<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| field.value)
    }

    /// As [`Fields::line`]. The cursor is the offset of the next line.
    fn next_line(&self, name: &str, cursor: &mut usize) -> Option<&'a [u8]> {
        while let Ok(Line::Field(field, next)) = field_line::<true>(self.0.get(*cursor..)?) {
            *cursor = self.0.len() - next.len();
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

/// The fields of a message, from which repeated lines are read again.
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

/// Returns whether `name` equals `lower` without regard to case. `name` has no control characters; `lower` has only
/// lower-case letters and `-`. The comparison sets bit 0x20 in every byte of `name`. Only a byte of `lower` itself, or
/// its upper case, then equals that byte. The compiler knows the length and compares many bytes at once.
#[inline]
pub(crate) fn same_name<const N: usize>(name: &[u8], lower: &[u8; N]) -> bool {
    let Ok(name) = <&[u8; N]>::try_from(name) else {
        return false;
    };
    name.iter().zip(lower).fold(true, |same, (byte, lower)| same & (byte | 0x20 == *lower))
}

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

    /// Returns the values of all lines of one field.
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

/// Returns the digits of `Content-Length` without leading zeros; 0 has no digits. `Err` is the wrong line.
///
/// ```text
/// Content-Length = 1*DIGIT
/// ```
///
/// A number may be repeated, in a list or on another line, if it is the same number. An empty list member is an error
/// (RFC 9112 §6.3 item 5, RFC 9110 §8.6).
pub(crate) fn content_length<'a>(
    lines: &Lines<'a>,
    source: Source<'a>,
) -> Result<Option<&'a [u8]>, &'a [u8]> {
    let mut number = None;
    for line in lines.all(Known::ContentLength, source) {
        for member in line.split(|&byte| byte == b',').map(trim) {
            let digits = significant(member).filter(|digits| number.is_none_or(|number| number == *digits));
            number = Some(digits.ok_or(line)?);
        }
    }
    Ok(number)
}

/// Returns the digits of a number of any length without leading zeros.
fn significant(number: &[u8]) -> Option<&[u8]> {
    let is_number = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    let zeros = number.iter().take_while(|&&byte| byte == b'0').count();
    number.get(zeros..).filter(|_| is_number)
}

/// Removes the white space around a value (OWS, RFC 9110 §5.6.3).
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// Returns the non-empty members of a comma-separated list (RFC 9110 §5.6.1), trimmed but not checked.
pub(crate) fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(trim).filter(|member| !member.is_empty())
}

/// `tchar` of RFC 9110 §5.6.2.
#[inline]
pub(crate) const fn is_tchar(byte: u8) -> bool {
    TCHARS[byte as usize]
}

pub(crate) const TCHARS: [bool; 256] = {
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
    !bytes.is_empty() && behind(bytes, &TCHARS).is_empty()
}

/// Returns whether a byte may stand in a field value: HTAB, SP, VCHAR, obs-text (RFC 9110 §5.5).
pub(crate) const fn is_value_byte(byte: u8) -> bool {
    byte >= b' ' && byte != 0x7F || byte == b'\t'
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
