//! The answer that refuses: status, fields, a text that says why, and the end of the connection.

use core::fmt::{self, Write as _};

use super::{Bootstrap, RequestError, RequestReason, for_each_added};
use crate::field::ExtraFields;
use crate::head::{HeadError, Syntax};
use crate::limits::Limits;
use crate::write::{BufferTooSmall, EncodeError, Writer};

/// A refusal, as it is sent. Over HTTP/1.1 every one closes the connection (RFC 9112 §9.6), so that nothing behind the
/// request can be taken for another one; over HTTP/2 and 3 it ends the stream and nothing else.
///
/// Over HTTP/1.1, after it has been sent, close in stages: end the sending side, go on reading and discarding until the
/// client closes or a deadline comes, and only then close. Otherwise a reset can erase the answer before the client has
/// read it.
#[derive(Clone, Copy, Debug)]
#[must_use = "the client waits for the answer"]
pub struct Rejection<'p> {
    status: u16,
    text: Text<'p>,
    fields: ExtraFields<'p>,
    retry_after: Option<u32>,
    shows_version: bool,
    to_head: bool,
    bootstrap: Bootstrap,
}

#[derive(Clone, Copy)]
enum Text<'p> {
    Error(RequestError),
    Body(&'p [u8]),
}

impl RequestError {
    /// The answer to a request with this error, for the HTTP version that it came over.
    pub fn rejection(&self) -> Rejection<'static> {
        Rejection {
            status: self.reason.status(),
            text: Text::Error(*self),
            fields: ExtraFields::NONE,
            retry_after: None,
            shows_version: self.reason.shows_version(),
            to_head: self.to_head,
            bootstrap: self.bootstrap(),
        }
    }

    /// How the connection was to begin.
    pub fn bootstrap(&self) -> Bootstrap {
        if self.extended_connect { Bootstrap::ExtendedConnect } else { Bootstrap::Upgrade }
    }

    /// Of a request that asks for something else than WebSocket.
    pub(super) fn not_upgrade(mut self, not_upgrade: bool) -> Self {
        self.not_upgrade = not_upgrade;
        self
    }

    #[cold]
    pub(super) fn over(mut self, bootstrap: Bootstrap) -> Self {
        self.extended_connect = bootstrap == Bootstrap::ExtendedConnect;
        self
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
    /// What its status requires is added where the fields have none: the challenge of a 401 (`WWW-Authenticate`, RFC
    /// 9110 §15.5.2) and a 407 (`Proxy-Authenticate`, §15.5.8), with the scheme `Unspecified`; the `Allow` of a 405
    /// (§15.5.6); the `Upgrade` of a 426 (§15.5.22).
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
            bootstrap: Bootstrap::Upgrade,
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

    /// As the answer over this HTTP version. Over HTTP/2 and 3 it has no `Connection` and no `Upgrade` (RFC 9113
    /// §8.2.2), and 400 in place of 426, since nothing can be upgraded there (RFC 9113 §8.6).
    ///
    /// [`RequestError::rejection`] knows it; a refusal of the application's own is for HTTP/1.1 until it is told.
    pub fn over(mut self, bootstrap: Bootstrap) -> Self {
        self.bootstrap = bootstrap;
        self
    }

    /// The status.
    pub fn status(&self) -> u16 {
        match (self.bootstrap, self.status) {
            (Bootstrap::ExtendedConnect, 426) => 400,
            (_, status) => status,
        }
    }

    /// What is wrong with the request; `None` if the application has its own reasons.
    pub fn error(&self) -> Option<&RequestError> {
        match &self.text {
            Text::Error(error) => Some(error),
            Text::Body(_) => None,
        }
    }

    /// Calls `each` with the name and value of every field line of the answer, in order.
    pub fn for_each_field(&self, mut each: impl FnMut(&str, &[u8])) {
        if self.bootstrap == Bootstrap::Upgrade {
            // RFC 9110 §15.5.22: a 426 says what to upgrade to, and §7.8: what names Upgrade is named in Connection.
            if self.status == 426 {
                each("Connection", b"close, Upgrade");
                each("Upgrade", b"websocket");
            } else {
                each("Connection", b"close");
            }
        }
        if self.shows_version {
            each("Sec-WebSocket-Version", b"13");
        }
        let has = |name| self.fields.contains(name);
        let has_value = |name| self.fields.has_value(name);
        match self.status {
            401 if !has_value("WWW-Authenticate") => each("WWW-Authenticate", CHALLENGE),
            405 if !has("Allow") => each("Allow", self.method()),
            407 if !has_value("Proxy-Authenticate") => each("Proxy-Authenticate", CHALLENGE),
            _ => {}
        }
        let mut digits = [0; 20];
        if let Some(seconds) = self.retry_after.filter(|_| !has("Retry-After")) {
            each("Retry-After", decimal(seconds.into(), &mut digits));
        }
        let length = self.text_len();
        if length > 0 && !has("Content-Type") {
            each("Content-Type", b"text/plain; charset=utf-8");
        }
        each("Content-Length", decimal(length as u64, &mut digits));
        for_each_added(&self.fields, self.bootstrap, &mut each);
    }

    /// The method of an opening handshake, which is what a 405 says is allowed.
    fn method(&self) -> &'static [u8] {
        match self.bootstrap {
            Bootstrap::Upgrade => b"GET",
            Bootstrap::ExtendedConnect => b"CONNECT",
        }
    }

    /// Writes the answer over HTTP/1.1 (RFC 9112 §4, §9.6); how many bytes it has.
    ///
    /// # Errors
    ///
    /// If it does not fit, how many bytes are needed. The answer to an extended CONNECT is not written so: it is
    /// [`Rejection::status`], [`Rejection::for_each_field`] and [`Rejection::encode_body`].
    pub fn encode_h1(&self, dst: &mut [u8]) -> Result<usize, EncodeError> {
        if self.bootstrap == Bootstrap::ExtendedConnect {
            return Err(EncodeError::ExtendedConnect);
        }
        let mut out = Writer::new(dst);
        let status = self.status();
        write(&mut out, format_args!("HTTP/1.1 {status} {}\r\n", phrase(status)));
        self.for_each_field(|name, value| out.put_all(&[name.as_bytes(), b": ", value, b"\r\n"]));
        out.put(b"\r\n");
        if !self.to_head {
            self.write_text(&mut out);
        }
        Ok(out.finish()?)
    }

    /// Writes the body alone, as every HTTP version has it; how many bytes it has, of the answer to HEAD none.
    ///
    /// # Errors
    ///
    /// If it does not fit, how many bytes are needed.
    pub fn encode_body(&self, dst: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let mut out = Writer::new(dst);
        if !self.to_head {
            self.write_text(&mut out);
        }
        out.finish()
    }

    /// Bytes of the body, sent or, in the answer to HEAD, not.
    fn text_len(&self) -> usize {
        let mut measure = Writer::new(&mut []);
        self.write_text(&mut measure);
        measure.len()
    }

    /// The body, as it is sent.
    #[cfg(feature = "http")]
    pub(crate) fn body(&self) -> std::vec::Vec<u8> {
        let needed = self.encode_body(&mut []).unwrap_or_else(|error| error.needed);
        let mut body = std::vec![0; needed];
        let len = self.encode_body(&mut body).unwrap_or_default();
        body.truncate(len);
        body
    }

    fn write_text(&self, out: &mut Writer<'_>) {
        match &self.text {
            Text::Error(error) => write(out, format_args!("{error}\n")),
            Text::Body(body) => out.put(body),
        }
    }
}

