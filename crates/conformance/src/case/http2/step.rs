//! What the suite sends in an exchange over HTTP/2: heads, and the steps around them.

use serde::Deserialize;

use super::codes::{Code, Kind, Setting};

/// A head: a base, what is changed, and how it is framed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Head {
    pub(crate) base: Base,
    /// All lines of each named field are replaced, in place.
    pub(crate) set: Vec<String>,
    pub(crate) remove: Vec<String>,
    /// Lines at the end.
    pub(crate) add: Vec<String>,
    /// All lines, in order, instead of the base.
    pub(crate) headers: Option<Vec<String>>,
    pub(crate) coding: Coding,
    /// Sizes of the first fragments of the field block: the rest is one more. CONTINUATION frames carry all but the
    /// first.
    pub(crate) split: Vec<usize>,
    pub(crate) pad: Option<u8>,
    pub(crate) priority: bool,
    pub(crate) end_stream: bool,
    /// The last frame lacks `END_HEADERS`.
    pub(crate) open: bool,
    /// Bytes in front of the field block.
    pub(crate) prefix: Option<String>,
    /// The whole field block as bytes.
    pub(crate) block: Option<String>,
    /// Frames between HEADERS and the first CONTINUATION.
    pub(crate) between: Vec<Step>,
}

/// What a head is made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Base {
    /// An extended CONNECT, or the 200 that accepts one.
    #[default]
    Websocket,
    /// A GET.
    Get,
    /// No lines.
    Empty,
    /// Nothing is sent.
    Silence,
}

/// How field lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Coding {
    /// Literals without indexing, names and values as they are.
    #[default]
    Literal,
    /// Literals without indexing, Huffman coded.
    Huffman,
    /// Literals that are never indexed.
    Never,
    /// By the static and the dynamic table.
    Indexed,
}

/// Something that the suite does. Without a stream it is done on the case's.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Step {
    pub(crate) stream: Option<u32>,
    pub(crate) action: Action,
}

#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Sends a head: a request, or a response.
    Head(Box<Head>),
    Data {
        bytes: String,
        end: bool,
        pad: Option<u8>,
        /// The most bytes of a frame.
        split: Option<usize>,
    },
    /// Sends field lines that end the stream, unless `open`.
    Trailers {
        lines: Vec<String>,
        open: bool,
    },
    Reset(Code),
    Window(u32),
    Settings(Vec<Setting>),
    Ping(String),
    GoAway {
        code: Code,
        last: u32,
    },
    /// Sends any frame.
    Frame {
        kind: Kind,
        flags: u8,
        payload: String,
        times: u32,
    },
    /// Sends bytes.
    Raw(String),
    /// Ends the connection: `close`, or with a TCP reset.
    Disconnect {
        reset: bool,
    },
    Await(Event),
}

/// Something that the peer does, and the suite waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Event {
    /// A final head on the stream: 2xx for a CONNECT, whatever else for another method.
    Head,
    /// A 2xx on the stream.
    Accepted,
    /// An extended CONNECT on the stream.
    Request,
    /// The whole answer on the stream, up to its end.
    Answer,
    /// An acknowledgement of all of the suite's settings.
    Settings,
    /// The answer to a PING.
    Pong,
    /// Some bytes in DATA frames on the stream.
    Data,
    /// `END_STREAM`.
    End,
    /// `RST_STREAM`.
    Reset,
    /// GOAWAY.
    GoAway,
    /// The echoes of the messages in the steps' own DATA.
    Echoed,
    /// A text of a WebSocket that comes back.
    Echo,
    /// The same with a message that is larger than the windows.
    LargeEcho,
    /// The answer to a close frame of a WebSocket, and `END_STREAM`.
    Close,
    /// Nothing on the stream for a while.
    Quiet,
    /// A PING answered without anything on the stream since.
    Gone,
}

/// A step as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    stream: Option<u32>,
    request: Option<Box<Head>>,
    response: Option<Box<Head>>,
    get: Option<String>,
    data: Option<String>,
    trailers: Option<Vec<String>>,
    reset: Option<Code>,
    window: Option<u32>,
    settings: Option<Vec<Setting>>,
    ping: Option<String>,
    goaway: Option<Code>,
    frame: Option<Kind>,
    raw: Option<String>,
    disconnect: Option<Disconnect>,
    #[serde(rename = "await")]
    wait: Option<Event>,
    #[serde(default)]
    end: bool,
    #[serde(default)]
    open: bool,
    pad: Option<u8>,
    split: Option<usize>,
    last: Option<u32>,
    flags: Option<u8>,
    payload: Option<String>,
    times: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Disconnect {
    Close,
    Reset,
}

impl TryFrom<Written> for Step {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { stream, end, open, pad, split, last, flags, payload, times, .. } = written;
        let modified = end || pad.is_some() || split.is_some();
        let of_data = written.data.is_some();
        let of_frame = written.frame.is_some();
        let get = written.get.map(|path| {
            let set = vec![format!(":path: {path}")];
            Box::new(Head { base: Base::Get, set, end_stream: true, ..Head::default() })
        });
        let mut actions = [
            written.request.or(written.response).or(get).map(Action::Head),
            written.data.map(|bytes| Action::Data { bytes, end, pad, split }),
            written.trailers.map(|lines| Action::Trailers { lines, open }),
            written.reset.map(Action::Reset),
            written.window.map(Action::Window),
            written.settings.map(Action::Settings),
            written.ping.map(Action::Ping),
            written.goaway.map(|code| Action::GoAway { code, last: last.unwrap_or_default() }),
            written.frame.map(|kind| Action::Frame {
                kind,
                flags: flags.unwrap_or_default(),
                payload: payload.clone().unwrap_or_default(),
                times: times.unwrap_or(1),
            }),
            written.raw.map(Action::Raw),
            written.disconnect.map(|way| Action::Disconnect { reset: matches!(way, Disconnect::Reset) }),
            written.wait.map(Action::Await),
        ]
        .into_iter()
        .flatten();
        let action = actions.next().ok_or("a step without an action")?;
        if actions.next().is_some() {
            return Err("a step with two actions".to_owned());
        }
        if modified && !of_data {
            return Err("only `data` has `end`, `pad` and `split`".to_owned());
        }
        if (flags.is_some() || payload.is_some() || times.is_some()) && !of_frame {
            return Err("only `frame` has `flags`, `payload` and `times`".to_owned());
        }
        Ok(Self { stream, action })
    }
}
