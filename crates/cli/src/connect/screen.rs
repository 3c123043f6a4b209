//! Where a session is shown: a terminal with a line that is edited, a pipe, or objects of JSON.

use std::io::{self, Write, stdout};

use serde::Serialize;
use serde_json::{Value, json};
use yawc::close::CloseCode;

use super::message::{Hex, HexDump};
use super::terminal::Printer;
use crate::output::{BAD, FAINT, GOOD, HINT, ManyLines, OneLine, painted};

/// What happens in a session.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event<'e> {
    /// The connection is established: the URL, and what was agreed.
    Open {
        url: &'e str,
        subprotocol: Option<&'e str>,
        extensions: &'e str,
    },
    Text(&'e str),
    Binary(&'e [u8]),
    Ping(&'e [u8]),
    /// With the time since the ping that it answers, if it answers one.
    Pong {
        payload: &'e [u8],
        ms: Option<f64>,
    },
    /// The server has sent a close frame.
    Closed {
        code: Option<u16>,
        reason: &'e str,
    },
    /// Something else that the user should read.
    Note(&'e str),
}

/// Where a session is shown.
pub(super) struct Screen {
    way: Way,
    quiet: bool,
}

enum Way {
    Terminal(Printer),
    /// Each text is a line, and bytes are shown as a dump.
    Pipe,
    /// Payloads as they are.
    Raw,
    Json,
}

impl Screen {
    pub(super) fn terminal(printer: Printer, quiet: bool) -> Self {
        Self { way: Way::Terminal(printer), quiet }
    }

    pub(super) fn pipe(quiet: bool) -> Self {
        Self { way: Way::Pipe, quiet }
    }

    pub(super) fn raw() -> Self {
        Self { way: Way::Raw, quiet: true }
    }

    pub(super) fn json() -> Self {
        Self { way: Way::Json, quiet: false }
    }

    /// Shows an event. `detail` is one that is shown only if the user wants to see everything.
    pub(super) fn show(&mut self, event: Event<'_>, detail: bool) -> io::Result<()> {
        let is_message = matches!(event, Event::Text(_) | Event::Binary(_));
        let is_shown = is_message || (!self.quiet && !detail);
        match &mut self.way {
            Way::Json => {
                let mut out = stdout().lock();
                serde_json::to_writer(&mut out, &event.to_json())?;
                writeln!(out)
            }
            Way::Raw => match event {
                Event::Text(text) => whole(text.as_bytes()),
                Event::Binary(bytes) => whole(bytes),
                _ => Ok(()),
            },
            Way::Pipe => match event {
                Event::Text(text) => writeln!(stdout().lock(), "{text}"),
                Event::Binary(bytes) => writeln!(stdout().lock(), "{}", HexDump(bytes)),
                _ if is_shown => writeln!(anstream::stderr().lock(), "{}", event.to_line()),
                _ => Ok(()),
            },
            Way::Terminal(printer) => {
                if !is_shown {
                    return Ok(());
                }
                let line = event.to_line();
                let choice = anstream::AutoStream::choice(&stdout());
                let line = match choice {
                    anstream::ColorChoice::Never => anstream::adapter::strip_str(&line).to_string(),
                    _ => line,
                };
                printer.print(line + "\n").map_err(io::Error::other)
            }
        }
    }

    /// Waits until everything is shown: what is printed above a line that is edited would be lost with that line.
    pub(super) fn settle(&mut self) {
        /// Nothing to be seen: one line up, and one down.
        const NOTHING: &str = "\u{1b}[A\n";
        if let Way::Terminal(printer) = &mut self.way {
            // There is room for one text, so all before it have been taken. A terminal that is gone shows none.
            let _ = printer.print(NOTHING.to_owned());
        }
    }

    /// Writes the failure of a handshake as JSON.
    pub(super) fn failed(error: &impl Serialize) -> io::Result<()> {
        let mut out = stdout().lock();
        let error = serde_json::to_value(error)?;
        serde_json::to_writer(&mut out, &json!({ "event": "failed", "error": error }))?;
        writeln!(out)
    }
}

/// Bytes that are to be seen at once, also without a line end.
fn whole(bytes: &[u8]) -> io::Result<()> {
    let mut out = stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

impl Event<'_> {
    fn to_line(self) -> String {
        match self {
            Self::Open { url, subprotocol, extensions } => {
                let mut line = format!("connected to {url}");
                if let Some(subprotocol) = subprotocol {
                    line = line + ", subprotocol " + subprotocol;
                }
                if !extensions.is_empty() {
                    line = line + ", " + extensions;
                }
                painted(GOOD, line).to_string()
            }
            Self::Text(text) => format!("{} {}", painted(HINT, "<"), ManyLines(text)),
            Self::Binary(bytes) => {
                let size = format_args!("binary, {} bytes", bytes.len()).to_string();
                format!("{} {}\n{}", painted(HINT, "<"), painted(FAINT, size), HexDump(bytes))
                    .trim_end()
                    .to_owned()
            }
            Self::Ping(payload) => {
                painted(FAINT, format_args!("ping \"{}\"", payload.escape_ascii())).to_string()
            }
            Self::Pong { payload, ms } => {
                let time = ms.map(|ms| format!(" after {ms:.1} ms")).unwrap_or_default();
                painted(FAINT, format_args!("pong \"{}\"{time}", payload.escape_ascii())).to_string()
            }
            Self::Closed { code, reason } => {
                let style = if is_good(code) { FAINT } else { BAD };
                painted(style, format_args!("the server closes: {}", Close { code, reason })).to_string()
            }
            Self::Note(text) => ManyLines(text).to_string(),
        }
    }

    fn to_json(self) -> Value {
        match self {
            Self::Open { url, subprotocol, extensions } => {
                json!({ "event": "open", "url": url, "subprotocol": subprotocol, "extensions": extensions })
            }
            Self::Text(text) => json!({ "event": "text", "data": text }),
            Self::Binary(bytes) => json!({ "event": "binary", "hex": Hex(bytes).to_string() }),
            Self::Ping(payload) => json!({ "event": "ping", "hex": Hex(payload).to_string() }),
            Self::Pong { payload, ms } => {
                json!({ "event": "pong", "hex": Hex(payload).to_string(), "ms": ms })
            }
            Self::Closed { code, reason } => json!({ "event": "close", "code": code, "reason": reason }),
            Self::Note(text) => json!({ "event": "note", "text": text }),
        }
    }
}

/// Whether a close code says that everything went well: 1000, 1001, or none.
pub(super) fn is_good(code: Option<u16>) -> bool {
    matches!(code, None | Some(1000 | 1001))
}

/// A close code with its name and the reason.
pub(super) struct Close<'r> {
    pub(super) code: Option<u16>,
    pub(super) reason: &'r str,
}

impl std::fmt::Display for Close<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(code) = self.code else { return f.write_str("without a code") };
        write!(f, "{code}")?;
        // The names of RFC 6455 §7.4.1.
        let name = match CloseCode::from(code) {
            CloseCode::Normal => "normal closure",
            CloseCode::Away => "going away",
            CloseCode::Protocol => "protocol error",
            CloseCode::Unsupported => "unsupported data",
            CloseCode::Invalid => "invalid payload",
            CloseCode::Policy => "policy violation",
            CloseCode::Size => "message too big",
            CloseCode::Extension => "extension missing",
            CloseCode::Error => "internal error",
            CloseCode::Restart => "service restart",
            CloseCode::Again => "try again later",
            _ => "",
        };
        if !name.is_empty() {
            write!(f, " ({name})")?;
        }
        if self.reason.is_empty() { Ok(()) } else { write!(f, ": {}", OneLine(self.reason)) }
    }
}
