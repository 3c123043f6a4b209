//! The answer that accepts: 101 (RFC 6455 §4.2.2 step 5).

use crate::field::ExtraFields;
use crate::key::AcceptValue;
use crate::settings::Settings;
use crate::write::{BufferTooSmall, Writer};

/// A request that is accepted: encode the answer, send it, and the connection is established.
#[derive(Clone, Copy, Debug)]
#[must_use = "the client waits for the answer"]
pub struct Accepted<'p> {
    accept_value: AcceptValue,
    fields: ExtraFields<'p>,
    expects_continue: bool,
    pub(super) settings: Settings<'p>,
}

impl<'p> Accepted<'p> {
    /// Bytes that the answer takes at the most, added fields, subprotocol and extensions not counted.
    pub const MAX_LEN: usize = 256;

    pub(super) fn new(accept_value: AcceptValue, fields: ExtraFields<'p>, expects_continue: bool) -> Self {
        Self { accept_value, fields, expects_continue, settings: Settings::EMPTY }
    }

    /// What both sides agreed on.
    pub fn settings(&self) -> &Settings<'p> {
        &self.settings
    }

    /// `Sec-WebSocket-Accept` (RFC 6455 §4.2.2 step 5.4).
    pub fn accept_value(&self) -> AcceptValue {
        self.accept_value
    }

    /// Writes the answer (RFC 6455 §4.2.2 step 5); how many bytes it has. A 100 goes before the 101 where the client
    /// expects one (RFC 9110 §7.8).
    ///
    /// # Errors
    ///
    /// If it does not fit, how many bytes are needed.
    pub fn encode_h1(&self, dst: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let mut out = Writer::new(dst);
        if self.expects_continue {
            out.put(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        out.put(
            b"HTTP/1.1 101 Switching Protocols\r\n\
              Upgrade: websocket\r\n\
              Connection: Upgrade\r\n\
              Sec-WebSocket-Accept: ",
        );
        out.put(self.accept_value.as_bytes());
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
        out.finish()
    }
}
