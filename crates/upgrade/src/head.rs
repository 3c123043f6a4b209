//! Heads that were received, owned: the bytes they came in, viewed again when something is asked of them.

use std::fmt;

use websocket_upgrade_proto as proto;

use proto::Field;
use proto::server::Target;
#[cfg(driver)]
use proto::{BufferTooSmall, EncodeError};

/// The head of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestHead(Box<[u8]>);

impl RequestHead {
    #[cfg(driver)]
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// The parsed view. `None` is not to be expected: a head is kept only if it could be read.
    pub fn view(&self) -> Option<proto::head::RequestHead<'_>> {
        proto::head::RequestHead::reread(&self.0)
    }

    /// The method.
    pub fn method(&self) -> &str {
        self.view().map_or("", |head| head.method())
    }

    /// The request target: path and query, and what comes before them in absolute-form.
    pub fn target(&self) -> Target<'_> {
        Target::parse(self.view().map_or("", |head| head.target()))
    }

    /// The HTTP version: [`HTTP_11`](http::Version::HTTP_11) for later minor versions too (RFC 9110 §6.2).
    pub fn version(&self) -> http::Version {
        match self.view().map(|head| head.minor_version()) {
            Some(0) => http::Version::HTTP_10,
            _ => http::Version::HTTP_11,
        }
    }

    /// The value of the first line of a field, compared without case.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.view()?.fields().get(name)
    }

    /// The field lines, in order.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.view().into_iter().flat_map(|head| head.fields().iter())
    }

    /// The bytes as they came.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As a type of the `http` crate.
    ///
    /// # Errors
    ///
    /// If that crate does not take the target.
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
    /// Of HTTP/1.1.
    Bytes(Box<[u8]>),
    /// Of HTTP/2, which has no bytes that mean anything outside of its connection; or read by hyper.
    #[cfg(feature = "connect")]
    Parsed(Box<Parsed>),
}

/// A head as another's parser gives it.
#[derive(Clone, PartialEq, Eq)]
#[cfg(feature = "connect")]
struct Parsed {
    version: http::Version,
    status: http::StatusCode,
    fields: http::HeaderMap,
}

impl ResponseHead {
    #[cfg(driver)]
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(Kept::Bytes(bytes.into()))
    }

    #[cfg(feature = "connect")]
    pub(crate) fn from_http<B>(response: http::Response<B>) -> (Self, B) {
        let (parts, body) = response.into_parts();
        let parsed = Parsed { version: parts.version, status: parts.status, fields: parts.headers };
        (Self(Kept::Parsed(Box::new(parsed))), body)
    }

    /// The parsed view, where there are bytes: none of a head that came over HTTP/2, or that a proxy has sent.
    pub fn view(&self) -> Option<proto::head::ResponseHead<'_>> {
        proto::head::ResponseHead::reread(self.as_bytes())
    }

    /// The status.
    pub fn status(&self) -> u16 {
        match &self.0 {
            Kept::Bytes(_) => self.view().map_or(0, |head| head.status()),
            #[cfg(feature = "connect")]
            Kept::Parsed(head) => head.status.as_u16(),
        }
    }

    /// Whether the status sends a client elsewhere with the same method (RFC 9110 §15.4): a handshake is a GET.
    pub(crate) fn is_redirect(&self) -> bool {
        matches!(self.status(), 301 | 302 | 303 | 307 | 308)
    }

    /// The value of the first line of a field, compared without case.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        match &self.0 {
            Kept::Bytes(_) => self.view()?.fields().get(name),
            #[cfg(feature = "connect")]
            Kept::Parsed(head) => head.fields.get(name).map(http::HeaderValue::as_bytes),
        }
    }

    /// The field lines: in order where they came over HTTP/1.1; over HTTP/2, whose names are in lower case, with those
    /// of one name together.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        let lines = self.view().into_iter().flat_map(|head| head.fields().iter());
        let map = self.map().into_iter().flatten();
        let map = map.map(|(name, value)| Field { name: name.as_str().as_bytes(), value: value.as_bytes() });
        lines.chain(map)
    }

    fn map(&self) -> Option<&http::HeaderMap> {
        match &self.0 {
            Kept::Bytes(_) => None,
            #[cfg(feature = "connect")]
            Kept::Parsed(head) => Some(&head.fields),
        }
    }

    /// The bytes as they came, folded lines unfolded; empty where it came over HTTP/2, in which a head has no bytes of
    /// its own, or from a proxy.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Kept::Bytes(bytes) => bytes,
            #[cfg(feature = "connect")]
            Kept::Parsed(_) => b"",
        }
    }

    /// As a type of the `http` crate.
    ///
    /// # Errors
    ///
    /// None is to be expected: what a head can have, that crate takes.
    pub fn to_http(&self) -> Result<http::Response<()>, http::Error> {
        let version = match &self.0 {
            Kept::Bytes(_) => http::Version::HTTP_11,
            #[cfg(feature = "connect")]
            Kept::Parsed(head) => head.version,
        };
        let builder = http::Response::builder().status(self.status()).version(version);
        self.fields().fold(builder, |builder, field| builder.header(field.name, field.value)).body(())
    }
}

/// Shows the names of the fields alone: values carry keys, credentials and cookies.
impl fmt::Debug for ResponseHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(map) = self.map() else {
            return self.view().fmt(f);
        };
        let names: Vec<&str> = map.keys().map(http::HeaderName::as_str).collect();
        f.debug_struct("ResponseHead").field("status", &self.status()).field("fields", &names).finish()
    }
}

/// Bytes that are tried first for a head that is written.
#[cfg(driver)]
const USUAL: usize = 512;

/// Encodes into a buffer of the right size. Everything encoded here is HTTP/1.1.
#[cfg(driver)]
pub(crate) fn encode<E: Into<EncodeError>>(encode: impl Fn(&mut [u8]) -> Result<usize, E>) -> Vec<u8> {
    let mut bytes = vec![0; USUAL];
    let len = encode(&mut bytes).or_else(|error| match error.into() {
        EncodeError::BufferTooSmall(BufferTooSmall { needed }) => {
            bytes.resize(needed, 0);
            encode(&mut bytes)
        }
        EncodeError::ExtendedConnect => Ok(0),
    });
    bytes.truncate(len.unwrap_or_default());
    bytes
}

/// Bytes by which a buffer that waits for more grows.
#[cfg(driver)]
const STEP: usize = 512;

/// Appends to a buffer that grows in small steps, so that a connection that waits needs little memory.
#[cfg(driver)]
pub(crate) fn append(buffer: &mut Vec<u8>, bytes: &[u8]) {
    let needed = (buffer.len() + bytes.len()).next_multiple_of(STEP);
    buffer.reserve_exact(needed - buffer.len());
    buffer.extend_from_slice(bytes);
}
