//! The keys of a case for servers over HTTP/1.1.

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::expect::{OneOrMany, no_keys, word_and_table};
use super::message::Message;

/// A request, and what a server may answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerExchange {
    /// The request.
    pub request: Message,
    /// How many bytes behind the head are the request's body. Those behind them are frames.
    pub body: usize,
    /// How many seconds the exchange may take, if it is not as long as others.
    pub patience: Option<u64>,
    /// What may come back; one must fit.
    pub expect: Vec<ServerExpect>,
}

/// The keys that only cases for servers over HTTP/1.1 have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerKeys {
    #[serde(default)]
    body: usize,
    patience: Option<u64>,
    expect: OneOrMany<ServerExpect>,
}

/// What a server may answer.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ServerExpect {
    /// A 101 that keeps every rule, and then a WebSocket that works.
    Accepted(Accepted),
    /// A whole final response with a status from 300 to 599.
    Refused(Refused),
    /// A whole final response that is not a 101. A server of HTTP may answer a request that asks for no WebSocket.
    Answered(Refused),
    /// No answer, and the connection is closed.
    Closed,
    /// A valid acceptance, a whole response or a closed connection, and a server that still works afterwards.
    Any,
}

/// What a 101 must be.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Accepted {
    /// The subprotocol in use, in the notation of texts. Empty: none is.
    pub subprotocol: Option<String>,
    /// Names of the extensions in use, joined by commas; one of these must be so. `none`: no extension is in use.
    pub extensions: Vec<String>,
    /// Whether permessage-deflate must be in use.
    pub agreed: bool,
    /// Parameters that an agreed permessage-deflate must have.
    pub with: Vec<String>,
    /// Parameters that an agreed permessage-deflate must not have.
    pub without: Vec<String>,
    /// Field lines that the 101 must have: a name, or a name and a member of the field's list.
    pub fields: Vec<String>,
    /// Names of fields that the 101 must not have.
    pub absent: Vec<String>,
    /// What happens on the established WebSocket.
    pub then: After,
}

/// What happens on an established WebSocket.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum After {
    /// Messages are echoed.
    #[default]
    Echo,
    /// The bytes behind the head are no frames: the server fails the WebSocket connection, or says nothing more.
    Failed,
    /// Nothing more is looked at.
    Nothing,
}

/// What a response that is not a 101 must be.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Refused {
    /// The statuses that fit. Empty: all of them.
    pub status: Vec<u16>,
    /// Field lines that the response must have: a name, or a name and a member of the field's list.
    pub fields: Vec<String>,
    /// Names of fields that the response must not have.
    pub absent: Vec<String>,
    /// Whether it must keep every rule of the judge. Otherwise it has to be whole, and no more.
    pub judged: bool,
    /// Whether the connection must be closed behind it.
    pub closes: bool,
}

impl ServerExchange {
    pub(super) fn new(request: Message, keys: ServerKeys) -> Self {
        let ServerKeys { body, patience, expect } = keys;
        Self { request, body, patience, expect: expect.0 }
    }
}

impl<'de> Deserialize<'de> for ServerExpect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (word, table) = word_and_table(deserializer)?;
        match word.as_str() {
            "accepted" => return table.try_into().map(Self::Accepted).map_err(D::Error::custom),
            "refused" => return table.try_into().map(Self::Refused).map_err(D::Error::custom),
            "answered" => return table.try_into().map(Self::Answered).map_err(D::Error::custom),
            _ => no_keys(&word, &table)?,
        }
        match word.as_str() {
            "closed" => Ok(Self::Closed),
            "any" => Ok(Self::Any),
            _ => Err(D::Error::custom(format!("\"{word}\" is no expectation of a server's answer"))),
        }
    }
}
