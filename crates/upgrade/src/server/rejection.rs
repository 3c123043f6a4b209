//! A rejection that the application defines.

use std::fmt;

use websocket_upgrade_proto as proto;

use proto::field::FieldError;
use proto::server::InvalidStatus;

use crate::options::{checked, push_line};
use crate::upgraded::Length;

/// An application's own refusal of a request: status, headers and body.
///
/// Some statuses require a header. If it is missing, it is added: `WWW-Authenticate` for 401 and
/// `Proxy-Authenticate` for 407, both with the scheme `Unspecified` (RFC 9110 §15.5.2, §15.5.8), `Allow` for 405
/// (§15.5.6), and `Upgrade` for 426 (§15.5.22).
///
/// ```
/// use websocket_upgrade::Rejection;
/// let usual = Rejection::unauthorized("Bearer").body("who are you?\n"); // can't fail
/// let other = Rejection::new(409)?.header("X-Why", "there is one already")?;
/// # drop((usual, other));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `Debug` shows the names of the headers and the length of the body.
#[derive(Clone)]
#[must_use]
pub struct Rejection {
    status: u16,
    lines: Vec<u8>,
    body: Vec<u8>,
}

impl Rejection {
    /// Creates a refusal with this status.
    ///
    /// # Errors
    ///
    /// If the status is not from 300 to 599, or is 304.
    pub fn new(status: u16) -> Result<Self, InvalidStatus> {
        let _ = proto::server::Rejection::new(status)?;
        Ok(Self::usual(status))
    }

    /// Creates a 401 with this challenge in `WWW-Authenticate`, such as `Bearer` or `Basic realm="chat"` (RFC 9110
    /// §11.6.1).
    ///
    /// A challenge with a control character can't be the value of a field. It is replaced by `Unspecified`, and the
    /// request is refused all the same.
    pub fn unauthorized(challenge: impl AsRef<[u8]>) -> Self {
        let mut rejection = Self::usual(401);
        // Nothing is written where it fails.
        let _ = push_line(&mut rejection.lines, "WWW-Authenticate", challenge.as_ref());
        rejection
    }

    /// Creates a 403: the client may not open this WebSocket (RFC 9110 §15.5.4).
    pub fn forbidden() -> Self {
        Self::usual(403)
    }

    /// Creates a 404: there is no WebSocket at this target (RFC 9110 §15.5.5).
    pub fn not_found() -> Self {
        Self::usual(404)
    }

    /// Creates a 429: the client has sent too many requests. `Retry-After` tells it how many seconds to wait (RFC 6585
    /// §4).
    pub fn too_many_requests(retry_after: u32) -> Self {
        Self::later(429, retry_after)
    }

    /// Creates a 503: the server has no room at present. `Retry-After` tells the client how many seconds to wait (RFC
    /// 9110 §15.6.4).
    pub fn unavailable(retry_after: u32) -> Self {
        Self::later(503, retry_after)
    }

    /// Creates a refusal with a status that is known to be one.
    fn usual(status: u16) -> Self {
        Self { status, lines: Vec::new(), body: Vec::new() }
    }

    fn later(status: u16, retry_after: u32) -> Self {
        let mut rejection = Self::usual(status);
        // Digits are the value of a field.
        let _ = push_line(&mut rejection.lines, "Retry-After", retry_after.to_string().as_bytes());
        rejection
    }

    /// Adds a field line. `Connection: close`, `Content-Length` and, if it is missing, `Content-Type` for plain text
    /// are added by the library. Connection-specific fields, such as `Keep-Alive`, are left out over HTTP/2 and
    /// HTTP/3 (RFC 9113 §8.2.2, RFC 9114 §4.2).
    ///
    /// # Errors
    ///
    /// If the name is not a token or is one that the handshake sets itself, or if the value has a control character.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, FieldError> {
        push_line(&mut self.lines, name, value.as_ref())?;
        Ok(self)
    }

    /// Sets the body. It is plain text, unless a `Content-Type` is added.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Returns the status.
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
