//! The answer that refuses: a status, fields, a text with the reason, and the end of the connection.

use core::fmt::{self, Write as _};

use super::bootstrap::Bootstrap;
use super::error::RequestError;
use super::reason::RequestReason;
use crate::field::ExtraFields;
use crate::write::{BufferTooSmall, EncodeError, Writer};

/// The refusal of a request. Over HTTP/1.1 it closes the connection (RFC 9112 §9.6), so that no bytes after the
/// request can be read as another request. Over HTTP/2 and 3 it ends only the stream.
///
/// Over HTTP/1.1, send it and then close in stages: shut down the sending side, read and discard until the client
/// closes or a deadline passes, and only then close. Otherwise a reset can erase the answer before the client has read
/// it.
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
    /// Returns the answer to a request with this error, for the HTTP version of the request.
    pub fn rejection(&self) -> Rejection<'static> {
        Rejection {
            status: self.reason().status(),
            text: Text::Error(*self),
            fields: ExtraFields::NONE,
            retry_after: None,
            shows_version: self.reason().shows_version(),
            to_head: self.is_to_head(),
            bootstrap: self.bootstrap(),
        }
    }
}

impl<'p> Rejection<'p> {
    /// Refuses a request for a reason of the application (RFC 6455 §4.2.2).
    ///
    /// Fields that the status requires are added if they are missing: the challenge of a 401 (`WWW-Authenticate`,
    /// RFC 9110 §15.5.2) and of a 407 (`Proxy-Authenticate`, §15.5.8) with the scheme `Unspecified`, the `Allow` of
    /// a 405 (§15.5.6), and the `Upgrade` of a 426 (§15.5.22).
    ///
    /// # Errors
    ///
    /// If the status does not refuse: it must be 300 to 599, and not 304.
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

    /// Refuses with 503 (RFC 9110 §15.6.4), because the server has no room now. The client may retry after
    /// `retry_after` seconds.
    pub fn unavailable(retry_after: u32) -> Rejection<'static> {
        let mut rejection = RequestError::new(RequestReason::Unavailable).rejection();
        rejection.retry_after = Some(retry_after);
        rejection
    }

    /// Sets the body. It is plain text unless the fields have a `Content-Type`.
    pub fn with_body(mut self, body: &'p [u8]) -> Self {
        self.text = Text::Body(body);
        self
    }

    /// Sets the added fields.
    pub fn with_fields(mut self, fields: ExtraFields<'p>) -> Self {
        self.fields = fields;
        self
    }

    /// Makes it the answer to a HEAD request: the same head without a body (RFC 9110 §9.3.2).
    pub fn to_head(mut self) -> Self {
        self.to_head = true;
        self
    }

    /// Makes it the answer over this HTTP version. Over HTTP/2 and 3 it has no `Connection` and no `Upgrade` (RFC 9113
    /// §8.2.2), and 426 becomes 400, since nothing can be upgraded there (RFC 9113 §8.6).
    ///
    /// [`RequestError::rejection`] sets this itself. An application's own refusal is for HTTP/1.1 unless this is
    /// called.
    pub fn over(mut self, bootstrap: Bootstrap) -> Self {
        self.bootstrap = bootstrap;
        self
    }

    /// Returns the status.
    pub fn status(&self) -> u16 {
        match (self.bootstrap, self.status) {
            (Bootstrap::ExtendedConnect, 426) => 400,
            (_, status) => status,
        }
    }

    /// Returns what is wrong with the request, or `None` if the refusal is the application's.
    pub fn error(&self) -> Option<&RequestError> {
        match &self.text {
            Text::Error(error) => Some(error),
            Text::Body(_) => None,
        }
    }

    /// Calls `each` with the name and value of every field line of the answer, in order.
    pub fn for_each_field(&self, mut each: impl FnMut(&str, &[u8])) {
        if self.bootstrap == Bootstrap::Upgrade {
            // A 426 names the upgrade token (RFC 9110 §15.5.22), and `Connection` must then name `Upgrade` (§7.8).
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
        self.bootstrap.for_each_added(&self.fields, &mut each);
    }

    /// Returns the method of an opening handshake, for the `Allow` of a 405.
    fn method(&self) -> &'static [u8] {
        match self.bootstrap {
            Bootstrap::Upgrade => b"GET",
            Bootstrap::ExtendedConnect => b"CONNECT",
        }
    }

    /// Writes the answer over HTTP/1.1 (RFC 9112 §4, §9.6) and returns its length in bytes.
    ///
    /// # Errors
    ///
    /// If the answer does not fit; the error has the number of bytes needed. Also if it answers an extended CONNECT:
    /// use [`Rejection::status`], [`Rejection::for_each_field`] and [`Rejection::encode_body`] there.
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

    /// Writes only the body that is sent, for any HTTP version, and returns its length in bytes. The answer to a HEAD
    /// request has none. With the feature `http` and its allocator, `Rejection::body` is simpler.
    ///
    /// # Errors
    ///
    /// If the body does not fit; the error has the number of bytes needed.
    pub fn encode_body(&self, dst: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let mut out = Writer::new(dst);
        if !self.to_head {
            self.write_text(&mut out);
        }
        out.finish()
    }

    /// Returns the length of the body in bytes, even if it is not sent because the request was HEAD.
    fn text_len(&self) -> usize {
        let mut measure = Writer::new(&mut []);
        self.write_text(&mut measure);
        measure.len()
    }

    /// Returns the body that is sent, for any HTTP version: the error in one line with a line feed at its end, or the
    /// application's own body. The answer to a HEAD request has none.
    ///
    /// With [`Rejection::status`] and [`Rejection::for_each_field`] it makes the response of a framework that has a
    /// type of its own for it:
    ///
    /// ```
    /// use websocket_upgrade_proto::server::Rejection;
    ///
    /// struct Response {
    ///     status: u16,
    ///     fields: Vec<(String, Vec<u8>)>,
    ///     body: Vec<u8>,
    /// }
    ///
    /// fn response(rejection: &Rejection<'_>) -> Response {
    ///     let mut fields = Vec::new();
    ///     rejection.for_each_field(|name, value| fields.push((name.to_owned(), value.to_owned())));
    ///     Response { status: rejection.status(), fields, body: rejection.body() }
    /// }
    ///
    /// let response = response(&Rejection::unavailable(5));
    /// assert_eq!((response.status, &*response.body), (503, &b"server: no room for another connection now\n"[..]));
    /// # assert!(response.fields.contains(&("Content-Length".to_owned(), b"43".to_vec())));
    /// ```
    #[cfg(feature = "http")]
    pub fn body(&self) -> std::vec::Vec<u8> {
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

/// The challenge of a 401 or 407 whose fields have none, although one is required (RFC 9110 §15.5.2, §15.5.8). Only
/// the application knows its scheme. No real scheme has this name, so no client acts on it.
const CHALLENGE: &[u8] = b"Unspecified";

/// Writes formatted text. This never fails: a full writer only counts.
fn write(out: &mut Writer<'_>, text: fmt::Arguments<'_>) {
    let written = out.write_fmt(text);
    debug_assert!(written.is_ok());
}

/// Writes the decimal digits of a number. `digits` has room for the longest number.
fn decimal(number: u64, digits: &mut [u8; 20]) -> &[u8] {
    let mut out = Writer::new(digits);
    write(&mut out, format_args!("{number}"));
    let len = out.len();
    digits.get(..len).unwrap_or_default()
}

/// Returns the reason phrase (RFC 9110 §15, RFC 6585). It is empty for any other status, which is legal (RFC 9112
/// §4).
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

/// Shows only the length of a body.
impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::Body(body) => write!(f, "Body({} bytes)", body.len()),
        }
    }
}

