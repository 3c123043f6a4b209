//! The keys that every case has.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::client::ClientExchange;
use super::http2::Http2Exchange;
use super::server::ServerExchange;

/// Who is tested.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The server.
    Server,
    /// The client.
    Client,
}

/// The version of HTTP that the handshake is made over.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Http {
    /// HTTP/1.1: an upgrade (RFC 6455 §4).
    #[serde(rename = "1.1")]
    Http1,
    /// HTTP/2: an extended CONNECT (RFC 8441).
    #[serde(rename = "2")]
    Http2,
}

/// How much it matters that a peer passes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Severity {
    /// A section says so with MUST or MUST NOT.
    #[serde(rename = "MUST")]
    Must,
    /// A section says so with SHOULD or SHOULD NOT.
    #[serde(rename = "SHOULD")]
    Should,
    /// No section decides. A peer that fails here does not get along with others, or with a bad network.
    #[serde(rename = "robustness")]
    Robustness,
    /// No section decides. A peer that fails here can be attacked.
    #[serde(rename = "security")]
    Security,
}

/// What a peer must support so that a case can be run against it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A subprotocol that the suite knows the name of.
    Subprotocol,
    /// permessage-deflate.
    Deflate,
    /// A refusal of requests from other origins.
    Origin,
    /// A connection over TLS.
    Tls,
    /// A connection without TLS.
    Plain,
}

/// One case.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Case {
    /// Unique; a path in kebab-case, such as `server/connection/substring`.
    pub id: String,
    /// The section that decides, such as `RFC 6455 §4.2.1`.
    pub section: String,
    /// How much it matters.
    pub severity: Severity,
    /// Why it matters, or what the section says. One line.
    pub why: String,
    /// What the peer must support. It is skipped for others.
    pub needs: Vec<Need>,
    /// Whether it sends so much that it is run only on request.
    pub intrusive: bool,
    /// The sentence that decides, if well-known software disagrees. One line.
    pub disagree: Option<String>,
    /// Who is tested.
    pub role: Role,
    /// Over which version of HTTP.
    pub http: Http,
    /// What is sent and what may come back.
    pub exchange: Exchange,
}

/// What is sent and what may come back.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Exchange {
    /// For a server, over HTTP/1.1.
    Server(Box<ServerExchange>),
    /// For a client, over HTTP/1.1.
    Client(Box<ClientExchange>),
    /// For a server, over HTTP/2.
    Http2Server(Box<Http2Exchange>),
    /// For a client, over HTTP/2.
    Http2Client(Box<Http2Exchange>),
}

impl Severity {
    /// Whether a peer that fails breaks a specification.
    pub fn is_required(self) -> bool {
        matches!(self, Self::Must | Self::Should)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::Robustness => "robustness",
            Self::Security => "security",
        })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Server => "server",
            Self::Client => "client",
        })
    }
}

impl fmt::Display for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        })
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Subprotocol => "a known subprotocol",
            Self::Deflate => "permessage-deflate",
            Self::Origin => "refusal of other origins",
            Self::Tls => "TLS",
            Self::Plain => "no TLS",
        })
    }
}
