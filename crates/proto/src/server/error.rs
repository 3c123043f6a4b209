//! The error of a request: what is wrong with it, and what its answer depends on.

use core::fmt;

use super::bootstrap::Bootstrap;
use super::reason::{Fault, RequestReason};
use crate::error::{Error, Excerpt};
use crate::head::{HeadError, Syntax};
use crate::limits::Limits;

/// The error of a request. It is small and `Copy`, and borrows nothing. Its [`rejection`](Self::rejection) answers the
/// request.
///
/// It displays as one line: `Host: not a host and perhaps a port, got "a b" (byte 17)`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestError {
    fault: Fault,
    bootstrap: Bootstrap,
    /// Whether the request was HEAD, so that its answer has no body.
    to_head: bool,
    /// Whether the request does not ask for WebSocket, although the fault is another one, such as a missing `Host`.
    not_upgrade: bool,
}

impl From<Fault> for RequestError {
    /// Makes the error of a request over HTTP/1.1 whose method is not HEAD.
    #[cold]
    fn from(fault: Fault) -> Self {
        Self { fault, bootstrap: Bootstrap::Upgrade, to_head: false, not_upgrade: false }
    }
}

impl RequestError {
    pub(super) fn new(reason: RequestReason) -> Self {
        Error::new(reason).into()
    }

    /// Makes the error of a request from the error of its head. `buf` is the input of
    /// [`read_request`](crate::head::read_request).
    pub fn of_head(error: HeadError, buf: &[u8], limits: &Limits) -> Self {
        // Bytes after the error, or beyond the limit, may not have arrived yet, so the result must not depend on them.
        let before = buf.get(..error.offset().unwrap_or(limits.head)).unwrap_or(buf);
        let to_head = before.trim_ascii_start().starts_with(b"HEAD ");
        Self::from(error.map_reason(RequestReason::Syntax)).to_head(to_head)
    }

    /// The error for a head that is not complete at the deadline: 408 (RFC 9110 §15.5.9).
    pub fn deadline() -> Self {
        Self::new(RequestReason::Deadline)
    }

    /// The error for a client that closes its side before the head is complete: 400 (RFC 9112 §8).
    pub fn closed() -> Self {
        Self::new(RequestReason::Syntax(Syntax::Closed))
    }

    /// The error for a head that another parser does not read any further, since it is larger than the limit `head`:
    /// 431 (RFC 6585 §5).
    pub fn too_large(limits: &Limits) -> Self {
        Error::new(RequestReason::Syntax(Syntax::HeadTooLarge)).with_limit(limits.head).into()
    }

    /// Sets how the connection would have begun.
    pub(super) fn over(mut self, bootstrap: Bootstrap) -> Self {
        self.bootstrap = bootstrap;
        self
    }

    /// Sets whether the request was HEAD.
    pub(super) fn to_head(mut self, to_head: bool) -> Self {
        self.to_head = to_head;
        self
    }

    /// Sets whether the request does not ask for WebSocket.
    pub(super) fn not_upgrade(mut self, not_upgrade: bool) -> Self {
        self.not_upgrade = not_upgrade;
        self
    }

    /// Returns how the connection would have begun.
    pub fn bootstrap(&self) -> Bootstrap {
        self.bootstrap
    }

    pub(super) fn is_to_head(&self) -> bool {
        self.to_head
    }

    /// Returns whether the request is neither an upgrade nor an extended CONNECT. A server that also speaks HTTP
    /// should answer it as an HTTP request; any other server sends the [`rejection`](RequestError::rejection).
    ///
    /// The reason may be another error: a request without `Host`, or with a body of uncertain length, gets 400
    /// whatever it asks for (RFC 9112 §3.2, §6.3).
    pub fn is_not_upgrade(&self) -> bool {
        self.not_upgrade || self.reason().is_not_upgrade()
    }

    /// Returns the reason.
    pub fn reason(&self) -> RequestReason {
        self.fault.reason()
    }

    /// Returns the offset of the error in the input: [`Error::offset`].
    pub fn offset(&self) -> Option<usize> {
        self.fault.offset()
    }

    /// Returns the limit that was exceeded, if one was.
    pub fn limit(&self) -> Option<usize> {
        self.fault.limit()
    }

    /// Returns the received value, as far as it may be shown: [`Error::value`].
    pub fn value(&self) -> Option<&Excerpt> {
        self.fault.value()
    }

    /// Returns the number of received bytes, if the value is not shown.
    pub fn length(&self) -> Option<usize> {
        self.fault.length()
    }

    /// Returns the name of the wrong field: [`Error::field_name`].
    pub fn field_name(&self) -> Option<&Excerpt> {
        self.fault.field_name()
    }

    /// Returns the text that the value was compared with. That is the server's origin or authority for `Origin`, and
    /// `:authority` for `Host`.
    pub fn compared_with(&self) -> Option<&Excerpt> {
        self.fault.compared_with()
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.fault, f)
    }
}

impl fmt::Debug for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.fault, f)
    }
}

impl core::error::Error for RequestError {}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::*;
    use crate::shown::Shown;

    #[test]
    fn an_error_has_the_evidence_of_its_fault() {
        for fault in [
            Error::new(RequestReason::HostMalformed).with_value(Shown::value(b"a b")).at(17),
            Error::new(RequestReason::KeyMalformed).with_value(Shown::length(b"secret")),
            Error::new(RequestReason::Syntax(Syntax::HeadTooLarge)).with_limit(8),
            Error::new(RequestReason::ConnectionSpecific).with_name(b"Upgrade"),
            Error::new(RequestReason::OriginNotAllowed).with_compared("https://", Shown::value(b"a")),
        ] {
            let error = RequestError::from(fault).over(Bootstrap::ExtendedConnect).to_head(true);
            assert_eq!(error.reason(), fault.reason());
            assert_eq!((error.offset(), error.limit()), (fault.offset(), fault.limit()));
            assert_eq!((error.value(), error.length()), (fault.value(), fault.length()));
            assert_eq!(error.field_name(), fault.field_name());
            assert_eq!(error.compared_with(), fault.compared_with());
            assert_eq!(format!("{error} {error:?}"), format!("{fault} {fault:?}"));
        }
    }
}