/// The error for a status that can't refuse a request, or is not a status.
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

    #[test]
    fn a_head_that_does_not_come_is_answered_by_why() {
        for (error, status, text) in [
            (RequestError::deadline(), 408, "head: not complete at the deadline"),
            (RequestError::closed(), 400, "head: the connection was closed before it was complete"),
        ] {
            let rejection = error.rejection();
            assert_eq!((rejection.status(), error.to_string().as_str()), (status, text));
            assert_eq!(rejection.error(), Some(&error));
            assert_eq!(rejection.with_body(b"").error(), None);
        }
    }

    #[test]
    fn a_status_of_the_http_specifications_has_its_reason_phrase() {
        let phrases = [
            (301, "Moved Permanently"),
            (302, "Found"),
            (303, "See Other"),
            (307, "Temporary Redirect"),
            (308, "Permanent Redirect"),
            (400, "Bad Request"),
            (401, "Unauthorized"),
            (403, "Forbidden"),
            (404, "Not Found"),
            (405, "Method Not Allowed"),
            (408, "Request Timeout"),
            (409, "Conflict"),
            (410, "Gone"),
            (414, "URI Too Long"),
            (421, "Misdirected Request"),
            (426, "Upgrade Required"),
            (429, "Too Many Requests"),
            (431, "Request Header Fields Too Large"),
            (500, "Internal Server Error"),
            (501, "Not Implemented"),
            (502, "Bad Gateway"),
            (503, "Service Unavailable"),
            (504, "Gateway Timeout"),
            (505, "HTTP Version Not Supported"),
        ];
        for status in 0..=u16::MAX {
            let expected =
                phrases.iter().find(|(known, _)| *known == status).map_or("", |(_, phrase)| phrase);
            assert_eq!(phrase(status), expected, "{status}");
        }
    }

    #[test]
    fn a_body_has_a_type_and_an_answer_without_one_has_none() {
        let fields = |body: &'static [u8]| lines(&Rejection::new(403).expect("a status").with_body(body));
        let expected = ["Connection: close", "Content-Type: text/plain; charset=utf-8", "Content-Length: 1"];
        assert_eq!(fields(b"a"), expected);
        assert_eq!(fields(b""), ["Connection: close", "Content-Length: 0"]);
    }
}
