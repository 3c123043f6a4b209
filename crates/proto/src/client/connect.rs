//! The client's machine for HTTP/2 and 3: what a response to an extended CONNECT means (RFC 8441 §5, RFC 9220 §3).

use super::{Request, ResponseError, ResponseReason};
use crate::connection_specific::is_connection_specific;
use crate::error::Error;
use crate::field::{Field, Fields, Lines, trim};
use crate::head::{Syntax, check_binary_field};
use crate::settings::Settings;

/// A handshake over HTTP/2 or 3: one extended CONNECT, and the responses to it until one is final.
///
/// What is sent is `Request::to_http_connect`, with the feature `http`. There is no key: that the server speaks
/// WebSocket is known from `:protocol`, and `Sec-WebSocket-Accept` is neither required nor looked at (RFC 8441 §5).
#[derive(Debug)]
pub struct ExtendedConnect<'p> {
    request: Request<'p>,
    interim: usize,
}

/// What a response means.
#[derive(Clone, Copy, Debug)]
// One of these is made per handshake, and lives on the stack.
#[allow(clippy::large_enum_variant)]
pub enum Verdict<'p> {
    /// An interim response (1xx), which changes nothing.
    Interim,
    /// The connection is established: the stream carries WebSocket from here on.
    Accepted {
        /// What both sides agreed on.
        settings: Settings<'p>,
    },
    /// The server says no: any other final status. An outcome, not an error.
    Refused,
}

impl<'p> ExtendedConnect<'p> {
    /// The handshake of a request.
    pub fn new(request: Request<'p>) -> Self {
        Self { request, interim: 0 }
    }

    /// What is asked for.
    pub fn request(&self) -> &Request<'p> {
        &self.request
    }

    /// Takes the head of a response and checks it.
    ///
    /// Every 2xx accepts (RFC 9110 §9.3.6). What it says of a body has no meaning there, and is ignored.
    ///
    /// # Errors
    ///
    /// The response breaks the protocol or a limit: reset the stream.
    pub fn receive(&mut self, status: u16, fields: &dyn Fields) -> Result<Verdict<'p>, ResponseError> {
        let mut lines = Lines::default();
        self.collect(fields, &mut lines)?;
        match status {
            101 => Err(Error::new(ResponseReason::SwitchingProtocols)),
            100..=199 => {
                let limit = self.request.limits().interim;
                self.interim += 1;
                if self.interim > limit {
                    return Err(Error::new(ResponseReason::TooManyInterim).with_limit(limit));
                }
                Ok(Verdict::Interim)
            }
            200..=299 => Ok(Verdict::Accepted { settings: self.request.verify_connect(&lines, fields)? }),
            _ => Ok(Verdict::Refused),
        }
    }

    /// Looks at every field line once. A head has as many bytes here as its lines would have in HTTP/1.1.
    fn collect<'a>(&self, fields: &'a dyn Fields, lines: &mut Lines<'a>) -> Result<(), ResponseError> {
        let limits = self.request.limits();
        let (mut count, mut bytes) = (0_usize, 0_usize);
        let mut illegal = None;
        fields.visit(&mut |Field { name, value }| {
            count += 1;
            bytes = bytes.saturating_add(name.len() + value.len() + b": \r\n".len());
            if illegal.is_none() {
                illegal = check_field(name, value).err();
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

/// What makes a response malformed, whatever it says (RFC 9113 §8.2.1, §8.2.2).
fn check_field(name: &[u8], value: &[u8]) -> Result<(), ResponseError> {
    check_binary_field(name, value).map_err(|error| error.map_reason(ResponseReason::Syntax))?;
    if is_connection_specific(name) {
        return Err(Error::new(ResponseReason::ConnectionSpecific).with_name(name));
    }
    Ok(())
}
