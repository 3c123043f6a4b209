//! The keys of a case for clients over HTTP/1.1.

use std::fmt;

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
    /// Whether it is delivered once for each place where it can be split in two.
    pub every_split: bool,
    /// What happens behind it.
    pub then: Then,
    /// What stands behind the authority in the URL that the client is given.
    pub path: String,
    /// The host in that URL, in place of the address of this machine.
    pub host: Option<String>,
    /// What the certificate of the suite is like, over TLS.
    pub certificate: Certificate,
    /// What the client is asked to offer. It is skipped if its request does not.
    pub offer: Offer,
    /// What the client's offers of permessage-deflate must have so that this response is meant for them.
    pub offered: Vec<Offered>,
    /// A rule that the client's own request must keep: one of the judge, or one of
    /// [`client`](crate::client).
    pub rule: Option<String>,
    /// What may come of it; one must fit.
    pub expect: Vec<ClientExpect>,
}

/// The keys that only cases for clients over HTTP/1.1 have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientKeys {
    before: Option<String>,
    #[serde(default, rename = "every-split")]
    every_split: bool,
    #[serde(default)]
    then: Then,
    path: Option<String>,
    host: Option<String>,
    #[serde(default)]
    certificate: Certificate,
    #[serde(default)]
    offer: Offer,
    #[serde(default)]
    offered: Vec<Offered>,
    rule: Option<String>,
    #[serde(default)]
    expect: OneOrMany<ClientExpect>,
}

/// What the suite does behind its response.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// It sends messages that a WebSocket must echo, and then closes the WebSocket.
    #[default]
    #[serde(skip)]
    Prove,
    /// It sends nothing more.
    Wait,
    /// It ends what it sends.
    Close,
    /// It resets the connection.
    Reset,
}

/// What a certificate is like.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Certificate {
    /// It is valid.
    #[default]
    Good,
    /// It is for another name.
    OtherName,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It is of an authority that nobody has told the client of.
    Unknown,
    /// There is none: the server speaks no TLS.
    None,
}

/// What a client is asked to offer.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Offer {
    /// Subprotocols, in order.
    pub subprotocols: Vec<String>,
    /// permessage-deflate.
    pub deflate: Deflate,
    /// The seconds after which it is asked to give up.
    pub timeout: Option<u64>,
}

/// Whether a client is asked to offer permessage-deflate.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Deflate {
    /// It is not asked.
    #[default]
    No,
    /// It is asked for the offer that it usually makes.
    Usual,
    /// It is asked for an offer with these parameters. It may make another one all the same.
    Params(String),
}

/// A condition on the client's offers of permessage-deflate.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Offered {
    /// The name of a parameter, or of the extension itself.
    pub name: String,
    /// The value that the parameter must have.
    pub value: Option<String>,
    /// Whether an offer must have it. If not, none may have it.
    pub present: bool,
}

/// What a client may conclude.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClientExpect {
    /// The WebSocket is established and works.
    Established,
    /// The client fails the connection.
    Failed,
    /// The client has concluded nothing yet.
    Waiting,
}

impl Offer {
    /// Returns whether the client is asked to offer permessage-deflate.
    pub(crate) fn asks_for_deflate(&self) -> bool {
        self.deflate != Deflate::No
    }
}

impl ClientExchange {
    /// The lines of the response that establishes a WebSocket, which cases change.
    pub const GOOD: [&str; 4] = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: {accept}",
    ];

    pub(super) fn new(response: Message, keys: ClientKeys) -> Self {
        let ClientKeys { before, every_split, then, path, host, certificate, offer, offered, rule, expect } =
            keys;
        let path = path.unwrap_or_else(|| "/".to_owned());
        Self {
            response,
            before,
            every_split,
            then,
            path,
            host,
            certificate,
            offer,
            offered,
            rule,
            expect: expect.0,
        }
    }
}

impl<'de> Deserialize<'de> for ClientExpect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (word, table) = word_and_table(deserializer)?;
        no_keys(&word, &table)?;
        match word.as_str() {
            "established" => Ok(Self::Established),
            "failed" => Ok(Self::Failed),
            "waiting" => Ok(Self::Waiting),
            _ => Err(D::Error::custom(format!("\"{word}\" is no expectation of a client"))),
        }
    }
}

impl<'de> Deserialize<'de> for Deflate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Usual(bool),
            Params(String),
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::Usual(true) => Self::Usual,
            Form::Usual(false) => Self::No,
            Form::Params(params) => Self::Params(params),
        })
    }
}

/// A name, `name=value`, or `no name`.
impl<'de> Deserialize<'de> for Offered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (name, present) = text.strip_prefix("no ").map_or((&*text, true), |name| (name, false));
        let (name, value) = name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value)));
        if name.is_empty() || name.contains(' ') {
            return Err(D::Error::custom(format!("\"{text}\" is no parameter of an offer")));
        }
        Ok(Self { name: name.to_owned(), value: value.map(str::to_owned), present })
    }
}

impl fmt::Display for ClientExpect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Established => "the WebSocket is established, and the client echoes what it receives",
            Self::Failed => "the client fails the connection: it sends no frame, and ends with an error",
            Self::Waiting => "the client waits, and sends nothing",
        })
    }
}

impl Certificate {
    /// All kinds of certificates.
    pub const ALL: [Self; 6] =
        [Self::Good, Self::OtherName, Self::Expired, Self::NotYetValid, Self::Unknown, Self::None];
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Good => "a valid certificate",
            Self::OtherName => "a certificate for another name",
            Self::Expired => "a certificate whose time is over",
            Self::NotYetValid => "a certificate whose time has not come",
            Self::Unknown => "a certificate of an unknown authority",
            Self::None => "no TLS",
        })
    }
}

impl fmt::Display for Offered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value, present } = self;
        write!(f, "{}{name}", if *present { "" } else { "no " })?;
        value.iter().try_for_each(|value| write!(f, "={value}"))
    }
}
