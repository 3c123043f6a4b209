//! What the rules look at: one head, split into lines, and the request that it answers.

use std::ops::Range;

use super::extension::parse;
use super::head::{Field, Part, Start};
use super::sent::Sent;

/// A head under judgement. It is split as far as possible even if it breaks the syntax, so that the other rules can be
/// judged too.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    /// All bytes, including those behind the head. Empty over HTTP/2.
    pub(super) bytes: &'a [u8],
    /// The complete lines of the head, without their ends.
    pub(super) lines: Vec<Line>,
    /// How many empty lines come before the start line.
    pub(super) empty_before: usize,
    pub(super) start: Start,
    pub(super) fields: Vec<Field>,
    /// Whether the head is complete.
    pub(super) whole: bool,
    /// The length of the head with its empty line, or of its complete lines.
    pub(super) len: usize,
    /// The request that this head answers.
    pub(super) sent: &'a Sent,
}

/// One line of a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The offsets without the line's end.
    pub(super) at: Range<usize>,
    /// Whether it ends in CR LF.
    pub(super) crlf: bool,
}

impl<'a> Subject<'a> {
    /// Splits the head of a request.
    pub(super) fn request(bytes: &'a [u8], sent: &'a Sent) -> Self {
        // A server ignores empty lines before the request line (RFC 9112 §2.2).
        let empty_before = lines(bytes).take_while(|line| line.at.is_empty()).count();
        Self::split(bytes, sent, empty_before, request_line)
    }

    /// Splits the head of a response.
    pub(super) fn response(bytes: &'a [u8], sent: &'a Sent) -> Self {
        Self::split(bytes, sent, 0, status_line)
    }

    /// Takes fields as HTTP/2 has them.
    pub(super) fn fields<N: AsRef<[u8]>, V: AsRef<[u8]>>(fields: &[(N, V)], sent: &'a Sent) -> Self {
        let fields = fields.iter().map(|(name, value)| Field {
            name: name.as_ref().to_vec(),
            value: value.as_ref().to_vec(),
            name_at: None,
            value_at: None,
            gap: 0,
            colon: true,
        });
        Self {
            bytes: b"",
            lines: Vec::new(),
            empty_before: 0,
            start: Start::None,
            fields: fields.collect(),
            whole: true,
            len: 0,
            sent,
        }
    }

    fn split(
        bytes: &'a [u8],
        sent: &'a Sent,
        empty_before: usize,
        start_line: fn(&[u8], usize) -> Start,
    ) -> Self {
        let mut subject = Self {
            bytes,
            lines: Vec::new(),
            empty_before,
            start: Start::None,
            fields: Vec::new(),
            whole: false,
            len: 0,
            sent,
        };
        for (number, line) in lines(bytes).enumerate() {
            let text = bytes.get(line.at.clone()).unwrap_or_default();
            subject.len = line.at.end + if line.crlf { 2 } else { 1 };
            match number.checked_sub(empty_before) {
                None => {}
                Some(0) => subject.start = start_line(text, line.at.start),
                Some(_) if text.is_empty() => subject.whole = true,
                Some(_) => subject.field_line(text, line.at.start),
            }
            subject.lines.push(line);
            if subject.whole {
                break;
            }
        }
        subject
    }

    /// Takes a field line. A line that begins with white space goes on with the value before it (obs-fold, RFC 9112
    /// §5.2).
    fn field_line(&mut self, text: &[u8], at: usize) {
        if let [b' ' | b'\t', ..] = text {
            if let Some(field) = self.fields.last_mut() {
                if !field.value.is_empty() && !text.trim_ascii().is_empty() {
                    field.value.push(b' ');
                }
                field.value.extend_from_slice(trim(text));
                field.value_at = field.value_at.take().map(|value| value.start..at + text.len());
            }
            return;
        }
        let colon = text.iter().position(|&byte| byte == b':');
        let (name, value) = text.split_at(colon.unwrap_or(text.len()));
        let value = value.get(1..).unwrap_or_default();
        let value_at = at + text.len() - value.len() + value.len() - trim_start(value).len();
        let stripped = trim_end(name);
        self.fields.push(Field {
            name: stripped.to_vec(),
            value: trim(value).to_vec(),
            name_at: Some(at..at + stripped.len()),
            value_at: Some(value_at..value_at + trim(value).len()),
            gap: name.len() - stripped.len(),
            colon: colon.is_some(),
        });
    }

