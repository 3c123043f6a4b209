//! Heads that were received, as owned values: they keep the received bytes, and parse them again when they are asked.

use std::fmt;

#[cfg(driver)]
use bytes::Bytes;
use websocket_upgrade_proto as proto;

use proto::Field;
use proto::server::Target;
#[cfg(driver)]
use proto::{BufferTooSmall, EncodeError};

/// The head of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestHead(Box<[u8]>);

impl RequestHead {
    /// A head of this length, and the bytes that were received behind it.
    #[cfg(driver)]
    pub(crate) fn split(received: &[u8], len: usize) -> (Self, Bytes) {
        let (head, rest) = received.split_at_checked(len).unwrap_or_default();
        (Self(head.into()), Bytes::copy_from_slice(rest))
    }

    /// Takes the head out of a place that needs it no more.
    #[cfg(driver)]
    pub(crate) fn take(&mut self) -> Self {
        Self(std::mem::take(&mut self.0))
    }

    /// Returns the parsed view. `None` is not expected: a head is kept only if it could be parsed.
    pub fn view(&self) -> Option<proto::head::RequestHead<'_>> {
        proto::head::RequestHead::reread(&self.0)
    }

    /// Returns the method.
    pub fn method(&self) -> &str {
        self.view().map_or("", |head| head.method())
    }

    /// Returns the request target: path and query, in absolute-form also scheme and authority (RFC 9112 §3.2).
    pub fn target(&self) -> Target<'_> {
        Target::parse(self.view().map_or("", |head| head.target()))
    }

    /// Returns the HTTP version. It is [`HTTP_11`](http::Version::HTTP_11) for later minor versions too (RFC 9110
    /// §6.2).
    pub fn version(&self) -> http::Version {
        match self.view().map(|head| head.minor_version()) {
            Some(0) => http::Version::HTTP_10,
            _ => http::Version::HTTP_11,
        }
    }

    /// Returns the value of the first line of a field. The name compares without case.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.view()?.fields().get(name)
    }

    /// Returns the field lines, in order.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.view().into_iter().flat_map(|head| head.fields().iter())
    }

    /// Returns the bytes as they were received.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Converts it to a type of the `http` crate.
    ///
    /// # Errors
    ///
    /// If that crate does not accept the target.
    pub fn to_http(&self) -> Result<http::Request<()>, http::Error> {
        let target = self.view().map_or("", |head| head.target());
        let builder = http::Request::builder().method(self.method()).uri(target).version(self.version());
        self.fields().fold(builder, |builder, field| builder.header(field.name, field.value)).body(())
    }
}

impl fmt::Debug for RequestHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

/// The head of a response, interim or final.
#[derive(Clone, PartialEq, Eq)]
pub struct ResponseHead(Kept);

#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(not(driver), allow(dead_code))] // drivers alone read heads
enum Kept {
    /// A head over HTTP/1.1.
    Bytes(Box<[u8]>),
    /// A head over HTTP/2, whose bytes mean nothing outside of its connection, or a head that hyper has read.
    #[cfg(parsed_heads)]
    Parsed(Box<Parsed>),
}

/// A head that another parser has read.
#[derive(Clone, PartialEq, Eq)]
#[cfg(parsed_heads)]
struct Parsed {
    version: http::Version,
    status: http::StatusCode,
    fields: http::HeaderMap,
}

impl ResponseHead {
    /// A head of this length, and the bytes that were received behind it.
    #[cfg(driver)]
    pub(crate) fn split(received: &[u8], len: usize) -> (Self, Bytes) {
        let (head, rest) = received.split_at_checked(len).unwrap_or_default();
        (Self(Kept::Bytes(head.into())), Bytes::copy_from_slice(rest))
    }

    #[cfg(parsed_heads)]
    pub(crate) fn from_http<B>(response: http::Response<B>) -> (Self, B) {
        let (parts, body) = response.into_parts();
        let parsed = Parsed { version: parts.version, status: parts.status, fields: parts.headers };
        (Self(Kept::Parsed(Box::new(parsed))), body)
    }

