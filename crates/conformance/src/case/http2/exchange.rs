//! The keys of a case over HTTP/2.
//!
//! A case is an exchange on one stream, the case's. The base is an extended CONNECT (for servers) or a 200 (for
//! clients), which the keys of a [`Head`] change. Frames go in front of it (`before`), behind it in the same write
//! (`behind`), and behind the peer's answer (`then`).

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::codes::Setting;
use super::step::{Head, Step};
use super::want::Want;
use crate::case::client::Offer;
use crate::case::deliver::Deliver;
use crate::case::expect::OneOrMany;

/// What is sent over HTTP/2, and what may come back.
#[derive(Clone, Debug)]
pub struct Http2Exchange {
    /// The head on the case's stream.
    pub(crate) head: Head,
    pub(crate) keys: Keys,
}

/// The keys of a case over HTTP/2, without those of its head.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are keys of a file, each of which stands for itself"
)]
pub(crate) struct Keys {
    /// The suite's own settings at the start, such as `INITIAL_WINDOW_SIZE=0`.
    pub(crate) settings: Option<Vec<Setting>>,
    /// The bytes in front of all frames, instead of the preface.
    pub(crate) preface: Option<String>,
    /// All is sent at once, without waiting for the peer's settings.
    #[serde(default)]
    pub(crate) at_once: bool,
    /// The peer's SETTINGS are not acknowledged.
    #[serde(default)]
    pub(crate) unacknowledged: bool,
    /// For servers: the case is also for those that do not support extended CONNECT.
    #[serde(default)]
    pub(crate) any_server: bool,
    /// For servers: another WebSocket is established first, on stream 1, and has to work afterwards.
    #[serde(default)]
    pub(crate) beside: bool,
    /// An acceptance is not proven by an echo in front of `then`.
    #[serde(default)]
    pub(crate) unproven: bool,
    /// For clients: behind the suite's settings, before the request has come.
    #[serde(default)]
    pub(crate) start: Vec<Step>,
    #[serde(default)]
    pub(crate) before: Vec<Step>,
    #[serde(default)]
    pub(crate) behind: Vec<Step>,
    /// How the head and what is around it is delivered.
    #[serde(default)]
    pub(crate) deliver: Deliver,
    #[serde(default)]
    pub(crate) then: Vec<Step>,
    /// For clients: what the client is asked to offer. The case is skipped if its request does not.
    #[serde(default)]
    pub(crate) offer: Offer,
    /// For clients: a rule of the judge that the request must keep.
    pub(crate) rule: Option<String>,
    /// What the first answer may be.
    #[serde(default)]
    pub(crate) expect: OneOrMany<Want>,
    /// What may become of the stream behind `then`.
    #[serde(default)]
    pub(crate) end: OneOrMany<Want>,
}

impl Keys {
    /// Says what is expected, for a report.
    pub(crate) fn expected(&self) -> String {
        let any = |wants: &[Want]| wants.iter().map(Want::describe).collect::<Vec<_>>().join("; or ");
        let mut expected: Vec<_> =
            self.rule.iter().map(|rule| format!("a request that keeps {rule}")).collect();
        expected.extend(
            [&self.expect, &self.end].iter().filter(|wants| !wants.0.is_empty()).map(|wants| any(&wants.0)),
        );
        if !self.then.is_empty() && self.end.0.is_empty() {
            expected.push("every step of the case".to_owned());
        }
        expected.join(", then ")
    }
}

/// The keys of a [`Head`].
const HEAD_KEYS: [&str; 14] = [
    "base",
    "set",
    "remove",
    "add",
    "headers",
    "coding",
    "split",
    "pad",
    "priority",
    "end-stream",
    "open",
    "prefix",
    "block",
    "between",
];

impl<'de> Deserialize<'de> for Http2Exchange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = toml::Table::deserialize(deserializer)?;
        let head: toml::Table = HEAD_KEYS.iter().filter_map(|&key| table.remove_entry(key)).collect();
        let head = head.try_into().map_err(D::Error::custom)?;
        let keys: Keys = table.try_into().map_err(D::Error::custom)?;
        if keys.expect.0.is_empty() && keys.end.0.is_empty() && keys.rule.is_none() {
            return Err(D::Error::custom("neither `expect` nor `end` nor `rule`"));
        }
        Ok(Self { head, keys })
    }
}