/// The challenge of a 401 or 407 whose fields have none: each must have one (RFC 9110 §15.5.2, §15.5.8). The
/// application alone knows a scheme; this one is nobody's, so that no client takes it for another.
const CHALLENGE: &[u8] = b"Unspecified";

/// A writer that counts on past its end never fails.
fn write(out: &mut Writer<'_>, text: fmt::Arguments<'_>) {
    let written = out.write_fmt(text);
    debug_assert!(written.is_ok());
}

/// A number's digits, in the room for the longest there is.
fn decimal(number: u64, digits: &mut [u8; 20]) -> &[u8] {
    let mut out = Writer::new(digits);
    write(&mut out, format_args!("{number}"));
    let len = out.len();
    digits.get(..len).unwrap_or_default()
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

/// Of a body its length alone.
impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::Body(body) => write!(f, "Body({} bytes)", body.len()),
        }
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

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::{String, ToString};
    use std::vec::Vec;

    use super::*;

    fn lines(rejection: &Rejection<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        rejection.for_each_field(|name, value| lines.push(std::format!("{name}: {}", value.escape_ascii())));
        lines
    }

    #[test]
    fn over_extended_connect_nothing_is_of_the_connection() {
        let rejection = Rejection::new(426).expect("a status");
        assert_eq!(rejection.status(), 426);
        assert_eq!(
            lines(&rejection),
            [
                "Connection: close, Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Content-Length: 0"
            ]
        );
        let rejection = rejection.over(Bootstrap::ExtendedConnect);
        assert_eq!(rejection.status(), 400);
        assert_eq!(lines(&rejection), ["Sec-WebSocket-Version: 13", "Content-Length: 0"]);
        assert_eq!(rejection.encode_h1(&mut [0; 128]), Err(EncodeError::ExtendedConnect));
        assert_eq!(rejection.encode_h1(&mut []), Err(EncodeError::ExtendedConnect));

        let unavailable = Rejection::unavailable(u32::MAX).over(Bootstrap::ExtendedConnect);
        assert_eq!(unavailable.status(), 503);
        assert_eq!(lines(&unavailable)[0], "Retry-After: 4294967295");
    }

    #[test]
    fn fields_of_the_application_take_the_place_of_ours() {
        let own = b"Allow: GET, HEAD\r\nRetry-After: 1\r\nContent-Type: text/html\r\n";
        let own = ExtraFields::from_lines(own).expect("legal");
        let rejection = Rejection::new(405).expect("a status").with_body(b"<p>").with_fields(own);
        let expected = [
            "Connection: close",
            "Content-Length: 3",
            "Allow: GET, HEAD",
            "Retry-After: 1",
            "Content-Type: text/html",
        ];
        assert_eq!(lines(&rejection), expected);
    }

    #[test]
    fn numbers_have_all_their_digits() {
        for number in [0, 7, 10, 1_234_567_890, u64::MAX] {
            assert_eq!(decimal(number, &mut [0; 20]), number.to_string().as_bytes());
        }
    }
}
