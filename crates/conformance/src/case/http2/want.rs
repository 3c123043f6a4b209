//! What may come back over HTTP/2.

use serde::Deserialize;

use super::codes::{Code, code_name};

/// One of several ends of an exchange that are right.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Written")]
pub(crate) enum Want {
    /// For servers: a 2xx that keeps the rules, and a WebSocket that works.
    Accepted(Acceptance),
    /// A whole response whose status is not 2xx.
    Refused(Refusal),
    /// A whole response to a request that is not an extended CONNECT, with any status.
    Answered,
    /// As RFC 9113 §8.1.1 has it: a whole refusal, a stream error or a connection error.
    Malformed,
    /// `RST_STREAM` or GOAWAY with whatever error, or the end of the connection.
    Error,
    /// `RST_STREAM` with one of these codes or a generic one, or a connection error.
    StreamError(Vec<Code>),
    /// `RST_STREAM` with one of these codes, and nothing else.
    Reset(Vec<Code>),
    /// GOAWAY with one of these codes or a generic one, or the end of the connection.
    ConnectionError(Vec<Code>),
    /// GOAWAY with one of these codes, and nothing else.
    GoAway(Vec<Code>),
    /// The end of the connection.
    Closed,
    /// `END_STREAM`.
    Ended,
    /// The WebSocket works, by an echo.
    Works,
    /// Nothing comes on the stream any more, and the connection works, by a PING.
    Gone,
    /// The connection works, by a PING.
    Alive,
    /// Anything but silence.
    Any,
    /// For clients: the WebSocket works, and the client says so.
    Established,
    /// For clients: the client says that the handshake failed.
    Failed,
    /// For clients: no extended CONNECT is sent, and the client says that the handshake failed.
    Unasked,
}

/// A want as it is written: a word, or a table with what is particular to it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Word(Word),
    Table(Table),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Accepted,
    Refused,
    Answered,
    Malformed,
    /// A stream or connection error with whatever code.
    Error,
    Closed,
    Ended,
    Works,
    Gone,
    Alive,
    Any,
    Established,
    Failed,
    Unasked,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Table {
    Accepted(Acceptance),
    Refused(Refusal),
    StreamError(Vec<Code>),
    Reset(Vec<Code>),
    ConnectionError(Vec<Code>),
    GoAway(Vec<Code>),
}

impl From<Written> for Want {
    fn from(written: Written) -> Self {
        match written {
            Written::Word(Word::Accepted) => Self::Accepted(Acceptance::default()),
            Written::Word(Word::Refused) => Self::Refused(Refusal::default()),
            Written::Word(Word::Answered) => Self::Answered,
            Written::Word(Word::Malformed) => Self::Malformed,
            Written::Word(Word::Error) => Self::Error,
            Written::Word(Word::Closed) => Self::Closed,
            Written::Word(Word::Ended) => Self::Ended,
            Written::Word(Word::Works) => Self::Works,
            Written::Word(Word::Gone) => Self::Gone,
            Written::Word(Word::Alive) => Self::Alive,
            Written::Word(Word::Any) => Self::Any,
            Written::Word(Word::Established) => Self::Established,
            Written::Word(Word::Failed) => Self::Failed,
            Written::Word(Word::Unasked) => Self::Unasked,
            Written::Table(Table::Accepted(acceptance)) => Self::Accepted(acceptance),
            Written::Table(Table::Refused(refusal)) => Self::Refused(refusal),
            Written::Table(Table::StreamError(codes)) => Self::StreamError(codes),
            Written::Table(Table::Reset(codes)) => Self::Reset(codes),
            Written::Table(Table::ConnectionError(codes)) => Self::ConnectionError(codes),
            Written::Table(Table::GoAway(codes)) => Self::GoAway(codes),
        }
    }
}

/// What an acceptance has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Acceptance {
    /// `""`: none.
    pub(crate) subprotocol: Option<String>,
    /// `"none"`, or the names, in order.
    pub(crate) extensions: Option<String>,
    /// Names of fields that it has.
    pub(crate) fields: Vec<String>,
    /// Names of fields that it has not.
    pub(crate) without: Vec<String>,
}

/// What a refusal has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Refusal {
    /// Empty: any that is not 2xx.
    pub(crate) status: Vec<u16>,
    /// Field lines, or names of fields.
    pub(crate) fields: Vec<String>,
}

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// A 2xx to an extended CONNECT.
    Accepted,
    /// Another response, and whether it is whole.
    Responded {
        status: u16,
        whole: bool,
    },
    Reset(u32),
    GoAway(u32),
    /// Without GOAWAY, or behind one without an error.
    Closed,
    /// `END_STREAM` without a response that was waited for.
    Ended,
    /// Nothing before the deadline.
    Silent,
}