    /// Returns the parsed view. `None` for a head that came over HTTP/2 or from a proxy: it has no bytes.
    pub fn view(&self) -> Option<proto::head::ResponseHead<'_>> {
        proto::head::ResponseHead::reread(self.as_bytes())
    }

    /// Returns the status.
    pub fn status(&self) -> u16 {
        match &self.0 {
            Kept::Bytes(_) => self.view().map_or(0, |head| head.status()),
            #[cfg(parsed_heads)]
            Kept::Parsed(head) => head.status.as_u16(),
        }
    }

    /// Returns whether the status redirects a GET request, as a handshake is one (RFC 9110 §15.4).
    pub(crate) fn is_redirect(&self) -> bool {
        matches!(self.status(), 301 | 302 | 303 | 307 | 308)
    }

    /// Returns the value of the first line of a field. The name compares without case.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        match &self.0 {
            Kept::Bytes(_) => self.view()?.fields().get(name),
            #[cfg(parsed_heads)]
            Kept::Parsed(head) => head.fields.get(name).map(http::HeaderValue::as_bytes),
        }
    }

    /// Returns the field lines. Over HTTP/1.1 they are in order. Over HTTP/2 the names are in lower case, and lines
    /// with the same name are next to each other.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        let lines = self.view().into_iter().flat_map(|head| head.fields().iter());
        let map = self.map().into_iter().flatten();
        let map = map.map(|(name, value)| Field { name: name.as_str().as_bytes(), value: value.as_bytes() });
        lines.chain(map)
    }

    fn map(&self) -> Option<&http::HeaderMap> {
        match &self.0 {
            Kept::Bytes(_) => None,
            #[cfg(parsed_heads)]
            Kept::Parsed(head) => Some(&head.fields),
        }
    }

    /// Returns the bytes as they were received, with folded lines unfolded. They are empty for a head that came over
    /// HTTP/2 or from a proxy.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Kept::Bytes(bytes) => bytes,
            #[cfg(parsed_heads)]
            Kept::Parsed(_) => b"",
        }
    }

    /// Converts it to a type of the `http` crate.
    ///
    /// # Errors
    ///
    /// None is expected: that crate accepts everything that a head can contain.
    pub fn to_http(&self) -> Result<http::Response<()>, http::Error> {
        let version = match &self.0 {
            Kept::Bytes(_) => http::Version::HTTP_11,
            #[cfg(parsed_heads)]
            Kept::Parsed(head) => head.version,
        };
        let builder = http::Response::builder().status(self.status()).version(version);
        self.fields().fold(builder, |builder, field| builder.header(field.name, field.value)).body(())
    }
}

/// Shows only the names of the fields, since values carry keys, credentials and cookies.
impl fmt::Debug for ResponseHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(map) = self.map() else {
            return self.view().fmt(f);
        };
        let names: Vec<&str> = map.keys().map(http::HeaderName::as_str).collect();
        f.debug_struct("ResponseHead").field("status", &self.status()).field("fields", &names).finish()
    }
}

/// The size of the first buffer for a head that is written, in bytes.
#[cfg(driver)]
pub(crate) const USUAL: usize = 512;

/// A head that has been encoded into a buffer or, if it did not fit, into memory of its own.
#[cfg(driver)]
pub(crate) enum Encoded {
    /// The first bytes of the buffer: so many.
    Inside(usize),
    Outside(Vec<u8>),
}

#[cfg(driver)]
impl Encoded {
    /// Encodes into `buffer` if there is enough room. Everything encoded here is HTTP/1.1.
    pub(crate) fn new<E: Into<EncodeError>>(
        buffer: &mut [u8],
        encode: impl Fn(&mut [u8]) -> Result<usize, E>,
    ) -> Self {
        match encode(buffer).map_err(Into::into) {
            Ok(len) => Self::Inside(len),
            Err(EncodeError::BufferTooSmall(BufferTooSmall { needed })) => {
                let mut bytes = vec![0; needed];
                let len = encode(&mut bytes).unwrap_or_default();
                bytes.truncate(len);
                Self::Outside(bytes)
            }
            Err(EncodeError::ExtendedConnect) => Self::Inside(0),
        }
    }

    /// The bytes. `buffer` is the one that they were encoded into.
    pub(crate) fn bytes<'b>(&'b self, buffer: &'b [u8]) -> &'b [u8] {
        match self {
            Self::Inside(len) => buffer.get(..*len).unwrap_or_default(),
            Self::Outside(bytes) => bytes,
        }
    }
}

/// Encodes into memory of its own. Everything encoded here is HTTP/1.1.
#[cfg(driver)]
pub(crate) fn encode<E: Into<EncodeError>>(encode: impl Fn(&mut [u8]) -> Result<usize, E>) -> Vec<u8> {
    let mut buffer = vec![0; USUAL];
    match Encoded::new(&mut buffer, encode) {
        Encoded::Inside(len) => {
            buffer.truncate(len);
            buffer
        }
        Encoded::Outside(bytes) => bytes,
    }
}

/// How many bytes a buffer that waits for more grows by: little at first, for a head that has only begun.
#[cfg(driver)]
const STEPS: (usize, usize) = (128, 512);

/// Appends to a buffer that grows in small steps, so that a connection that waits needs little memory.
#[cfg(driver)]
pub(crate) fn append(buffer: &mut Vec<u8>, bytes: &[u8]) {
    let needed = buffer.len() + bytes.len();
    let step = if needed <= STEPS.1 { STEPS.0 } else { STEPS.1 };
    buffer.reserve_exact(needed.next_multiple_of(step) - buffer.len());
    buffer.extend_from_slice(bytes);
}
