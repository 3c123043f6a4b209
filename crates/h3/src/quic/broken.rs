//! What a peer does wrong on the streams of the connection itself.

use std::fmt;

use http3::error::Code;

/// Why the connection was closed here (RFC 9114 §8, RFC 9204 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) code: Code,
    pub(crate) what: &'static str,
}

impl Broken {
    pub(crate) fn new(code: Code, what: &'static str) -> Self {
        Self { code, what }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.what, self.code)
    }
}

impl std::error::Error for Broken {}
