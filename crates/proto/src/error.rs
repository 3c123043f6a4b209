//! The error of a message: the reason, the position, and an excerpt of the received value.

use core::fmt;

use crate::shown::Shown;

/// The first bytes of a received value. It displays escaped and in quotation marks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Excerpt {
    bytes: [u8; Self::MAX],
    len: u8,
    cut: bool,
}

impl Excerpt {
    /// The maximum number of bytes that an excerpt keeps.
    pub const MAX: usize = 40;

    /// Builds an excerpt of text that may be shown; returns `None` if only its length may be shown.
    pub(crate) fn new(shown: Shown<'_>) -> Option<Self> {
        Self::joined("", shown)
    }

    /// As [`Excerpt::new`], with `before` in front of the shown text.
    fn joined(before: &str, shown: Shown<'_>) -> Option<Self> {
        let Shown::Text(text, cut) = shown else { return None };
        let mut bytes = [0; Self::MAX];
        let len = before.len() + text.len();
        for (to, from) in bytes.iter_mut().zip(before.as_bytes().iter().chain(text)) {
            *to = *from;
        }
        let kept = u8::try_from(len.min(Self::MAX)).unwrap_or(0);
        Some(Self { bytes, len: kept, cut: cut || len > Self::MAX })
    }

    /// Builds an excerpt of a name that should be a token, cut after the first byte that a token can't have. A short
    /// word is shown whole.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::new(Shown::name(name.as_bytes()))
    }

    /// Builds an excerpt of an option that should be a host, an address or an origin. Leaves out the query; returns
    /// `None` if there is user information.
    pub fn of_place(place: &str) -> Option<Self> {
        Self::new(Shown::told(place.as_bytes()))
    }

    /// Returns the bytes that were kept.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Returns whether the value was longer than the kept bytes.
    pub fn is_cut(&self) -> bool {
        self.cut
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"{}", self.as_bytes().escape_ascii(), if self.cut { "..." } else { "" })
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text of a reason: which part is wrong, and what is wrong with it.
pub trait Reason: Copy + fmt::Debug {
    /// The field, or the part of the head, that is wrong, such as `Host`.
    fn subject(&self) -> &'static str;
    /// What is wrong with the subject, such as `missing`.
    fn problem(&self) -> &'static str;
}

/// The words of a reason: a row of the table of a message's reasons.
pub(crate) struct Words {
    pub(crate) label: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) problem: &'static str,
}

pub(crate) const fn words(label: &'static str, subject: &'static str, problem: &'static str) -> Words {
    Words { label, subject, problem }
}

/// What is wrong with a message, with evidence. It is small and `Copy`, and borrows nothing.
///
/// It displays as one line: `Host: not a host and perhaps a port, got "a b" (byte 17)`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error<R> {
    reason: R,
    offset: Option<u32>,
    limit: Option<u32>,
    received: Option<Received>,
    object: Option<Object>,
}

/// What an error keeps of the received value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Received {
    Value(Excerpt),
    /// The number of bytes of a value that is not shown.
    Length(u32),
}

/// The end of a problem's text. Each reason has at most one of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Object {
    /// The name of the field, as in `must not have "Upgrade"`.
    Field(Excerpt),
    /// The text that the value was compared with, as in `expected "abc"`.
    ComparedWith(Excerpt),
}

impl<R: Reason> Error<R> {
    pub(crate) fn new(reason: R) -> Self {
        Self { reason, offset: None, limit: None, received: None, object: None }
    }

    /// Sets the received value, as far as it may be shown.
    pub(crate) fn with_value(mut self, value: Shown<'_>) -> Self {
        self.received = match value {
            Shown::Length(length) => Some(Received::Length(u32::try_from(length).unwrap_or(u32::MAX))),
            text @ Shown::Text(..) => Excerpt::new(text).map(Received::Value),
        };
        self
    }

    /// Sets the first of the wrong bytes as the value. Without any, something is missing and no value is set.
    pub(crate) fn with_byte(self, wrong: &[u8]) -> Self {
        Shown::byte(wrong).map_or(self, |byte| self.with_value(byte))
    }

    /// Sets the name of the field, which must be a token.
    pub(crate) fn with_name(mut self, name: &[u8]) -> Self {
        self.object = Excerpt::new(Shown::value(name)).map(Object::Field);
        self
    }

    /// Sets the text that the value was compared with. It begins with `scheme`, which may be empty.
    pub(crate) fn with_compared(mut self, scheme: &str, other: Shown<'_>) -> Self {
        self.object = Excerpt::joined(scheme, other).map(Object::ComparedWith);
        self
    }

    pub(crate) fn with_limit(mut self, limit: usize) -> Self {
        self.limit = Some(u32::try_from(limit).unwrap_or(u32::MAX));
        self
    }

    pub(crate) fn at(mut self, offset: usize) -> Self {
        self.offset = Some(u32::try_from(offset).unwrap_or(u32::MAX));
        self
    }

    /// Replaces the reason and keeps the evidence, for example to make a syntax error a request's error.
    pub fn map_reason<T>(self, into: impl FnOnce(R) -> T) -> Error<T> {
        let Self { reason, offset, limit, received, object } = self;
        Error { reason: into(reason), offset, limit, received, object }
    }

    /// Returns the reason.
    pub fn reason(&self) -> R {
        self.reason
    }

    /// Returns the offset of the error in the input, if there is one. For a list it is the offset in the value of its
    /// field line.
    pub fn offset(&self) -> Option<usize> {
        self.offset.map(|offset| offset as usize)
    }

    /// Returns the limit that was exceeded, if one was.
    pub fn limit(&self) -> Option<usize> {
        self.limit.map(|limit| limit as usize)
    }

