//! A refusal of the application's own, owned.

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
/// let rejection = Rejection::new(401)?.header("WWW-Authenticate", "Bearer")?.body("who are you?\n");
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
        Ok(Self { status, lines: Vec::new(), body: Vec::new() })
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

    /// The lines added.
    pub(crate) fn lines(&self) -> &[u8] {
        &self.lines
    }

    /// As the core's, without the lines.
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
