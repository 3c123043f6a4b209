//! The fields that the handshake reads, and their first lines.

use super::received::Field;
use crate::rules::same_name;

/// Defines [`Known`] and all that follows from its table.
macro_rules! known_fields {
    (
        kept: { $($kept:ident = $kept_name:literal,)* }
        others: { $($other:ident = $other_name:literal,)* }
    ) => {
        impl Known {
            /// How many fields a request keeps. They are the first ones.
            pub(crate) const KEPT: usize = [$(Self::$kept),*].len();
        }

        known_fields! { $($kept = $kept_name,)* $($other = $other_name,)* }
    };
    ($($field:ident = $name:literal,)*) => {
        /// The fields that the handshake reads.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Known {
            $($field,)*
        }

        impl Known {
            const ALL: &[Self] = &[$(Self::$field),*];

            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$field => $name,)*
                }
            }

            /// Finds a field by its length and a comparison without regard to case.
            #[inline(always)]
            #[allow(clippy::inline_always)] // measured, like `push_known`
            fn of(name: &[u8]) -> Option<Self> {
                match name.len() {
                    $(length::$field if same_name(name, const { &lower_case::<{ length::$field }>($name) }) => {
                        Some(Self::$field)
                    })*
                    _ => None,
                }
            }
        }

        /// The length of each name. The compiler knows it, and so compares many bytes at once.
        #[allow(non_upper_case_globals)] // named as the variants
        mod length {
            $(pub(super) const $field: usize = $name.len();)*
        }
    };
}

known_fields! {
    // A request keeps these until it is accepted.
    kept: {
        Origin = "Origin",
        Expect = "Expect",
        Protocol = "Sec-WebSocket-Protocol",
        Extensions = "Sec-WebSocket-Extensions",
    }
    others: {
        Host = "Host",
        Upgrade = "Upgrade",
        Connection = "Connection",
        ContentLength = "Content-Length",
        TransferEncoding = "Transfer-Encoding",
        Key = "Sec-WebSocket-Key",
        Accept = "Sec-WebSocket-Accept",
        Version = "Sec-WebSocket-Version",
        Forwarded = "Forwarded",
        ForwardedHost = "X-Forwarded-Host",
        ForwardedProto = "X-Forwarded-Proto",
    }
}

impl Known {
    const COUNT: usize = Self::ALL.len();

    /// The fields in which a proxy says what it was asked for.
    pub(crate) const FORWARDING: [Self; 3] = [Self::Forwarded, Self::ForwardedHost, Self::ForwardedProto];

    /// Returns the fields that a request keeps.
    #[cfg(feature = "http")]
    pub(crate) fn kept() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().take(Self::KEPT)
    }

    /// Returns whether a known name has this length and this third letter. This excludes most fields of a browser's
    /// request.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured, like `usual_line`
    fn may_be(name: &[u8]) -> bool {
        let letters = THIRD_LETTERS[name.len() % THIRD_LETTERS.len()];
        name.get(2).is_some_and(|third| letters >> (third & 0x1F) & 1 == 1)
    }
}

/// The third letters of the known names, one bit each, indexed by the length of the name modulo 32.
const THIRD_LETTERS: [u32; 32] = {
    let mut letters = [0; 32];
    let mut place = 0;
    while place < Known::COUNT {
        let name = Known::ALL[place].name().as_bytes();
        letters[name.len()] |= 1 << (name[2] & 0x1F);
        place += 1;
    }
    letters
};

