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
    /// What may come back; one must fit.
    pub expect: Vec<ServerExpect>,
}

/// The keys that only cases for servers over HTTP/1.1 have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerKeys {
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
    Answered,
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
    /// Values of `Sec-WebSocket-Extensions`, of which one must be the answer's. `none`: no extension is in use.
    pub extensions: Vec<String>,
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
    /// The bytes behind the head are no frames: the server fails the WebSocket connection.
    Failed,
    /// Nothing more is looked at.
    Nothing,
}

/// What a refusal must be.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Refused {
    /// The statuses that fit. Empty: every status from 300 to 599.
    pub status: Vec<u16>,
    /// Field lines that the response must have: a name, or a name and a member of the field's list.
    pub fields: Vec<String>,
    /// Names of fields that the response must not have.
    pub absent: Vec<String>,
    /// Whether the connection must be closed behind it.
    pub closes: bool,
}

impl ServerExchange {
    pub(super) fn new(request: Message, keys: ServerKeys) -> Self {
        Self { request, expect: keys.expect.0 }
    }
}

impl<'de> Deserialize<'de> for ServerExpect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (word, table) = word_and_table(deserializer)?;
        match word.as_str() {
            "accepted" => return table.try_into().map(Self::Accepted).map_err(D::Error::custom),
            "refused" => return table.try_into().map(Self::Refused).map_err(D::Error::custom),
            _ => no_keys(&word, &table)?,
        }
        match word.as_str() {
            "answered" => Ok(Self::Answered),
            "closed" => Ok(Self::Closed),
            "any" => Ok(Self::Any),
            _ => Err(D::Error::custom(format!("\"{word}\" is no expectation of a server's answer"))),
        }
    }
}
