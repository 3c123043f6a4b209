//! Subprotocols (RFC 6455 §1.9, §4.1 item 10, §4.2.2): the lists of both sides and the choice.

use core::fmt;

use crate::error::Excerpt;
use crate::field::{TCHARS, is_token, members};
use crate::head::behind;
use crate::shown::Shown;

/// The subprotocols that a side is ready to speak, in order of preference: `chat, superchat`. May be empty.
///
/// Every name is a token and stands there once; names compare byte by byte.
///
/// `Debug` shows how many they are: browsers put tokens there.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Subprotocols<'p>(&'p str);

impl<'p> Subprotocols<'p> {
    /// None.
    pub const NONE: Self = Self("");

    /// Names with commas between them (RFC 6455 §4.1 item 10).
    ///
    /// # Errors
    ///
    /// The first name that is not a token, or that stands there twice; by its number, since it may be a secret.
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

    /// The list as it was given.
    pub(crate) fn as_str(&self) -> &'p str {
        self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The names, in order.
    pub fn iter(&self) -> impl Iterator<Item = &'p str> + use<'p> {
        self.0.split(',').map(str::trim_ascii).filter(|name| !name.is_empty())
    }

    /// The own copy of a name.
    pub(crate) fn find(&self, name: &[u8]) -> Option<&'p str> {
        self.iter().find(|own| own.as_bytes() == name)
    }
}

impl fmt::Debug for Subprotocols<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subprotocols({})", self.iter().count())
    }
}

/// A name that can't be a subprotocol's. It is not shown, since it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubprotocolError {
    repeated: bool,
    /// Its number in the list, from 1 on; 0 where there is no list.
    place: usize,
    /// Where the first byte stands that is wrong.
    at: usize,
    /// That byte, if there is one; of a word, all of it.
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

/// What follows the token that a text begins with; empty of a token, and of nothing.
fn not_a_token(name: &[u8]) -> &[u8] {
    behind(name, &TCHARS)
}

/// The first subprotocol of the client's list that the server supports. `Err` is a list that breaks `1#token`, from the
/// first byte on that does.
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
