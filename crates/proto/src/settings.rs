//! What both sides agreed on.

use core::fmt;

use crate::extension::{Hints, InUse, Member, list};
use crate::permessage_deflate::{self, Agreement, Response};

/// What both sides agreed on; empty where they share nothing. Borrows the subprotocol's name from the own options.
#[derive(Clone, Copy)]
pub struct Settings<'p> {
    pub(crate) subprotocol: Option<&'p str>,
    pub(crate) in_use: InUse,
}

impl<'p> Settings<'p> {
    pub(crate) const EMPTY: Self = Self { subprotocol: None, in_use: InUse::NONE };

    /// The subprotocol in use (RFC 6455 §4.1).
    pub fn subprotocol(&self) -> Option<&'p str> {
        self.subprotocol
    }

    /// The extensions in use, in the response's order (RFC 6455 §4.1, §9.1).
    pub fn extensions(&self) -> Extensions<'_> {
        Extensions { value: self.in_use.as_bytes(), hints: self.in_use.hints }
    }

    /// permessage-deflate's parameters, if it is in use.
    pub fn permessage_deflate(&self) -> Option<Agreement> {
        self.extensions().permessage_deflate()
    }
}

impl fmt::Debug for Settings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("subprotocol", &self.subprotocol)
            .field("extensions", &self.extensions().as_str())
            .finish()
    }
}

/// The extensions in use: the response's `Sec-WebSocket-Extensions`, tokens only, in its order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions<'a> {
    value: &'a [u8],
    hints: Hints,
}

impl<'a> Extensions<'a> {
    /// A value that a negotiation gave, and the hints that belong to it: for who keeps the two by its own means.
    ///
    /// Of a value that breaks the grammar, what stands before the break counts.
    pub fn from_parts(value: &'a str, hints: Hints) -> Self {
        Self { value: value.as_bytes(), hints }
    }

    /// The value; empty if there are none.
    pub fn as_str(&self) -> &'a str {
        core::str::from_utf8(self.value).unwrap_or_default()
    }

    /// The client's own announcements that the response need not repeat.
    pub fn hints(&self) -> Hints {
        self.hints
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.value.is_empty()
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Member<'a>> + use<'a> {
        list(self.value)
    }

    /// Whether an extension of this name is in use.
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|member| member.name() == name)
    }

    /// permessage-deflate's parameters, if it is in use.
    pub fn permessage_deflate(&self) -> Option<Agreement> {
        let member = self.iter().find(|member| member.name() == permessage_deflate::NAME)?;
        Some(Agreement::new(&Response::from_params(member.params())?, self.hints))
    }
}