    /// Returns the bytes behind the complete lines.
    pub(super) fn behind(&self) -> &'a [u8] {
        self.bytes.get(self.len..).unwrap_or_default()
    }

    /// Returns the lines of the field `name`.
    pub(super) fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Field> + Clone {
        self.fields.iter().filter(move |field| field.is(name))
    }

    /// Returns the first line of the field `name`.
    pub(super) fn first(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.is(name))
    }

    /// Returns whether the head has the field `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    /// Returns the members of the list-based field `name` over all its lines, with their lines (RFC 9110 §5.6.1).
    pub(super) fn members<'s>(&'s self, name: &'s str) -> impl Iterator<Item = (&'s Field, &'s [u8])> {
        self.all(name).flat_map(|field| {
            let members = field.value.split(|&byte| byte == b',').map(trim);
            members.filter(|member| !member.is_empty()).map(move |member| (field, member))
        })
    }

    /// Returns whether the list-based field `name` has a member, which compares without case.
    pub(super) fn lists(&self, name: &str, wanted: &str) -> bool {
        self.members(name).any(|(_, member)| member.eq_ignore_ascii_case(wanted.as_bytes()))
    }

    /// Returns the numbers of HTTP's version, if they have the form `HTTP/1.1`.
    pub(super) fn version(&self) -> Option<(u8, u8)> {
        let (Start::Request { version, .. } | Start::Response { version, .. }) = &self.start else {
            return None;
        };
        match *version.bytes {
            [b'H', b'T', b'T', b'P', b'/', major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] => {
                Some((major - b'0', minor - b'0'))
            }
            _ => None,
        }
    }

    /// Returns what the request sends, for the judgement of its response.
    pub(super) fn as_sent(&self) -> Sent {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let first = |name| self.first(name).map(|field| text(&field.value));
        let method = match &self.start {
            Start::Request { method, .. } => method.text(),
            _ => first(":method").unwrap_or_default(),
        };
        let extensions = self.all("Sec-WebSocket-Extensions").map(|field| &*field.value);
        Sent {
            method,
            key: first("Sec-WebSocket-Key"),
            version: first("Sec-WebSocket-Version"),
            subprotocols: self.members("Sec-WebSocket-Protocol").map(|(_, name)| text(name)).collect(),
            extensions: parse(extensions).unwrap_or_default(),
            http_10: self.is_http_10(),
        }
    }

    /// Returns whether the head is one of HTTP/1.0.
    pub(super) fn is_http_10(&self) -> bool {
        self.version() == Some((1, 0))
    }

    /// Returns the status of a response: three digits in HTTP/1.1, and `:status` in HTTP/2.
    pub(super) fn status(&self) -> Option<u16> {
        let status = match &self.start {
            Start::Response { status, .. } => &*status.bytes,
            Start::Request { .. } => return None,
            Start::None => &*self.first(":status")?.value,
        };
        match *status {
            [a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] => {
                Some([a, b, c].iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0')))
            }
            _ => None,
        }
    }
}

/// Returns the complete lines: each ends with LF, and a CR before it belongs to the end.
fn lines(bytes: &[u8]) -> impl Iterator<Item = Line> {
    let mut start = 0;
    let complete = bytes.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n"));
    complete.map(move |line| {
        let crlf = line.ends_with(b"\r\n");
        let at = start..start + line.len() - if crlf { 2 } else { 1 };
        start += line.len();
        Line { at, crlf }
    })
}

/// Splits `method SP request-target SP HTTP-version`: the method ends at the first space, the version begins behind
/// the last one.
fn request_line(line: &[u8], at: usize) -> Start {
    let first = line.iter().position(|&byte| byte == b' ').unwrap_or(line.len());
    let (method, rest) = line.split_at(first);
    let rest = rest.get(1..).unwrap_or_default();
    let rest_at = at + line.len() - rest.len();
    let last = rest.iter().rposition(|&byte| byte == b' ').unwrap_or(rest.len());
    let (target, version) = rest.split_at(last);
    let version = version.get(1..).unwrap_or_default();
    Start::Request {
        method: Part::new(method, at),
        target: Part::new(target, rest_at),
        version: Part::new(version, at + line.len() - version.len()),
    }
}

/// Splits `HTTP-version SP status-code SP [ reason-phrase ]` at the first two spaces.
fn status_line(line: &[u8], at: usize) -> Start {
    let mut pieces = line.splitn(3, |&byte| byte == b' ');
    let mut next = || pieces.next().unwrap_or_default();
    let (version, status, reason) = (next(), next(), next());
    Start::Response {
        version: Part::new(version, at),
        status: Part::new(status, (at + version.len() + 1).min(at + line.len())),
        reason: Part::new(reason, at + line.len() - reason.len()),
    }
}

/// Removes the white space around a value (OWS, RFC 9110 §5.6.3).
pub(super) fn trim(value: &[u8]) -> &[u8] {
    trim_end(trim_start(value))
}

fn trim_start(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    value
}

fn trim_end(mut value: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}
