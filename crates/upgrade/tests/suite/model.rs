//! The words in which the suite talks to a driver.

use std::time::Duration;

use websocket_upgrade::proto::key::Key;
use websocket_upgrade::{ConnectError, ConnectReason, HandleError, Refused, Rejection, Settings};

/// The accept value of RFC 6455 §1.3, which stands in responses for the right one.
pub(crate) const SAMPLE_ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A legal request, and what its client sends behind it.
pub(crate) const REQUEST: &str = "GET /chat?token=1 HTTP/1.1\r\nHost: server.example.com\r\n\
    Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n";

/// A response that accepts, without its last line.
pub(crate) const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

/// A frame, as a peer sends it right behind its head.
pub(crate) const FRAME: &[u8] = b"\x81\x05hello";

/// A client that a server meets: it sends pieces, ends its side if it `closes`, and reads up to the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client<'a> {
    pub(crate) bytes: &'a [u8],
    /// Bytes of a piece.
    pub(crate) piece: usize,
    /// What it waits behind each.
    pub(crate) pause: Duration,
    /// Whether it ends its side behind them; otherwise it waits, and ends it once there is a 101.
    pub(crate) closes: bool,
}

impl<'a> Client<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, piece: usize::MAX, pause: Duration::ZERO, closes: false }
    }
}

/// A connection that is established, and has come to its end.
#[derive(Debug)]
pub(crate) struct Established {
    pub(crate) settings: Settings,
    /// The other side's head, where the driver has read it.
    pub(crate) head: Vec<u8>,
    /// The statuses of interim responses.
    pub(crate) interim: Vec<u16>,
    /// Handed over apart from the stream.
    pub(crate) read_buf: Vec<u8>,
    /// What came out of the one stream: `read_buf` and all that followed.
    pub(crate) stream: Vec<u8>,
}

/// What a server's side came to.
#[derive(Debug)]
pub(crate) struct Served<T = Established> {
    pub(crate) outcome: Result<T, HandleError>,
    /// What the client received.
    pub(crate) answer: Vec<u8>,
    /// In how many writes.
    pub(crate) writes: usize,
    /// How long it took.
    pub(crate) elapsed: Duration,
}

impl Connected {
    /// Why it failed, if it did.
    pub(crate) fn reason(&self) -> Option<&ConnectReason> {
        self.outcome.as_ref().err().map(ConnectError::reason)
    }

    /// The refusal, if it is one.
    pub(crate) fn refused(&self) -> Option<&Refused> {
        self.outcome.as_ref().err().and_then(ConnectError::refused)
    }
}

/// What an application does with an incoming request, once it has thought about it for a second.
#[derive(Debug)]
pub(crate) enum Decision {
    Accept,
    Drop,
    IntoHttp,
    IntoUnread,
    Reject(Rejection),
}

/// What an application sees of an incoming request, and what comes of it.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) is_upgrade: bool,
    /// Its path if it is valid, or what is wrong with it.
    pub(crate) request: Result<String, String>,
    pub(crate) head: Vec<u8>,
    pub(crate) end: End,
}

/// What comes of an incoming request.
#[derive(Debug)]
pub(crate) enum End {
    Accepted(Established),
    /// Of the driver, or with [`Decision::Reject`] and [`Decision::Drop`] of the application.
    Rejected(Option<HandleError>),
    /// Taken back: the bytes that come out of the socket.
    Returned(Vec<u8>),
}

/// A server that a client meets: it reads the request, sends pieces, and then does something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Server<'a> {
    /// [`SAMPLE_ACCEPT`] in it stands for the right value.
    pub(crate) response: &'a [u8],
    /// Bytes of a piece.
    pub(crate) piece: usize,
    /// What it waits behind each.
    pub(crate) pause: Duration,
    pub(crate) then: Then,
    /// Bytes at the end that are sent as they are.
    pub(crate) verbatim: usize,
    /// It reads nothing: what the client writes fails.
    pub(crate) deaf: bool,
}

/// What a server does behind its bytes.
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

    /// The response to this request, with the right accept value where the sample's stands.
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

/// The key in a request's head.
pub(crate) fn key_of(request: &[u8]) -> Option<String> {
    let head = std::str::from_utf8(request).ok()?;
    head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).map(str::to_owned)
}

/// What a client's side came to.
#[derive(Debug)]
pub(crate) struct Connected {
    pub(crate) outcome: Result<Established, ConnectError>,
    /// What the server received; nothing if it was deaf.
    pub(crate) request: Vec<u8>,
    /// In how many writes the request was sent.
    pub(crate) writes: usize,
    /// How long it took.
    pub(crate) elapsed: Duration,
}
