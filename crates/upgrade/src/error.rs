//! What can go wrong: a refusal, a peer that breaks the protocol, IO and time are kept apart.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::io;

use websocket_upgrade_proto as proto;

use proto::client::ResponseError;
use proto::server::RequestError;
use proto::uri::UriError;

use crate::head::ResponseHead;

/// Why a client has no connection.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is no WebSocket URI.
    Uri(UriError),
    /// The URL and the options contradict each other.
    Options(proto::client::OptionsError),
    /// No connection to the host.
    Connect(io::Error),
    /// The TLS handshake failed, or can't be tried.
    Tls(io::Error),
    /// rustls has no crypto provider: install one when the process starts, such as
    /// `rustls::crypto::ring::default_provider().install_default()`.
    NoTlsProvider,
    /// The connection broke during the handshake.
    Io(io::Error),
    /// There was no final response at the deadline.
    Deadline,
    /// The server said no: an outcome, with its status, fields and body.
    Refused(Box<Refused>),
    /// The server's response breaks the protocol.
    Response(ResponseError),
}

impl ConnectError {
    /// The server's refusal, if that is what it is.
    pub fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Refused(refused) => Some(refused),
            _ => None,
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uri(_) => f.write_str("invalid WebSocket URI"),
            Self::Options(_) => f.write_str("contradicting options"),
            Self::Connect(_) => f.write_str("could not connect"),
            Self::Tls(_) => f.write_str("TLS handshake failed"),
            Self::NoTlsProvider => {
                f.write_str("no TLS: install a crypto provider of rustls when the process starts")
            }
            Self::Io(_) => f.write_str("the connection broke during the opening handshake"),
            Self::Deadline => f.write_str("no response to the opening handshake at the deadline"),
            Self::Refused(refused) => refused.fmt(f),
            Self::Response(_) => f.write_str("the server's response breaks the WebSocket protocol"),
        }
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Uri(error) => Some(error),
            Self::Options(error) => Some(error),
            Self::Connect(error) | Self::Tls(error) | Self::Io(error) => Some(error),
            Self::Response(error) => Some(error),
            Self::NoTlsProvider | Self::Deadline | Self::Refused(_) => None,
        }
    }
}

/// A server's refusal: any final response that is not 101.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refused {
    /// Status and fields.
    pub head: ResponseHead,
    /// The body, within the limit `refusal_body` and the deadline.
    pub body: Vec<u8>,
    /// Whether that is not all of the body: it was longer than the limit, or ended early.
    pub truncated: bool,
    /// Interim responses (1xx) that came before.
    pub interim: Vec<ResponseHead>,
}

impl Refused {
    /// The status.
    pub fn status(&self) -> u16 {
        self.head.status()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Bytes of the body that are shown.
        const SHOWN: usize = 200;
        write!(f, "refused with status {}", self.status())?;
        let body = self.body.trim_ascii();
        let shown = body.get(..SHOWN).unwrap_or(body);
        if !shown.is_empty() {
            f.write_str(": ")?;
            // It may be meant for a terminal, and must not control it.
            for char in String::from_utf8_lossy(shown).chars() {
                if char.is_control() { write!(f, "{}", char.escape_default())? } else { f.write_char(char)? }
            }
        }
        if self.truncated || shown.len() < body.len() { f.write_str("...") } else { Ok(()) }
    }
}

impl Error for Refused {}

/// Why a server has no connection. The client has been answered, where there was someone to answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum HandleError {
    /// The client has closed the connection before it sent anything.
    Closed,
    /// The connection broke during the handshake.
    Io(io::Error),
    /// The request was rejected for this reason, and the client was told so.
    Rejected(RequestError),
}

impl HandleError {
    /// Why the request was rejected, if it was.
    pub fn rejected(&self) -> Option<&RequestError> {
        match self {
            Self::Rejected(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for HandleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("closed by the client before a request"),
            Self::Io(_) => f.write_str("the connection broke during the opening handshake"),
            Self::Rejected(error) => write!(f, "rejected with status {}", error.reason().status()),
        }
    }
}

impl Error for HandleError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Closed => None,
            Self::Io(error) => Some(error),
            Self::Rejected(error) => Some(error),
        }
    }
}
