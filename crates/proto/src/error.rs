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

/// The error of a message, with evidence. It is small and `Copy`, and borrows nothing.
///
/// It displays as one line: `Host: not a valid authority, got "a b" (byte 17)`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error<R> {
    pub(crate) reason: R,
    pub(crate) offset: Option<u32>,
    pub(crate) limit: Option<u32>,
    pub(crate) value: Option<Excerpt>,
    /// The number of received bytes, if the value is not shown.
    pub(crate) length: Option<u32>,
    pub(crate) context: Option<Excerpt>,
    /// Whether the request was HEAD, so that its answer has no body.
    pub(crate) to_head: bool,
    /// Whether the request came over HTTP/2 or 3, so that its answer has no connection-specific fields.
    pub(crate) extended_connect: bool,
    /// Whether the request does not ask for WebSocket, although the reason is another error, such as a missing `Host`.
    pub(crate) not_upgrade: bool,
}

impl<R: Reason> Error<R> {
    pub(crate) fn new(reason: R) -> Self {
        Self {
            reason,
            offset: None,
            limit: None,
            value: None,
            length: None,
            context: None,
            to_head: false,
            extended_connect: false,
            not_upgrade: false,
        }
    }

    /// Sets the received value, as far as it may be shown.
    pub(crate) fn with_value(mut self, value: Shown<'_>) -> Self {
        self.value = Excerpt::new(value);
        if let Shown::Length(length) = value {
            self.length = Some(u32::try_from(length).unwrap_or(u32::MAX));
        }
        self
    }

    /// Sets the first of the wrong bytes as the value. Without any, something is missing and no value is set.
    pub(crate) fn with_byte(self, wrong: &[u8]) -> Self {
        Shown::byte(wrong).map_or(self, |byte| self.with_value(byte))
    }

    /// Sets the context to the name of the field, which must be a token.
    pub(crate) fn with_name(self, name: &[u8]) -> Self {
        self.with_context("", Shown::value(name))
    }

    /// Sets the text that the value was compared with, with `before` in front of it.
    pub(crate) fn with_context(mut self, before: &str, context: Shown<'_>) -> Self {
        self.context = Excerpt::joined(before, context);
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

    pub(crate) fn to_head(mut self, to_head: bool) -> Self {
        self.to_head = to_head;
        self
    }

    /// Replaces the reason and keeps the evidence, for example to make a syntax error a request's error.
    pub fn map_reason<T>(self, into: impl FnOnce(R) -> T) -> Error<T> {
        let Self { reason, offset, limit, value, length, context, to_head, extended_connect, not_upgrade } =
            self;
        let reason = into(reason);
        Error { reason, offset, limit, value, length, context, to_head, extended_connect, not_upgrade }
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
        self.value.as_ref()
    }

    /// Returns the number of received bytes, if the value is not shown.
    pub fn length(&self) -> Option<usize> {
        self.length.map(|length| length as usize)
    }

    /// Returns the text that the value was compared with, if it was compared.
    pub fn context(&self) -> Option<&Excerpt> {
        self.context.as_ref()
    }
}

impl<R: Reason> fmt::Display for Error<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.subject(), self.reason.problem())?;
        if let Some(context) = self.context() {
            write!(f, " {context}")?;
        }
        if let Some(limit) = self.limit {
            write!(f, " {limit}")?;
        }
        if let Some(value) = self.value() {
            write!(f, ", got {value}")?;
        } else if let Some(length) = self.length {
            write!(f, ", got {length} bytes")?;
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
        extern crate std;
        use std::string::ToString;

        let error = RequestError::new(RequestReason::HostMalformed).with_value(Shown::value(b"a b\r\n\""));
        let error = error.at(17);
        assert_eq!(error.to_string(), r#"Host: not a host and perhaps a port, got "a b\r\n\"" (byte 17)"#);
        let error = RequestError::new(RequestReason::KeyMalformed).with_value(Shown::length(b"secret"));
        assert_eq!(
            error.to_string(),
            "Sec-WebSocket-Key: not the base64 of 16 bytes (24 characters), got 6 bytes"
        );
        assert_eq!((error.value(), error.length()), (None, Some(6)));
        let error = ResponseError::new(ResponseReason::TooManyInterim).with_limit(8);
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
        let error = RequestError::new(RequestReason::OriginNotAllowed);
        let error = error.with_context("https://", Shown::value(b"a")).with_value(Shown::value(b"null"));
        let context = error.context().expect("there is one");
        assert_eq!((context.as_bytes(), context.is_cut()), (&b"https://a"[..], false));
    }

    #[test]
    fn numbers_that_are_too_large_are_the_largest() {
        let error = ResponseError::new(ResponseReason::TooManyInterim);
        assert_eq!(error.at(usize::MAX).offset(), Some(u32::MAX as usize));
        assert_eq!(error.with_limit(usize::MAX).limit(), Some(u32::MAX as usize));
        assert_eq!(error.at(7).map_reason(|reason| reason).offset(), Some(7));
    }
}
