//! Heads that were received, owned: the bytes they came in, viewed again when something is asked of them.

use std::fmt;

use websocket_upgrade_proto as proto;

use proto::Field;
use proto::server::Target;

/// The head of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestHead(Box<[u8]>);

impl RequestHead {
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
        let head = self.view();
        let version = match head.map(|head| head.minor_version()) {
            Some(0) => http::Version::HTTP_10,
            _ => http::Version::HTTP_11,
        };
        let target = head.map_or("", |head| head.target());
        let builder = http::Request::builder().method(self.method()).uri(target).version(version);
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
pub struct ResponseHead(Box<[u8]>);

impl ResponseHead {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// The parsed view. `None` is not to be expected: a head is kept only if it could be read.
    pub fn view(&self) -> Option<proto::head::ResponseHead<'_>> {
        proto::head::ResponseHead::reread(&self.0)
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.view().map_or(0, |head| head.status())
    }

    /// The value of the first line of a field, compared without case.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.view()?.fields().get(name)
    }

    /// The field lines, in order.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.view().into_iter().flat_map(|head| head.fields().iter())
    }

    /// The bytes as they came, folded lines unfolded.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As a type of the `http` crate.
    ///
    /// # Errors
    ///
    /// None is to be expected: what a head can have, that crate takes.
    pub fn to_http(&self) -> Result<http::Response<()>, http::Error> {
        let builder = http::Response::builder().status(self.status());
        self.fields().fold(builder, |builder, field| builder.header(field.name, field.value)).body(())
    }
}

impl fmt::Debug for ResponseHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}