const fn lower_case<const N: usize>(name: &str) -> [u8; N] {
    let mut lower = [0; N];
    let mut place = 0;
    while place < N {
        lower[place] = name.as_bytes()[place].to_ascii_lowercase();
        place += 1;
    }
    lower
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
        self.push_with(field.name, || field.value);
    }

    /// As [`Lines::push`]. Most fields are not known, and `value` is not called for these.
    #[inline(always)]
    #[allow(clippy::inline_always)] // measured, like `push`
    pub(crate) fn push_with(&mut self, name: &[u8], value: impl FnOnce() -> &'a [u8]) {
        if Known::may_be(name) {
            if let Some(known) = Known::of(name) {
                self.push_known(known, value());
            }
        }
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // measured: a call would clear the registers of the reader of lines
    fn push_known(&mut self, known: Known, value: &'a [u8]) {
        match &mut self.first[known as usize] {
            Some(_) => self.again |= 1 << known as u16,
            first => *first = Some(value),
        }
    }

    /// Returns whether a proxy says what it was asked for.
    #[inline]
    pub(crate) fn are_forwarded(&self) -> bool {
        Known::FORWARDING.iter().fold(false, |forwarded, known| forwarded | self.first(*known).is_some())
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

    /// Returns whether any of these fields has more than one line.
    #[cfg(feature = "http")]
    pub(crate) fn any_repeated(&self) -> bool {
        self.again & ((1 << N) - 1) != 0
    }

    /// Returns whether a list-based field has one line with this one member, which is in lower case here.
    #[inline]
    pub(crate) fn is_just<const M: usize>(&self, known: Known, member: &[u8; M]) -> bool {
        !self.repeated(known) && self.first(known).is_some_and(|value| same_name(value, member))
    }
}

/// Which fields came, and which of them were repeated, one bit for each.
#[cfg(feature = "http")]
#[derive(Clone, Copy)]
pub(crate) struct Came {
    first: u16,
    again: u16,
}

#[cfg(feature = "http")]
impl<'a, const N: usize> Lines<'a, N> {
    /// Puts together what [`came`](Self::came) and [`values`](Self::values) return.
    pub(crate) fn new(came: Came, values: [&'a [u8]; N]) -> Self {
        let mut first = values.map(Some);
        for (place, line) in first.iter_mut().enumerate() {
            if came.first & 1 << place == 0 {
                *line = None;
            }
        }
        Self { first, again: came.again }
    }

    pub(crate) fn came(&self) -> Came {
        let bits = self.first.iter().rev().map(|line| u16::from(line.is_some()));
        Came { first: bits.fold(0, |bits, bit| bits << 1 | bit), again: self.again }
    }

    /// Returns the values of the first lines. They are empty for fields that did not come.
    pub(crate) fn values(&self) -> [&'a [u8]; N] {
        self.first.map(Option::unwrap_or_default)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::String;
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;
    use crate::rules::members;

    #[test]
    fn most_fields_of_a_browser_are_seen_not_to_be_known_by_their_length_and_third_letter() {
        for &known in Known::ALL {
            for name in [known.name().to_ascii_lowercase(), known.name().to_ascii_uppercase()] {
                assert!(
                    Known::may_be(name.as_bytes()) && Known::of(name.as_bytes()) == Some(known),
                    "{name}"
                );
            }
        }
        for name in [
            "",
            "X",
            "Pragma",
            "Cookie",
            "Accept",
            "User-Agent",
            "Cache-Control",
            "Accept-Encoding",
            "X-Forwarded-For",
            "X-Proxy-Header-00",
        ] {
            assert!(!Known::may_be(name.as_bytes()) && Known::of(name.as_bytes()).is_none(), "{name}");
        }
    }

    #[test]
    fn lines_know_whether_a_known_name_came_again() {
        let mut lines = Lines::default();
        for name in ["Host", "Upgrade", "X-A", "X-A"] {
            lines.push(Field { name: name.as_bytes(), value: b"" });
        }
        assert!(!lines.repeated(Known::Host));
        lines.push(Field { name: b"host", value: b"" });
        assert!(lines.repeated(Known::Host) && !lines.repeated(Known::Upgrade));
    }

    fn connection<'a>(values: &[&'a str]) -> Lines<'a> {
        let mut lines = Lines::default();
        for value in values {
            lines.push(Field { name: b"Connection", value: value.as_bytes() });
        }
        lines
    }

    #[test]
    fn one_line_with_one_member_needs_no_closer_look() {
        for (values, expected) in [
            (&["upgrade"][..], true),
            (&["Upgrade"], true),
            (&["upgrade", "upgrade"], false),
            (&["upgrade,"], false),
            (&["keep-alive, upgrade"], false),
            (&[""], false),
            (&[], false),
        ] {
            let lines = connection(values);
            assert_eq!(lines.is_just(Known::Connection, b"upgrade"), expected, "{values:?}");
            assert!(!lines.is_just(Known::Upgrade, b"upgrade"));
        }
    }

    /// The name of a known field with another letter, or any other name.
    fn name() -> impl Strategy<Value = String> {
        let known = prop::sample::select(Known::ALL).prop_map(|known| String::from(known.name()));
        let changed =
            (known, any::<prop::sample::Index>(), "[!-~]?").prop_map(|(mut name, place, letter)| {
                let at = place.index(name.len());
                name.replace_range(at..=at, &letter);
                name
            });
        let cased = (changed, any::<bool>())
            .prop_map(|(name, upper)| if upper { name.to_uppercase() } else { name.to_lowercase() });
        prop_oneof![cased, "[!-~]{0,25}"]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

        #[test]
        fn a_known_field_is_found_by_its_name_without_regard_to_case(name in name()) {
            let expected = Known::ALL.iter().copied().find(|known| known.name().eq_ignore_ascii_case(&name));
            assert_eq!(Known::of(name.as_bytes()), expected, "{name}");
            assert!(Known::may_be(name.as_bytes()) || expected.is_none(), "{name}");
        }

        #[test]
        fn a_line_that_needs_no_closer_look_has_this_one_member(
            values in prop::collection::vec("(upgrade|Upgrade|UPGRADE|close)?[, \t]?(close)?", 0..3),
        ) {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            if connection(&values).is_just(Known::Connection, b"upgrade") {
                let all: Vec<&[u8]> = values.iter().flat_map(|value| members(value.as_bytes())).collect();
                assert!(matches!(&all[..], [member] if member.eq_ignore_ascii_case(b"upgrade")), "{values:?}");
            }
        }
    }
}
