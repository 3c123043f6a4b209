//! The client's side of an extended CONNECT over HTTP/2 and 3 (RFC 8441 §5, RFC 9220 §3).

use super::reason::{ResponseError, ResponseReason};
use super::request::Request;
use crate::connection_specific::is_connection_specific;
use crate::error::Error;
use crate::field::{Field, Fields, Lines};
use crate::head::{Framing, Syntax, check_field};
use crate::rules::trim;
use crate::settings::Settings;

/// A handshake over HTTP/2 or 3: one extended CONNECT, and its responses up to the final one.
///
/// Send the request that `Request::to_http_connect` (feature `http`) builds. There is no key: `:protocol` tells that
/// the server speaks WebSocket. `Sec-WebSocket-Accept` is neither required nor checked (RFC 8441 §5).
#[derive(Debug)]
pub struct ExtendedConnect<'p, 'o> {
    request: Request<'p, 'o>,
    interim: usize,
}

/// The meaning of a response.
#[derive(Clone, Copy, Debug)]
// One of these is made per handshake, and lives on the stack.
#[allow(clippy::large_enum_variant)]
pub enum Verdict<'p> {
    /// An interim response (1xx). The handshake goes on.
    Interim,
    /// The connection is established: from here on the stream carries WebSocket.
    Accepted {
        /// The settings that both sides agreed on.
        settings: Settings<'p>,
    },
    /// The server refused with another final status. This is an outcome, not an error.
    Refused,
}

impl<'p, 'o> ExtendedConnect<'p, 'o> {
    /// Starts the handshake of a request.
    pub fn new(request: Request<'p, 'o>) -> Self {
        Self { request, interim: 0 }
    }

    /// Returns the request of this handshake.
    pub fn request(&self) -> &Request<'p, 'o> {
        &self.request
    }

    /// Checks the head of a response.
    ///
    /// Every 2xx accepts (RFC 9110 §9.3.6). Fields of it that describe a body have no meaning there and are ignored.
    ///
    /// # Errors
    ///
    /// The response breaks the protocol or exceeds a limit: reset the stream.
    pub fn receive(&mut self, status: u16, fields: &dyn Fields) -> Result<Verdict<'p>, ResponseError> {
        let mut lines = Lines::default();
        self.collect(fields, &mut lines)?;
        match status {
            101 => Err(Error::new(ResponseReason::SwitchingProtocols)),
            100..=199 => {
                self.request.count_interim(&mut self.interim)?;
                Ok(Verdict::Interim)
            }
            200..=299 => Ok(Verdict::Accepted { settings: self.request.judge_connect(&lines, fields)? }),
            _ => Ok(Verdict::Refused),
        }
    }

    /// Reads every field line once. The head's length is counted as the bytes that its lines would have in HTTP/1.1.
    fn collect<'a>(&self, fields: &'a dyn Fields, lines: &mut Lines<'a>) -> Result<(), ResponseError> {
        let limits = self.request.limits();
        let (mut count, mut bytes) = (0_usize, 0_usize);
        let mut illegal = None;
        fields.visit(&mut |Field { name, value }| {
            count += 1;
            bytes = bytes.saturating_add(name.len() + value.len() + b": \r\n".len());
            if illegal.is_none() {
                illegal = check_line(name, value).err();
            }
            lines.push(Field { name, value: trim(value) });
        });
        let too_large = |syntax, limit| Err(Error::new(ResponseReason::Syntax(syntax)).with_limit(limit));
        if bytes > limits.head {
            too_large(Syntax::HeadTooLarge, limits.head)
        } else if count > limits.fields {
            too_large(Syntax::TooManyFields, limits.fields)
        } else {
            illegal.map_or(Ok(()), Err)
        }
    }
}

/// Checks what makes a response malformed whatever its status (RFC 9113 §8.2.1, §8.2.2).
fn check_line(name: &[u8], value: &[u8]) -> Result<(), ResponseError> {
    check_field(Framing::Binary, name, value).map_err(|error| error.map_reason(ResponseReason::Syntax))?;
    if is_connection_specific(name) {
        return Err(Error::new(ResponseReason::ConnectionSpecific).with_name(name));
    }
    Ok(())
}
