//! The answer that accepts: 101 (RFC 6455 §4.2.2 step 5), or 200 to an extended CONNECT (RFC 8441 §5).

use core::fmt;

use super::bootstrap::Bootstrap;
use crate::field::ExtraFields;
use crate::key::AcceptValue;
use crate::settings::Settings;
use crate::write::{EncodeError, Writer};

/// An accepted request. The connection is established when its answer has been sent.
#[derive(Clone, Copy, Debug)]
#[must_use = "the client waits for the answer"]
pub struct Accepted<'p, 'o> {
    pub(super) accept_value: Option<AcceptValue>,
    bootstrap: Bootstrap,
    expects_continue: bool,
    fields: ExtraFields<'o>,
    pub(super) settings: Settings<'p>,
}

impl<'p, 'o> Accepted<'p, 'o> {
    /// The maximum length of the answer, not counting added fields, the subprotocol and the extensions.
    pub const MAX_LEN: usize = 256;

    /// Accepts with empty settings.
    pub(super) fn new(bootstrap: Bootstrap, fields: ExtraFields<'o>, expects_continue: bool) -> Self {
        Self { accept_value: None, bootstrap, expects_continue, fields, settings: Settings::EMPTY }
    }

    /// Returns the settings that both sides agreed on.
    pub fn settings(&self) -> &Settings<'p> {
        &self.settings
    }

    /// Returns how the connection begins.
    pub fn bootstrap(&self) -> Bootstrap {
        self.bootstrap
    }

    /// Returns the value of `Sec-WebSocket-Accept` (RFC 6455 §4.2.2 step 5.4), if the client sent a key. A client may
    /// ignore it over extended CONNECT (RFC 8441 §5). It is sent for proxies that relay key and answer for a client
    /// over HTTP/1.1.
    pub fn accept_value(&self) -> Option<AcceptValue> {
        self.accept_value
    }

    /// Returns the deviation of the request that the options allowed. It is worth logging.
    pub fn tolerated(&self) -> Option<Deviation> {
        let no_key = self.bootstrap == Bootstrap::Upgrade && self.accept_value.is_none();
        no_key.then_some(Deviation::KeyMissing)
    }

    /// Returns the status: 101 (RFC 6455 §4.2.2 step 5.1), or 200 over extended CONNECT (RFC 8441 §5).
    pub fn status(&self) -> u16 {
        match self.bootstrap {
            Bootstrap::Upgrade => 101,
            Bootstrap::ExtendedConnect => 200,
        }
    }

    /// Calls `each` with the name and value of every field line of the answer, in order. If the client expects a 100
    /// first, the HTTP server must send it.
    pub fn for_each_field(&self, mut each: impl FnMut(&str, &[u8])) {
        if self.bootstrap == Bootstrap::Upgrade {
            each("Upgrade", b"websocket");
            each("Connection", b"Upgrade");
        }
        if let Some(accept_value) = &self.accept_value {
            each("Sec-WebSocket-Accept", accept_value.as_bytes());
        }
        if let Some(subprotocol) = self.settings.subprotocol {
            each("Sec-WebSocket-Protocol", subprotocol.as_bytes());
        }
        let extensions = self.settings.in_use.as_bytes();
        if !extensions.is_empty() {
            each("Sec-WebSocket-Extensions", extensions);
        }
        self.for_each_added(each);
    }

    /// Calls `each` with the added fields that the HTTP version allows.
    pub(crate) fn for_each_added(&self, mut each: impl FnMut(&str, &[u8])) {
        if !self.fields.as_bytes().is_empty() {
            self.bootstrap.for_each_added(&self.fields, &mut each);
        }
    }

    /// Writes the answer over HTTP/1.1 (RFC 6455 §4.2.2 step 5) and returns its length in bytes. If the client
    /// expects a 100, it is written before the 101 (RFC 9110 §7.8).
    ///
    /// # Errors
    ///
    /// If the answer does not fit; the error has the number of bytes needed. Also if it answers an extended CONNECT:
    /// use [`Accepted::status`] and [`Accepted::for_each_field`] there.
    #[inline]
    pub fn encode_h1(&self, dst: &mut [u8]) -> Result<usize, EncodeError> {
        if self.bootstrap == Bootstrap::ExtendedConnect {
            return Err(EncodeError::ExtendedConnect);
        }
        let mut out = Writer::new(dst);
        if self.expects_continue {
            out.put(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        // The fields are those of `for_each_field`, written with as few copies as possible.
        match &self.accept_value {
            Some(accept_value) => {
                out.put(
                    b"HTTP/1.1 101 Switching Protocols\r\n\
                      Upgrade: websocket\r\n\
                      Connection: Upgrade\r\n\
                      Sec-WebSocket-Accept: ",
                );
                out.put(accept_value.as_bytes());
            }
            None => out.put(
                b"HTTP/1.1 101 Switching Protocols\r\n\
                  Upgrade: websocket\r\n\
                  Connection: Upgrade",
            ),
        }
        if let Some(subprotocol) = self.settings.subprotocol {
            out.put_all(&[b"\r\nSec-WebSocket-Protocol: ", subprotocol.as_bytes()]);
        }
        let extensions = self.settings.in_use.as_bytes();
        if !extensions.is_empty() {
            out.put_all(&[b"\r\nSec-WebSocket-Extensions: ", extensions]);
        }
        match self.fields.as_bytes() {
            [] => out.put(b"\r\n\r\n"),
            fields => out.put_all(&[b"\r\n", fields, b"\r\n"]),
        }
        Ok(out.finish()?)
    }
}

/// A deviation from the specification that the options allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deviation {
    /// An HTTP/1.1 request without `Sec-WebSocket-Key` (RFC 6455 §4.2.1 item 5):
    /// [`Options::danger_no_key`](super::Options::danger_no_key).
    KeyMissing,
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyMissing => "Sec-WebSocket-Key: missing",
        })
    }
}
