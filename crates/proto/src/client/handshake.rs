//! The client's machine for HTTP/1.1: what a response means.

use super::body::Body;
use super::{Request, ResponseError, ResponseReason};
use crate::error::Error;
use crate::field::Lines;
use crate::head::{ResponseHead, Scan, Syntax, read_with_lines};
use crate::key::{AcceptValue, Key};
use crate::settings::Settings;
use crate::write::BufferTooSmall;

/// A handshake over HTTP/1.1: one request, and the responses to it until one is final.
#[derive(Clone, Copy, Debug)]
pub struct Handshake<'p> {
    request: Request<'p>,
    key: Key,
    expected: AcceptValue,
    scan: Scan,
    interim: usize,
}

/// Where a [`Handshake`] is. Borrows nothing.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    key: Key,
    expected: AcceptValue,
    scan: Scan,
    interim: usize,
}

/// What the bytes received so far mean.
#[derive(Clone, Copy, Debug)]
// One of these is made per handshake, and lives on the stack.
#[allow(clippy::large_enum_variant)]
pub enum Event<'p, 'b> {
    /// More bytes are needed.
    NeedMore,
    /// An interim response (1xx), which changes nothing. Drop its bytes ([`ResponseHead::head_len`]) and call again
    /// with what is behind them.
    Interim {
        /// The response.
        head: ResponseHead<'b>,
    },
    /// The connection is established. The bytes behind the head are its first.
    Accepted {
        /// What both sides agreed on.
        settings: Settings<'p>,
        /// The 101.
        head: ResponseHead<'b>,
    },
    /// The server says no: any other final status. An outcome, not an error.
    Refused {
        /// The response.
        head: ResponseHead<'b>,
        /// Reads the body that follows the head.
        body: Body,
    },
}

impl<'p> Handshake<'p> {
    /// The handshake of a request, with a nonce of 16 random bytes that has never been used (RFC 6455 §4.1 item 7).
    pub fn new(request: Request<'p>, nonce: &[u8; 16]) -> Self {
        let key = Key::from_nonce(nonce);
        Self { request, key, expected: key.accept_value(), scan: Scan::default(), interim: 0 }
    }

    /// Writes the request (RFC 6455 §4.1); how many bytes it has.
    ///
    /// # Errors
    ///
    /// If it does not fit, how many bytes are needed.
    pub fn encode_h1(&self, dst: &mut [u8]) -> Result<usize, BufferTooSmall> {
        self.request.encode_h1(&self.key, dst)
    }

    /// Takes all bytes received and not dropped yet, from the start of a response, and checks it (RFC 6455 §4.1).
    /// Folded lines are unfolded in place.
    ///
    /// # Errors
    ///
    /// The response breaks the protocol: fail the connection.
    pub fn receive<'b>(&mut self, buf: &'b mut [u8]) -> Result<Event<'p, 'b>, ResponseError> {
        let limits = self.request.limits();
        let mut lines = Lines::default();
        let head = read_with_lines(buf, &mut self.scan, limits, &mut lines)
            .map_err(|error| error.map_reason(ResponseReason::Syntax))?;
        let Some(head) = head else {
            return Ok(Event::NeedMore);
        };
        match head.status() {
            101 => {
                let settings = self.request.verify(&head, &lines, &self.expected)?;
                Ok(Event::Accepted { settings, head })
            }
            100..=199 => {
                self.interim += 1;
                if self.interim > limits.interim {
                    return Err(Error::new(ResponseReason::TooManyInterim).with_limit(limits.interim));
                }
                self.scan = Scan::default();
                Ok(Event::Interim { head })
            }
            _ => Ok(Event::Refused { head, body: Body::of(&head, &lines, limits)? }),
        }
    }

    /// Where the handshake is, apart from the request: for who can't keep what the request borrows from between two
    /// calls, and makes it again.
    pub fn progress(&self) -> Progress {
        let Self { request: _, key, expected, scan, interim } = *self;
        Progress { key, expected, scan, interim }
    }

    /// Goes on with a handshake. The request has to be the one that was sent.
    pub fn resume(request: Request<'p>, progress: &Progress) -> Self {
        let Progress { key, expected, scan, interim } = *progress;
        Self { request, key, expected, scan, interim }
    }

    /// The error for a server that has closed the connection before its response was complete (RFC 9112 §8).
    pub fn closed() -> ResponseError {
        Error::new(ResponseReason::Syntax(Syntax::Closed))
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
        let mut progress = Handshake::new(request(), b"the sample nonce").progress();
        let mut response = *b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\
            Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        let (mut start, len) = (0, response.len());
        for end in 1..=len {
            let mut handshake = Handshake::resume(request(), &progress);
            let event = handshake.receive(&mut response[start..end]).expect("a legal response");
            match event {
                Event::NeedMore => assert!(end < len),
                Event::Interim { head } => start += head.head_len(),
                Event::Accepted { head, .. } => assert_eq!(start + head.head_len(), len),
                Event::Refused { head, .. } => panic!("{head:?}"),
            }
            progress = handshake.progress();
        }
        assert_eq!(progress.interim, 1);
    }
}
