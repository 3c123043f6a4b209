//! A rejection that the application defines.

use std::fmt;

use websocket_upgrade_proto as proto;

use proto::field::FieldError;
use proto::server::InvalidStatus;

use crate::options::{checked, push_line};
use crate::upgraded::Length;

/// How an application refuses a request: status, headers and body of its own.
///
/// What the status requires is added where the headers have none: `WWW-Authenticate` of a 401 and `Proxy-Authenticate`
/// of a 407, with the scheme `Unspecified`, since the application alone knows a scheme (RFC 9110 §15.5.2, §15.5.8);
/// `Allow` of a 405 (§15.5.6); `Upgrade` of a 426 (§15.5.22).
///
/// ```
/// use websocket_upgrade::Rejection;
/// let usual = Rejection::unauthorized("Bearer").body("who are you?\n"); // can't fail
/// let other = Rejection::new(409)?.header("X-Why", "there is one already")?;
/// # drop((usual, other));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `Debug` shows the names of the headers, and how long the body is.
#[derive(Clone)]
#[must_use]
pub struct Rejection {
    status: u16,
    lines: Vec<u8>,
    body: Vec<u8>,
}

impl Rejection {
    /// A refusal with this status.
    ///
    /// # Errors
    ///
    /// If the status is none that refuses: one from 300 to 599, save 304.
    pub fn new(status: u16) -> Result<Self, InvalidStatus> {
        let _ = proto::server::Rejection::new(status)?;
        Ok(Self::usual(status))
    }

    /// 401, with this challenge in `WWW-Authenticate`: `Bearer`, or `Basic realm="chat"` (RFC 9110 §11.6.1).
    ///
    /// A challenge that can't be the value of a field, since it has a control character, is left out. The request is
    /// refused all the same, with the challenge `Unspecified`.
    pub fn unauthorized(challenge: impl AsRef<[u8]>) -> Self {
        let mut rejection = Self::usual(401);
        // Nothing is written where it fails.
        let _ = push_line(&mut rejection.lines, "WWW-Authenticate", challenge.as_ref());
        rejection
    }

    /// 403: the client is known well enough, and may not.
    pub fn forbidden() -> Self {
        Self::usual(403)
    }

    /// 404: there is no WebSocket at this target.
    pub fn not_found() -> Self {
        Self::usual(404)
    }

    /// 429: the client has asked too often. It may ask again after so many seconds, as `Retry-After` says (RFC 6585
    /// §4).
    pub fn too_many_requests(retry_after: u32) -> Self {
        Self::later(429, retry_after)
    }

    /// 503: there is no room for it now. The client may ask again after so many seconds, as `Retry-After` says (RFC
    /// 9110 §15.6.4).
    pub fn unavailable(retry_after: u32) -> Self {
        Self::later(503, retry_after)
    }

    /// With a status that refuses.
    fn usual(status: u16) -> Self {
        Self { status, lines: Vec::new(), body: Vec::new() }
    }

    fn later(status: u16, retry_after: u32) -> Self {
        let mut rejection = Self::usual(status);
        // Digits are the value of a field.
        let _ = push_line(&mut rejection.lines, "Retry-After", retry_after.to_string().as_bytes());
        rejection
    }

    /// Adds a field line. `Connection: close`, `Content-Length` and, for plain text, `Content-Type` are there already.
    /// Connection-specific fields, such as `Keep-Alive`, are left out over HTTP/2 (RFC 9113 §8.2.2).
    ///
    /// # Errors
    ///
    /// If the name is not a token, or one that the handshake sets itself; if the value has a control character.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, FieldError> {
        push_line(&mut self.lines, name, value.as_ref())?;
        Ok(self)
    }

    /// The body: plain text, unless there is another `Content-Type`.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }
}

#[cfg(driver)]
impl Rejection {
    /// The lines added.
    pub(crate) fn lines(&self) -> &[u8] {
        &self.lines
    }

    /// The core's rejection, without the added lines.
    pub(crate) fn core(&self) -> Result<proto::server::Rejection<'_>, InvalidStatus> {
        Ok(proto::server::Rejection::new(self.status)?.with_body(&self.body))
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection")
            .field("status", &self.status)
            .field("headers", &checked(&self.lines))
            .field("body", &Length(&self.body))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Status, and the lines written, of those that can't fail.
    #[test]
    fn the_usual_refusals() {
        let cases: [(Rejection, u16, &[u8]); 6] = [
            (Rejection::unauthorized("Bearer"), 401, b"WWW-Authenticate: Bearer\r\n"),
            (Rejection::unauthorized("Bearer\r\nX-Injected: 1"), 401, b""),
            (Rejection::forbidden(), 403, b""),
            (Rejection::not_found(), 404, b""),
            (Rejection::too_many_requests(30), 429, b"Retry-After: 30\r\n"),
            (Rejection::unavailable(1), 503, b"Retry-After: 1\r\n"),
        ];
        for (rejection, status, lines) in cases {
            assert_eq!((rejection.status(), rejection.lines()), (status, lines));
            assert!(rejection.core().is_ok(), "{status}");
        }
    }
}
