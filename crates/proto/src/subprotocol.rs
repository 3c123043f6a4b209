//! Subprotocols (RFC 6455 §1.9, §4.1 item 10, §4.2.2): the lists of both sides, and the choice.

use core::fmt;

use crate::error::Excerpt;
use crate::rules::{TCHARS, is_token, members};
use crate::scanners::behind;
use crate::shown::Shown;

/// The subprotocols that one side supports, in order of preference: `chat, superchat`. The list may be empty.
///
/// Every name is a token and is listed once. Names compare byte by byte.
///
/// `Debug` shows only their number, since browsers put tokens there.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Subprotocols<'p>(&'p str);

impl<'p> Subprotocols<'p> {
    /// The empty list.
    pub const NONE: Self = Self("");

    /// Parses names that are separated by commas (RFC 6455 §4.1 item 10).
    ///
    /// # Errors
    ///
    /// If a name is not a token, or is listed twice. The error has the position of the first such name in the list;
    /// the name itself may be a secret.
    pub fn parse(list: &'p str) -> Result<Self, SubprotocolError> {
        let names = || members(list.as_bytes());
        for (place, name) in names().enumerate() {
            let place = place + 1;
            if !is_token(name) {
                return Err(SubprotocolError::no_token(place, name));
            }
            if names().take(place - 1).any(|earlier| earlier == name) {
                return Err(SubprotocolError { repeated: true, place, at: 0, shown: None });
            }
        }
        Ok(Self(list))
    }

    /// Returns the list as it was given.
    pub(crate) fn as_str(&self) -> &'p str {
        self.0
    }

    /// Returns whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Returns the names, in order.
    pub fn iter(&self) -> impl Iterator<Item = &'p str> + use<'p> {
        self.0.split(',').map(str::trim_ascii).filter(|name| !name.is_empty())
    }

    /// Returns this list's own copy of a name.
    pub(crate) fn find(&self, name: &[u8]) -> Option<&'p str> {
        self.iter().find(|own| own.as_bytes() == name)
    }
}

impl fmt::Debug for Subprotocols<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subprotocols({})", self.iter().count())
    }
}

/// The error for a name that can't be a subprotocol. The name is not shown, since it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubprotocolError {
    repeated: bool,
    /// The position in the list, counted from 1, or 0 if there is no list.
    place: usize,
    /// The offset of the first wrong byte.
    at: usize,
    /// The wrong byte, if there is one. A short word is shown whole.
    shown: Option<Excerpt>,
}

impl SubprotocolError {
    /// Checks one name.
    ///
    /// # Errors
    ///
    /// If it is not a token (RFC 6455 §4.1 item 10).
    pub fn check(name: &str) -> Result<(), Self> {
        if is_token(name.as_bytes()) { Ok(()) } else { Err(Self::no_token(0, name.as_bytes())) }
    }

    fn no_token(place: usize, name: &[u8]) -> Self {
        let wrong = not_a_token(name);
        let shown = Shown::byte(wrong).map(|byte| Shown::word(name).unwrap_or(byte));
        Self { repeated: false, place, at: name.len() - wrong.len(), shown: shown.and_then(Excerpt::new) }
    }
}

impl fmt::Display for SubprotocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("subprotocol")?;
        if self.place > 0 {
            write!(f, " number {}", self.place)?;
        }
        f.write_str(if self.repeated { ": named twice" } else { ": not a token" })?;
        match self.shown {
            Some(shown) => write!(f, ", got {shown} (byte {})", self.at),
            None => Ok(()),
        }
    }
}

impl core::error::Error for SubprotocolError {}

/// Returns what follows the token at the start of a text. It is empty if the whole text is a token, or is empty.
fn not_a_token(name: &[u8]) -> &[u8] {
    behind(name, &TCHARS)
}

/// Returns the first subprotocol of the client's list that the server supports. If a list breaks `1#token`, `Err` has
/// its bytes from the first wrong one on.
pub(crate) fn choose<'p, 'a>(
    offers: impl Iterator<Item = &'a [u8]>,
    supported: &Subprotocols<'p>,
) -> Result<Option<&'p str>, &'a [u8]> {
    let mut chosen = None;
    let mut any = false;
    for line in offers {
        for name in members(line) {
            if !is_token(name) {
                return Err(not_a_token(name));
            }
            any = true;
            chosen = chosen.or_else(|| supported.find(name));
        }
    }
    if any { Ok(chosen) } else { Err(b"") }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    #[test]
    fn a_list_is_empty_where_it_has_no_name() {
        for (list, names) in [
            ("", &[][..]),
            (" ,\t, ", &[]),
            ("chat", &["chat"]),
            (", superchat ,chat,", &["superchat", "chat"]),
        ] {
            let subprotocols = Subprotocols::parse(list).expect(list);
            assert_eq!(subprotocols.is_empty(), names.is_empty(), "{list}");
            assert_eq!(subprotocols.iter().collect::<Vec<_>>(), names);
        }
    }
}
