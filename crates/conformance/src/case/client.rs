//! The keys of a case for clients over HTTP/1.1.

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::expect::{OneOrMany, no_keys, word_and_table};
use super::message::Message;

/// A response, and what a client may conclude.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientExchange {
    /// The response.
    pub response: Message,
    /// What is sent in front of it: interim responses.
    pub before: Option<String>,
    /// What happens behind it.
    pub then: Then,
    /// What the client is asked to offer. It is skipped if its request does not.
    pub offer: Offer,
    /// A rule of the judge that the client's own request must keep.
    pub rule: Option<String>,
    /// What may come of it; one must fit.
    pub expect: Vec<ClientExpect>,
}

/// The keys that only cases for clients over HTTP/1.1 have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientKeys {
    before: Option<String>,
    #[serde(default)]
    then: Then,
    #[serde(default)]
    offer: Offer,
    rule: Option<String>,
    #[serde(default)]
    expect: OneOrMany<ClientExpect>,
}

/// What the suite does behind its response.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// It waits for what the client does.
    #[default]
    Wait,
    /// It closes the connection.
    Close,
    /// It resets the connection.
    Reset,
}

/// What a client is asked to offer.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Offer {
    /// Subprotocols, in order.
    pub subprotocols: Vec<String>,
    /// permessage-deflate.
    pub deflate: bool,
}

/// What a client may conclude.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClientExpect {
    /// The WebSocket is established and works.
    Established,
    /// The client fails the connection.
    Failed,
    /// Either.
    Any,
}

impl ClientExchange {
    pub(super) fn new(response: Message, keys: ClientKeys) -> Self {
        let ClientKeys { before, then, offer, rule, expect } = keys;
        Self { response, before, then, offer, rule, expect: expect.0 }
    }
}

impl<'de> Deserialize<'de> for ClientExpect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (word, table) = word_and_table(deserializer)?;
        no_keys(&word, &table)?;
        match word.as_str() {
            "established" => Ok(Self::Established),
            "failed" => Ok(Self::Failed),
            "any" => Ok(Self::Any),
            _ => Err(D::Error::custom(format!("\"{word}\" is no expectation of a client"))),
        }
    }
}
