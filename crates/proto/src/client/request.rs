//! A client's request.

use super::options::{Options, OptionsError};
use super::reason::{ResponseError, ResponseReason};
use crate::error::Error;
use crate::extension;
use crate::key::Key;
use crate::limits::Limits;
use crate::uri::Uri;
use crate::write::{BufferTooSmall, Writer};

/// A checked request to upgrade. It can be encoded, and a response can be verified against it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'p, 'o> {
    pub(super) uri: Uri<'o>,
    pub(super) options: Options<'p, 'o>,
}

impl<'p, 'o> Request<'p, 'o> {
    /// Builds a request to this URI (RFC 6455 §4.1).
    ///
    /// # Errors
    ///
    /// If options contradict each other or can't be written. An example is an added field that
    /// [`ExtraFields::check_request`](crate::ExtraFields::check_request) refuses.
    pub fn new(uri: &Uri<'o>, options: &Options<'p, 'o>) -> Result<Self, OptionsError> {
        options.check(uri)?;
        Ok(Self { uri: *uri, options: *options })
    }

    /// Returns the limits for the response.
    pub fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// Counts one more interim response.
    ///
    /// # Errors
    ///
    /// If there are more than the limit.
    pub(super) fn count_interim(&self, interim: &mut usize) -> Result<(), ResponseError> {
        let limit = self.options.limits.interim;
        *interim += 1;
        if *interim > limit {
            return Err(Error::new(ResponseReason::TooManyInterim).with_limit(limit));
        }
        Ok(())
    }

    /// Writes the request (RFC 6455 §4.1) and returns its length in bytes.
    ///
    /// # Errors
    ///
    /// If the request does not fit; the error has the number of bytes needed.
    pub fn encode_h1(&self, key: &Key, dst: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let mut out = Writer::new(dst);
        // Writing to `out` never fails: a full writer only counts.
        out.put(b"GET ");
        let target = self.uri.write_target(&mut out);
        out.put(b" HTTP/1.1\r\nHost: ");
        let authority = self.uri.write_authority(&mut out);
        debug_assert!(target.and(authority).is_ok());
        out.put(
            b"\r\nUpgrade: websocket\r\n\
              Connection: Upgrade\r\n\
              Sec-WebSocket-Version: 13\r\n\
              Sec-WebSocket-Key: ",
        );
        out.put(key.as_bytes());
        out.put(b"\r\n");
        self.put_fields(&mut out);
        out.put(self.options.fields.as_bytes());
        out.put(b"\r\n");
        out.finish()
    }

    /// Writes the field lines that are the same in every HTTP version, without the added ones.
    #[inline]
    pub(super) fn put_fields(&self, out: &mut Writer<'_>) {
        let Options { origin, subprotocols, extensions, .. } = &self.options;
        if let Some(origin) = origin {
            out.put_all(&[b"Origin: ", origin.as_bytes(), b"\r\n"]);
        }
        if self.uri.has_userinfo() {
            out.put(b"Authorization: ");
            self.uri.write_authorization(out);
            out.put(b"\r\n");
        }
        let mut before: &[u8] = b"Sec-WebSocket-Protocol: ";
        for name in subprotocols.iter() {
            out.put_all(&[before, name.as_bytes()]);
            before = b", ";
        }
        if before == b", " {
            out.put(b"\r\n");
        }
        if extensions.is_empty() {
            return;
        }
        let start = out.len();
        out.put(b"Sec-WebSocket-Extensions: ");
        if extension::write_offers(extensions, out) > 0 {
            out.put(b"\r\n");
        } else {
            out.truncate(start);
        }
    }
}