    /// Returns the received value, as far as it may be shown. Of a value that may hold a secret only the
    /// [`length`](Self::length) is kept. Such values are keys, queries, user information and offered subprotocols.
    pub fn value(&self) -> Option<&Excerpt> {
        match &self.received {
            Some(Received::Value(value)) => Some(value),
            _ => None,
        }
    }

    /// Returns the number of received bytes, if the value is not shown.
    pub fn length(&self) -> Option<usize> {
        match self.received {
            Some(Received::Length(length)) => Some(length as usize),
            _ => None,
        }
    }

    /// Returns the name of the wrong field, if the reason stands for more than one field.
    pub fn field_name(&self) -> Option<&Excerpt> {
        match &self.object {
            Some(Object::Field(name)) => Some(name),
            _ => None,
        }
    }

    /// Returns the text that the value was compared with, if it was compared.
    pub fn compared_with(&self) -> Option<&Excerpt> {
        match &self.object {
            Some(Object::ComparedWith(text)) => Some(text),
            _ => None,
        }
    }
}

impl<R: Reason> fmt::Display for Error<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.subject(), self.reason.problem())?;
        if let Some(Object::Field(object) | Object::ComparedWith(object)) = &self.object {
            write!(f, " {object}")?;
        }
        if let Some(limit) = self.limit {
            write!(f, " {limit}")?;
        }
        match &self.received {
            Some(Received::Value(value)) => write!(f, ", got {value}")?,
            Some(Received::Length(length)) => write!(f, ", got {length} bytes")?,
            None => {}
        }
        if let Some(offset) = self.offset {
            write!(f, " (byte {offset})")?;
        }
        Ok(())
    }
}

impl<R: Reason> fmt::Debug for Error<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({self})", self.reason)
    }
}

impl<R: Reason> core::error::Error for Error<R> {}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;
    use crate::client::{Handshake, ResponseError, ResponseReason};
    use crate::server::{RequestError, RequestReason};

    #[test]
    fn errors_are_small() {
        fn is_small<T: Copy + core::error::Error + Send + Sync + 'static>() {
            assert!(size_of::<T>() <= 128, "{} bytes", size_of::<T>());
        }
        is_small::<RequestError>();
        is_small::<ResponseError>();
        is_small::<crate::head::HeadError>();
        is_small::<crate::uri::UriError>();
    }

    #[test]
    fn an_error_is_one_line_with_its_evidence() {
        let error = Error::new(RequestReason::HostMalformed).with_value(Shown::value(b"a b\r\n\""));
        let error = error.at(17);
        assert_eq!(error.to_string(), r#"Host: not a host and perhaps a port, got "a b\r\n\"" (byte 17)"#);
        let error = Error::new(RequestReason::KeyMalformed).with_value(Shown::length(b"secret"));
        assert_eq!(
            error.to_string(),
            "Sec-WebSocket-Key: not the base64 of 16 bytes (24 characters), got 6 bytes"
        );
        assert_eq!((error.value(), error.length()), (None, Some(6)));
        let error = Error::new(ResponseReason::TooManyInterim).with_limit(8);
        assert_eq!(error.to_string(), "interim responses: more than the limit `interim` of 8");
        assert_eq!((error.limit(), error.offset(), error.value()), (Some(8), None, None));
        let closed = Handshake::closed();
        assert_eq!(closed.to_string(), "head: the connection was closed before it was complete");
        let excerpt = Excerpt::new(Shown::value(&[b'a'; 41])).expect("a text");
        assert!(
            excerpt.is_cut() && excerpt.to_string().ends_with("a\"...") && excerpt.as_bytes().len() == 40
        );
    }

    #[test]
    fn an_excerpt_of_two_pieces_has_the_beginning_of_both() {
        let pieces = [0, 1, 8, 39, 40, 41, 200];
        for (first, second) in pieces.iter().flat_map(|first| pieces.map(|second| (*first, second))) {
            let first = core::str::from_utf8(&[b'a'; 200][..first]).expect("ASCII");
            let second = &[b'b'; 200][..second];
            let excerpt = Excerpt::joined(first, Shown::value(second)).expect("a text");
            let len = first.len() + second.len();
            assert_eq!(excerpt.is_cut(), len > 40, "{} and {}", first.len(), second.len());
            assert_eq!(excerpt.as_bytes().len(), len.min(40));
            let expected = first.as_bytes().iter().chain(second).take(40);
            assert!(excerpt.as_bytes().iter().eq(expected));
        }
    }

    #[test]
    fn a_field_is_not_what_a_value_was_compared_with() {
        let error = Error::new(RequestReason::OriginNotAllowed).with_value(Shown::value(b"null"));
        assert_eq!((error.field_name(), error.compared_with()), (None, None));
        let compared = error.with_compared("https://", Shown::value(b"a"));
        assert_eq!(compared.compared_with().map(Excerpt::as_bytes), Some(&b"https://a"[..]));
        assert_eq!(compared.field_name(), None);
        let error = Error::new(RequestReason::ConnectionSpecific).with_name(b"Upgrade");
        assert_eq!(error.field_name().map(Excerpt::as_bytes), Some(&b"Upgrade"[..]));
        assert_eq!(error.compared_with(), None);
        assert_eq!(error.to_string(), "field of a connection: an extended CONNECT must not have \"Upgrade\"");
    }

    #[test]
    fn numbers_that_are_too_large_are_the_largest() {
        let error = Error::new(ResponseReason::TooManyInterim);
        assert_eq!(error.at(usize::MAX).offset(), Some(u32::MAX as usize));
        assert_eq!(error.with_limit(usize::MAX).limit(), Some(u32::MAX as usize));
        assert_eq!(error.at(7).map_reason(|reason| reason).offset(), Some(7));
    }
}
