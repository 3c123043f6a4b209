//! The versions of HTTP that carry a handshake.

use std::fmt;

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Http {
    /// HTTP/1.1, with `Upgrade`.
    One,
    /// HTTP/2, with extended CONNECT.
    Two,
    /// HTTP/3, with extended CONNECT over QUIC.
    Three,
}

impl fmt::Display for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::One => "HTTP/1.1",
            Self::Two => "HTTP/2",
            Self::Three => "HTTP/3",
        })
    }
}
