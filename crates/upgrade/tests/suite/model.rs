//! The types by which the suite and a driver communicate.

use std::net::IpAddr;
use std::time::Duration;

use websocket_upgrade::proto::key::Key;
use websocket_upgrade::{ConnectError, ConnectReason, HandleError, Refused, Rejection, Settings};

/// The accept value of RFC 6455 §1.3. In responses it stands for the correct value.
pub(crate) const SAMPLE_ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A legal request, and the bytes that its client sends after it.
pub(crate) const REQUEST: &str = "GET /chat?token=1 HTTP/1.1\r\nHost: server.example.com\r\n\
    Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n";

/// An accepting response without its last line.
pub(crate) const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

/// A frame that a peer sends directly after its head.
pub(crate) const FRAME: &[u8] = b"\x81\x05hello";

/// The client of a server test: it sends pieces, ends its side if it `closes`, and reads up to the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client<'a> {
    pub(crate) bytes: &'a [u8],
    /// The number of bytes of a piece.
    pub(crate) piece: usize,
    /// The wait after each piece.
    pub(crate) pause: Duration,
    /// Whether it ends its side after them. Otherwise it ends it when it has a 101.
    pub(crate) closes: bool,
}

impl<'a> Client<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, piece: usize::MAX, pause: Duration::ZERO, closes: false }
    }
}

/// An established connection after its end.
#[derive(Debug)]
pub(crate) struct Established {
    pub(crate) settings: Settings,
    /// The other side's head, if the driver has read it.
    pub(crate) head: Vec<u8>,
    /// The statuses of interim responses.
    pub(crate) interim: Vec<u16>,
    /// The bytes that were handed over apart from the stream.
    pub(crate) read_buf: Vec<u8>,
    /// The bytes of the joined stream: `read_buf` and everything after it.
    pub(crate) stream: Vec<u8>,
}

/// The result of a server.
#[derive(Debug)]
pub(crate) struct Served<T = Established> {
    pub(crate) outcome: Result<T, HandleError>,
    /// What the client received.
    pub(crate) answer: Vec<u8>,
    /// The number of writes.
    pub(crate) writes: usize,
    /// The duration.
    pub(crate) elapsed: Duration,
}

impl Connected {
    /// Returns why it failed, if it did.
    pub(crate) fn reason(&self) -> Option<&ConnectReason> {
        self.outcome.as_ref().err().map(ConnectError::reason)
    }

    /// Returns the refusal, if it is one.
    pub(crate) fn refused(&self) -> Option<&Refused> {
        self.outcome.as_ref().err().and_then(ConnectError::refused)
    }
}

/// The decision of an application on an incoming request, which takes it a second.
#[derive(Debug)]
pub(crate) enum Decision {
    Accept,
    /// Checks the request against the options, and then decides if it passes.
    Check(Box<Decision>),
    Drop,
    IntoHttp,
    IntoUnread,
    Reject(Rejection),
}

/// What an application sees of an incoming request, and the result.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) is_upgrade: bool,
    /// Its path if it is valid, otherwise the error.
    pub(crate) request: Result<String, String>,
    pub(crate) head: Vec<u8>,
    pub(crate) seen: Seen,
    pub(crate) end: End,
}

/// What the methods of an incoming request return.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) origin: Option<Vec<u8>>,
    pub(crate) authority: String,
    pub(crate) subprotocols: Vec<String>,
    /// The names.
    pub(crate) extensions: Vec<String>,
    pub(crate) version: http::Version,
    pub(crate) peer: Option<IpAddr>,
}

/// Calls the methods of an incoming request, which are the same on every driver.
macro_rules! seen {
    ($incoming:expr) => {
        $crate::suite::model::Seen {
            path: $incoming.path().to_owned(),
            query: $incoming.query().map(str::to_owned),
            origin: $incoming.origin().map(<[u8]>::to_vec),
            authority: $incoming.authority().to_owned(),
            subprotocols: $incoming.subprotocols().map(str::to_owned).collect(),
            extensions: $incoming.extensions().map(|extension| extension.name().to_owned()).collect(),
            version: $incoming.version(),
            peer: $incoming.peer(),
        }
    };
}

pub(crate) use seen;

/// The result of an incoming request.
#[derive(Debug)]
pub(crate) enum End {
    Accepted(Established),
    /// Rejected by the driver, or by the application with [`Decision::Reject`] or [`Decision::Drop`].
    Rejected(Option<HandleError>),
    /// Refused by [`Decision::Check`], before the application was asked.
    Unasked(HandleError),
    /// Taken back; these are the bytes that come out of the socket.
    Returned(Vec<u8>),
}

/// The server of a client test: it reads the request, sends pieces, and then does something else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Server<'a> {
    /// The response. [`SAMPLE_ACCEPT`] in it stands for the correct value.
    pub(crate) response: &'a [u8],
    /// The number of bytes of a piece.
    pub(crate) piece: usize,
    /// The wait after each piece.
    pub(crate) pause: Duration,
    pub(crate) then: Then,
    /// The number of bytes at the end that are sent unchanged.
    pub(crate) verbatim: usize,
    /// Whether it does not read, so that the client's writes fail.
    pub(crate) deaf: bool,
}

/// What a server does after its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Close,
    Reset,
    Silence,
}

impl<'a> Server<'a> {
    pub(crate) fn new(response: &'a [u8], then: Then) -> Self {
        Self { response, piece: usize::MAX, pause: Duration::ZERO, then, verbatim: 0, deaf: false }
    }

    /// Returns the response to this request, with the correct accept value instead of the sample.
    pub(crate) fn response_to(&self, request: &[u8]) -> Vec<u8> {
        let Some(key) = key_of(request) else { return self.response.to_vec() };
        let value = Key::parse(key.as_bytes()).expect("the driver's own key").accept_value();
        let (mut rest, verbatim) = self.response.split_at(self.response.len() - self.verbatim);
        let mut response = Vec::new();
        while let Some(at) = rest.windows(28).position(|window| window == SAMPLE_ACCEPT.as_bytes()) {
            response.extend_from_slice(&rest[..at]);
            response.extend_from_slice(value.as_bytes());
            rest = &rest[at + SAMPLE_ACCEPT.len()..];
        }
        [&response[..], rest, verbatim].concat()
    }
}

/// Returns the key in a request's head.
pub(crate) fn key_of(request: &[u8]) -> Option<String> {
    let head = std::str::from_utf8(request).ok()?;
    head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).map(str::to_owned)
}

/// The result of a client.
#[derive(Debug)]
pub(crate) struct Connected {
    pub(crate) outcome: Result<Established, ConnectError>,
    /// What the server received. It is empty if the server was deaf.
    pub(crate) request: Vec<u8>,
    /// The number of writes for the request.
    pub(crate) writes: usize,
    /// The duration.
    pub(crate) elapsed: Duration,
}
