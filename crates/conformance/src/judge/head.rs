//! A head as it is read: its start line and its fields, with their places.

use std::ops::Range;

use serde::{Serialize, Serializer};

/// Some bytes of a head and their place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Part {
    /// The bytes; serialised as a text in which each character is one byte.
    #[serde(serialize_with = "latin1")]
    pub bytes: Vec<u8>,
    /// The offset of the first one.
    pub at: usize,
}

impl Part {
    pub(super) fn new(bytes: &[u8], at: usize) -> Self {
        Self { bytes: bytes.to_vec(), at }
    }

    /// Returns the offsets.
    pub fn range(&self) -> Range<usize> {
        self.at..self.at + self.bytes.len()
    }

    /// Returns the bytes as text; those outside ASCII as replacement characters.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// The part of a head before its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Start {
    /// There is none yet, or none in this version of HTTP.
    #[default]
    None,
    /// `method SP request-target SP HTTP-version` (RFC 9112 §3).
    Request {
        /// The method.
        method: Part,
        /// The request target.
        target: Part,
        /// The HTTP version.
        version: Part,
    },
    /// `HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 §4).
    Response {
        /// The HTTP version.
        version: Part,
        /// The status.
        status: Part,
        /// The reason phrase.
        reason: Part,
    },
}

/// A field line. Over HTTP/2 a pseudo-header field is one too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Field {
    /// The name as it was sent; serialised as a text in which each character is one byte.
    #[serde(serialize_with = "latin1")]
    pub name: Vec<u8>,
    /// The value without the white space around it. A folded value is joined with spaces.
    #[serde(serialize_with = "latin1")]
    pub value: Vec<u8>,
    /// The offsets of the name in the head; none over HTTP/2.
    pub name_at: Option<Range<usize>>,
    /// The offsets of the value.
    pub value_at: Option<Range<usize>>,
    /// The bytes between the name and the colon.
    #[serde(skip)]
    pub(super) gap: usize,
    /// Whether there is a colon.
    #[serde(skip)]
    pub(super) colon: bool,
}

impl Field {
    /// Returns whether this is the field `name`, which compares without case (RFC 9110 §5.1).
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Returns the offsets of the whole line, without its end.
    pub fn range(&self) -> Option<Range<usize>> {
        Some(self.name_at.as_ref()?.start..self.value_at.as_ref()?.end)
    }
}

fn latin1<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&bytes.iter().copied().map(char::from).collect::<String>())
}
