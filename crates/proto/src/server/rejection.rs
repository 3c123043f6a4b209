//! The answer that refuses: status, fields, a text that says why, and the end of the connection.

use core::fmt::{self, Write as _};

use super::{RequestError, RequestReason};
use crate::field::ExtraFields;
use crate::head::{HeadError, Syntax};
use crate::limits::Limits;
use crate::write::{BufferTooSmall, Writer};

/// A refusal, as it is sent: every one closes the connection (RFC 9112 §9.6), so that nothing behind the request can be
/// taken for another one.
///
/// After it has been sent, close in stages: end the sending side, go on reading and discarding until the client closes
/// or a deadline comes, and only then close. Otherwise a reset can erase the answer before the client has read it.
#[derive(Clone, Copy, Debug)]
#[must_use = "the client waits for the answer"]
pub struct Rejection<'p> {
    status: u16,
    text: Text<'p>,
    fields: ExtraFields<'p>,
    retry_after: Option<u32>,
    shows_version: bool,
    to_head: bool,
}

#[derive(Clone, Copy, Debug)]
enum Text<'p> {
    Error(RequestError),
    Body(&'p [u8]),
}

impl RequestError {
    /// The answer to a request with this error.
    pub fn rejection(&self) -> Rejection<'static> {
        Rejection {
            status: self.reason.status(),
            text: Text::Error(*self),
            fields: ExtraFields::NONE,
            retry_after: None,
            shows_version: self.reason.shows_version(),
            to_head: self.to_head,
        }
    }

    /// What is wrong with a head that [`read_request`](crate::head::read_request) refuses, with what it was given.
    pub fn of_head(error: HeadError, buf: &[u8], limits: &Limits) -> Self {
        // What lies behind the error, or behind the limit, may not have arrived yet: it has no say.
        let before = buf.get(..error.offset().unwrap_or(limits.head)).unwrap_or(buf);
        let to_head = before.trim_ascii_start().starts_with(b"HEAD ");
        error.map_reason(RequestReason::Syntax).to_head(to_head)
    }

    /// The head was not complete at the deadline: 408 (RFC 9110 §15.5.9).
    pub fn deadline() -> Self {
        Self::new(RequestReason::Deadline)
    }

    /// The client has closed its side before the head was complete: 400 (RFC 9112 §8).
    pub fn closed() -> Self {
        Self::new(RequestReason::Syntax(Syntax::Closed))
    }
}

impl<'p> Rejection<'p> {
    /// A refusal of the application's own (RFC 6455 §4.2.2).
    ///
    /// # Errors
    ///
    /// If the status is none that refuses: one from 300 to 599, save 304.
    pub fn new(status: u16) -> Result<Self, InvalidStatus> {
        if !(300..=599).contains(&status) || status == 304 {
            return Err(InvalidStatus { status });
        }
        Ok(Self {
            status,
            text: Text::Body(b""),
            fields: ExtraFields::NONE,
            retry_after: None,
            shows_version: status == 426,
            to_head: false,
        })
    }

    /// 503 (RFC 9110 §15.6.4): the server has no room now; try again in so many seconds.
    pub fn unavailable(retry_after: u32) -> Rejection<'static> {
        let mut rejection = RequestError::new(RequestReason::Unavailable).rejection();
        rejection.retry_after = Some(retry_after);
        rejection
    }

    /// With this body; plain text unless the fields have a `Content-Type`.
    pub fn with_body(mut self, body: &'p [u8]) -> Self {
        self.text = Text::Body(body);
        self
    }

    /// With these fields.
    pub fn with_fields(mut self, fields: ExtraFields<'p>) -> Self {
        self.fields = fields;
        self
    }

    /// As the answer to a HEAD request: the same head, no body (RFC 9110 §9.3.2).
    pub fn to_head(mut self) -> Self {
        self.to_head = true;
        self
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// What is wrong with the request; `None` if the application has its own reasons.
    pub fn error(&self) -> Option<&RequestError> {
        match &self.text {
            Text::Error(error) => Some(error),
            Text::Body(_) => None,
        }
    }

    /// Writes the answer (RFC 9112 §4, §9.6); how many bytes it has.
    ///
    /// # Errors
    ///
    /// If it does not fit, how many bytes are needed.
    pub fn encode_h1(&self, dst: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let mut out = Writer::new(dst);
        let mut measure = Writer::new(&mut []);
        self.write_text(&mut measure);
        let length = measure.len();
        let has = |name| self.fields.contains(name);

        write(&mut out, format_args!("HTTP/1.1 {} {}\r\n", self.status, phrase(self.status)));
        // RFC 9110 §15.5.22: a 426 says what to upgrade to, and §7.8: what names Upgrade is named in Connection.
        out.put(match self.status {
            426 => b"Connection: close, Upgrade\r\nUpgrade: websocket\r\n",
            _ => b"Connection: close\r\n",
        });
        if self.shows_version {
            out.put(b"Sec-WebSocket-Version: 13\r\n");
        }
        if self.status == 405 && !has("Allow") {
            out.put(b"Allow: GET\r\n");
        }
        if let Some(seconds) = self.retry_after.filter(|_| !has("Retry-After")) {
            write(&mut out, format_args!("Retry-After: {seconds}\r\n"));
        }
        if length > 0 && !has("Content-Type") {
            out.put(b"Content-Type: text/plain; charset=utf-8\r\n");
        }
        write(&mut out, format_args!("Content-Length: {length}\r\n"));
        out.put_all(&[self.fields.as_bytes(), b"\r\n"]);
        if !self.to_head {
            self.write_text(&mut out);
        }
        out.finish()
    }

    fn write_text(&self, out: &mut Writer<'_>) {
        match &self.text {
            Text::Error(error) => write(out, format_args!("{error}\n")),
            Text::Body(body) => out.put(body),
        }
    }
}

/// A writer that counts on past its end never fails.
fn write(out: &mut Writer<'_>, text: fmt::Arguments<'_>) {
    let written = out.write_fmt(text);
    debug_assert!(written.is_ok());
}

/// Reason phrases of RFC 9110 §15 and RFC 6585; a status that is not here has none, which is legal (RFC 9112 §4).
fn phrase(status: u16) -> &'static str {
    match status {
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        414 => "URI Too Long",
        421 => "Misdirected Request",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}

/// A status that does not refuse anything, or none at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidStatus {
    status: u16,
}

impl fmt::Display for InvalidStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}: a rejection has one from 300 to 599, save 304", self.status)
    }
}

impl core::error::Error for InvalidStatus {}
