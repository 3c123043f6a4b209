//! Subprotocols (RFC 6455 §1.9, §4.1 item 10, §4.2.2): the lists of both sides and the choice.

use core::fmt;

use crate::error::Excerpt;
use crate::field::{is_token, members};

/// The subprotocols that a side is ready to speak, in order of preference: `chat, superchat`. May be empty.
///
/// Every name is a token and stands there once; names compare byte by byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subprotocols<'p>(&'p str);

impl<'p> Subprotocols<'p> {
    /// None.
    pub const NONE: Self = Self("");

    /// Names with commas between them (RFC 6455 §4.1 item 10).
    ///
    /// # Errors
    ///
    /// The first name that is not a token, or that stands there twice.
    pub fn parse(list: &'p str) -> Result<Self, SubprotocolError> {
        let names = || members(list.as_bytes());
        for (place, name) in names().enumerate() {
            let repeated = names().take(place).any(|earlier| earlier == name);
            if repeated || !is_token(name) {
                return Err(SubprotocolError { repeated, name: Excerpt::new(name) });
            }
        }
        Ok(Self(list))
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

/// A name that can't be a subprotocol's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubprotocolError {
    repeated: bool,
    name: Excerpt,
}

impl SubprotocolError {
    /// Checks one name.
    ///
    /// # Errors
    ///
    /// If it is not a token (RFC 6455 §4.1 item 10).
    pub fn check(name: &str) -> Result<(), Self> {
        if is_token(name.as_bytes()) {
            Ok(())
        } else {
            Err(Self { repeated: false, name: Excerpt::new(name.as_bytes()) })
        }
    }
}

impl fmt::Display for SubprotocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = if self.repeated { "named twice" } else { "not a token" };
        write!(f, "subprotocol {}: {problem}", self.name)
    }
}

impl core::error::Error for SubprotocolError {}

/// The first subprotocol of the client's list that the server supports. `Err` is a list that breaks `1#token`.
pub(crate) fn choose<'p, 'a>(
    offers: impl Iterator<Item = &'a [u8]>,
    supported: &Subprotocols<'p>,
) -> Result<Option<&'p str>, &'a [u8]> {
    let mut chosen = None;
    let mut any = false;
    for line in offers {
        for name in members(line) {
            if !is_token(name) {
                return Err(name);
            }
            any = true;
            chosen = chosen.or_else(|| supported.find(name));
        }
    }
    if any { Ok(chosen) } else { Err(b"") }
}
