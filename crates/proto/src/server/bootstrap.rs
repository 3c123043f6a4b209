//! The two ways in which a WebSocket connection begins.

use crate::field::{ExtraFields, Field};

/// How a WebSocket connection begins, which depends on the HTTP version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bootstrap {
    /// HTTP/1.1: a GET with `Upgrade`, answered with 101 (RFC 6455 §4).
    #[default]
    Upgrade,
    /// HTTP/2 and 3: a CONNECT with `:protocol`, answered with 200 (RFC 8441 §5, RFC 9220 §3).
    ExtendedConnect,
}

impl Bootstrap {
    /// Calls `each` with those of an answer's added fields that the HTTP version allows.
    pub(super) fn for_each_added(self, fields: &ExtraFields<'_>, each: &mut dyn FnMut(&str, &[u8])) {
        let mut add =
            |field: Field<'_>| each(core::str::from_utf8(field.name).unwrap_or_default(), field.value);
        match self {
            Self::Upgrade => fields.iter().for_each(&mut add),
            Self::ExtendedConnect => fields.over_stream().for_each(&mut add),
        }
    }
}
