//! What is wrong with a message: the reason, where it stands, and an excerpt of what was received.

use core::fmt;

use crate::shown::Shown;

/// The beginning of a received value, bounded, shown escaped and in quotation marks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Excerpt {
    bytes: [u8; Self::MAX],
    len: u8,
    cut: bool,
}

impl Excerpt {
    /// Bytes of a value that are kept at the most.
    pub const MAX: usize = 40;

    /// Of what may be shown; of a length there is none.
    pub(crate) fn new(shown: Shown<'_>) -> Option<Self> {
        Self::joined("", shown)
    }

    /// The same, with what belongs in front of it.
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

    /// Of a name that should be a token: where it is none, what it begins with.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::new(Shown::name(name.as_bytes()))
    }

    /// Of an option that should be a host, an address or an origin, without query; `None` of one with user information.
    pub fn of_place(place: &str) -> Option<Self> {
        Self::new(Shown::told(place.as_bytes()))
    }

    /// The bytes kept.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Whether the value was longer than what is kept.
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

/// A reason's words: what is wrong, and with what.
pub trait Reason: Copy + fmt::Debug {
    /// The field or the part of the head that is wrong, such as `Host`.
    fn subject(&self) -> &'static str;
    /// What is wrong with it, such as `missing`.
    fn problem(&self) -> &'static str;
}

/// What is wrong with a message, with the evidence. Small, `Copy`, and borrows nothing.
///
/// It displays as one line: `Host: not a valid authority, got "a b" (byte 17)`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error<R> {
    pub(crate) reason: R,
    pub(crate) offset: Option<u32>,
    pub(crate) limit: Option<u32>,
    pub(crate) value: Option<Excerpt>,
    /// Bytes of a value that is not shown.
    pub(crate) length: Option<u32>,
    pub(crate) context: Option<Excerpt>,
    /// The request was HEAD: its answer has no body.
    pub(crate) to_head: bool,
    /// The request came over HTTP/2 or 3: its answer has no field of a connection.
    pub(crate) extended_connect: bool,
    /// The request asks for something else than WebSocket, and this would be wrong with it all the same.
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

    /// What was received, as far as it may be shown.
    pub(crate) fn with_value(mut self, value: Shown<'_>) -> Self {
        self.value = Excerpt::new(value);
        if let Shown::Length(length) = value {
            self.length = Some(u32::try_from(length).unwrap_or(u32::MAX));
        }
        self
    }

    /// The first of the bytes that are wrong, if there are any: where there are none, something is missing.
    pub(crate) fn with_byte(self, wrong: &[u8]) -> Self {
        Shown::byte(wrong).map_or(self, |byte| self.with_value(byte))
    }

    /// The name of the field that the value stands in: a token.
    pub(crate) fn with_name(self, name: &[u8]) -> Self {
        self.with_context("", Shown::value(name))
    }

    /// What the value was compared with, and what belongs in front of it.
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

    /// The same evidence for another reason, such as a syntax error as a request's.
    pub fn map_reason<T>(self, into: impl FnOnce(R) -> T) -> Error<T> {
        let Self { reason, offset, limit, value, length, context, to_head, extended_connect, not_upgrade } =
            self;
        let reason = into(reason);
        Error { reason, offset, limit, value, length, context, to_head, extended_connect, not_upgrade }
    }

    /// Why.
    pub fn reason(&self) -> R {
        self.reason
    }

    /// The byte of the input at which it was seen, where there is one; of a list, the byte of its line's value.
    pub fn offset(&self) -> Option<usize> {
        self.offset.map(|offset| offset as usize)
    }

    /// The limit that was passed, where one was.
    pub fn limit(&self) -> Option<usize> {
        self.limit.map(|limit| limit as usize)
    }

    /// What was received, as far as it may be shown. Of what may hold a secret nothing is kept but its
    /// [`length`](Self::length): keys, queries, user information, subprotocols that were offered.
    pub fn value(&self) -> Option<&Excerpt> {
        self.value.as_ref()
    }

    /// How many bytes were received, where they are not shown.
    pub fn length(&self) -> Option<usize> {
        self.length.map(|length| length as usize)
    }

    /// What the value was compared with, where it was compared with something.
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