/// The codes that can always be used in place of more specific ones (RFC 9113 §5.4).
const GENERIC: [u32; 2] = [1, 2];

impl Want {
    /// Returns whether an end is the wanted one, as far as it shows in the end alone.
    pub(crate) fn allows(&self, end: &End) -> bool {
        match (self, end) {
            (Self::Accepted(_) | Self::Any, End::Accepted) => true,
            (Self::Refused(refusal), &End::Responded { status, whole }) => {
                whole
                    && !(200..300).contains(&status)
                    && (refusal.status.is_empty() || refusal.status.contains(&status))
            }
            (Self::Malformed, &End::Responded { status, whole }) => whole && (400..600).contains(&status),
            (Self::Answered | Self::Any, End::Responded { whole, .. }) => *whole,
            (Self::Malformed, End::Reset(code) | End::GoAway(code)) => GENERIC.contains(code),
            (Self::StreamError(codes), End::Reset(code) | End::GoAway(code))
            | (Self::ConnectionError(codes), End::GoAway(code)) => {
                GENERIC.contains(code) || codes.contains(&Code(*code))
            }
            (Self::Reset(codes), End::Reset(code)) | (Self::GoAway(codes), End::GoAway(code)) => {
                codes.contains(&Code(*code))
            }
            (Self::Any | Self::Ended, End::Ended) => true,
            (Self::Any | Self::Error, End::Reset(_) | End::GoAway(_)) => true,
            (want, End::Closed) => want.allows_closing(),
            _ => false,
        }
    }

    /// Returns whether the end of the connection is enough: RFC 9113 §5.4.1 only recommends a GOAWAY before it.
    fn allows_closing(&self) -> bool {
        matches!(
            self,
            Self::Malformed
                | Self::Error
                | Self::StreamError(_)
                | Self::ConnectionError(_)
                | Self::Closed
                | Self::Any
        )
    }

    /// Says it for a report.
    pub(crate) fn describe(&self) -> String {
        let codes =
            |codes: &[Code]| codes.iter().map(|code| code_name(code.0)).collect::<Vec<_>>().join(" or ");
        match self {
            Self::Accepted(acceptance) => {
                let subprotocol = match acceptance.subprotocol.as_deref() {
                    Some("") => ", no subprotocol".to_owned(),
                    Some(name) => format!(", subprotocol {name}"),
                    None => String::new(),
                };
                let extensions = acceptance.extensions.as_ref().map(|names| format!(", extensions: {names}"));
                format!("a 2xx and a WebSocket that works{subprotocol}{}", extensions.unwrap_or_default())
            }
            Self::Refused(refusal) if refusal.status.is_empty() => "a whole response that refuses".to_owned(),
            Self::Refused(refusal) => {
                let status: Vec<_> = refusal.status.iter().map(ToString::to_string).collect();
                format!("a whole response with status {}", status.join(" or "))
            }
            Self::Answered => "a whole response".to_owned(),
            Self::Malformed => "a 4xx or 5xx, or a stream or connection error PROTOCOL_ERROR".to_owned(),
            Self::Error => "a stream or connection error".to_owned(),
            Self::StreamError(list) => format!("a stream or connection error {}", codes(list)),
            Self::Reset(list) => format!("RST_STREAM {}", codes(list)),
            Self::ConnectionError(list) => format!("a connection error {}", codes(list)),
            Self::GoAway(list) => format!("GOAWAY {}", codes(list)),
            Self::Closed => "the end of the connection".to_owned(),
            Self::Ended => "END_STREAM".to_owned(),
            Self::Works => "a WebSocket that still works".to_owned(),
            Self::Gone => "nothing more on the stream, and a connection that works".to_owned(),
            Self::Alive => "a connection that works".to_owned(),
            Self::Any => "anything but silence".to_owned(),
            Self::Established => "a WebSocket that works".to_owned(),
            Self::Failed => "a client that fails".to_owned(),
            Self::Unasked => "no extended CONNECT, and a client that fails".to_owned(),
        }
    }
}

impl End {
    /// Says it for a report.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Accepted => "a 2xx".to_owned(),
            Self::Responded { status, whole: true } => format!("a whole response with status {status}"),
            Self::Responded { status, whole: false } => {
                format!("a response with status {status} that does not end")
            }
            Self::Reset(code) => format!("RST_STREAM {}", code_name(*code)),
            Self::GoAway(code) => format!("GOAWAY {}", code_name(*code)),
            Self::Closed => "the end of the connection".to_owned(),
            Self::Ended => "END_STREAM".to_owned(),
            Self::Silent => "nothing before the deadline".to_owned(),
        }
    }
}
