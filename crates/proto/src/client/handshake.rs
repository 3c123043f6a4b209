//! The client's side of the handshake over HTTP/1.1.

use super::body::Body;
use super::reason::{ResponseError, ResponseReason};
use super::request::Request;
use crate::error::Error;
use crate::field::Lines;
use crate::head::{ResponseHead, Scan, Syntax, read_with_lines};
use crate::key::{AcceptValue, Key};
use crate::settings::Settings;
use crate::write::BufferTooSmall;

/// A handshake over HTTP/1.1: one request, and its responses up to the final one.
#[derive(Debug)]
pub struct Handshake<'p, 'o> {
    request: Request<'p, 'o>,
    progress: Progress,
}

/// A [`Handshake`] without its request. It borrows nothing. It is for callers that can't store the request between two
/// calls, and build it again for each.
#[derive(Debug)]
pub struct Progress {
    key: Key,
    expected: AcceptValue,
    scan: Scan,
    interim: usize,
}

/// The meaning of the bytes received so far.
#[derive(Debug)]
// One of these is made per handshake, and lives on the stack.
#[allow(clippy::large_enum_variant)]
pub enum Event<'p, 'b> {
    /// More bytes are needed.
    NeedMore,
    /// An interim response (1xx). The handshake goes on: drop the bytes of the response ([`ResponseHead::head_len`])
    /// and call again with the bytes after them.
    Interim {
        /// The response.
        head: ResponseHead<'b>,
    },
    /// The connection is established. The bytes after the head are its first bytes.
    Accepted {
        /// The settings that both sides agreed on.
        settings: Settings<'p>,
        /// The 101 response.
        head: ResponseHead<'b>,
    },
    /// The server refused with another final status. This is an outcome, not an error.
    Refused {
        /// The response.
        head: ResponseHead<'b>,
        /// The reader for the body that follows the head.
        body: Body,
    },
}

impl<'p, 'o> Handshake<'p, 'o> {
    /// Starts the handshake of a request. The nonce must be 16 random bytes that have never been used (RFC 6455 §4.1
    /// item 7).
    pub fn new(request: Request<'p, 'o>, nonce: &[u8; 16]) -> Self {
        Self { request, progress: Progress::new(nonce) }
    }

    /// Writes the request (RFC 6455 §4.1) and returns its length in bytes.
    ///
    /// # Errors
    ///
    /// If the request does not fit; the error has the number of bytes needed.
    pub fn encode_h1(&self, dst: &mut [u8]) -> Result<usize, BufferTooSmall> {
        self.progress.encode_h1(&self.request, dst)
    }

    /// Checks a response (RFC 6455 §4.1). `buf` must hold all bytes received and not dropped yet, from the start of
    /// the response. Folded lines are unfolded in place.
    ///
    /// # Errors
    ///
    /// The response breaks the protocol: fail the connection.
    pub fn receive<'b>(&mut self, buf: &'b mut [u8]) -> Result<Event<'p, 'b>, ResponseError> {
        self.progress.receive(&self.request, buf)
    }

    /// Returns the error for a server that closed the connection before its response was complete (RFC 9112 §8).
    pub fn closed() -> ResponseError {
        Error::new(ResponseReason::Syntax(Syntax::Closed))
    }
}

impl Progress {
    /// Starts a handshake, as [`Handshake::new`] does.
    pub fn new(nonce: &[u8; 16]) -> Self {
        let key = Key::from_nonce(nonce);
        Self { key, expected: key.accept_value(), scan: Scan::default(), interim: 0 }
    }

    /// Writes `request`, as [`Handshake::encode_h1`] does.
    ///
    /// # Errors
    ///
    /// If the request does not fit; the error has the number of bytes needed.
    pub fn encode_h1(&self, request: &Request<'_, '_>, dst: &mut [u8]) -> Result<usize, BufferTooSmall> {
        request.encode_h1(&self.key, dst)
    }

    /// Checks a response, as [`Handshake::receive`] does. `request` must be the one that was sent.
    ///
    /// # Errors
    ///
    /// The response breaks the protocol: fail the connection.
    pub fn receive<'p, 'b>(
        &mut self,
        request: &Request<'p, '_>,
        buf: &'b mut [u8],
    ) -> Result<Event<'p, 'b>, ResponseError> {
        let limits = request.limits();
        let mut lines = Lines::default();
        let head = read_with_lines(buf, &mut self.scan, limits, &mut lines)
            .map_err(|error| error.map_reason(ResponseReason::Syntax))?;
        let Some(head) = head else {
            return Ok(Event::NeedMore);
        };
        match head.status() {
            101 => {
                let settings = request.judge(&head, &lines, &self.expected)?;
                Ok(Event::Accepted { settings, head })
            }
            100..=199 => {
                request.count_interim(&mut self.interim)?;
                self.scan = Scan::default();
                Ok(Event::Interim { head })
            }
            _ => Ok(Event::Refused { head, body: Body::of(&head, &lines, limits)? }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Options;
    use crate::uri::Uri;

    #[test]
    fn a_handshake_goes_on_where_it_was() {
        let uri = Uri::parse("ws://a/").expect("a URI");
        let request = || Request::new(&uri, &Options::new()).expect("legal options");
        let mut progress = Progress::new(b"the sample nonce");
        let (mut sent, mut expected) = ([0; 256], [0; 256]);
        let len = progress.encode_h1(&request(), &mut sent).expect("room for it");
        let handshake = Handshake::new(request(), b"the sample nonce");
        assert_eq!(handshake.encode_h1(&mut expected), Ok(len));
        assert_eq!(sent, expected);
        let key = Key::from_nonce(b"the sample nonce");
        assert_eq!(request().encode_h1(&key, &mut expected), Ok(len));
        assert_eq!(sent, expected);
        let mut response = *b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\
            Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        let (mut start, len) = (0, response.len());
        for end in 1..=len {
            let event = progress.receive(&request(), &mut response[start..end]).expect("a legal response");
            match event {
                Event::NeedMore => assert!(end < len),
                Event::Interim { head } => start += head.head_len(),
                Event::Accepted { head, .. } => assert_eq!(start + head.head_len(), len),
                Event::Refused { head, .. } => panic!("{head:?}"),
            }
        }
        assert_eq!(progress.interim, 1);
    }
}
