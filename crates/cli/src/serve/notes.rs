//! What the page asks for behind its own handshake: a browser shows its pages neither the request nor the answer.

use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, Request, Version};
use serde::Serialize;

/// How many handshakes are remembered, and how many bytes of the fields of each. Nobody can fill the memory.
const REMEMBERED: usize = 100;
const BYTES: usize = 4096;

/// The fields that are shown. Others may have secrets.
const SHOWN: [&str; 9] = [
    "host",
    "origin",
    "upgrade",
    "connection",
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
    "location",
    "retry-after",
];

/// The latest handshakes of the page.
#[derive(Debug, Default)]
pub(crate) struct Notes(Mutex<VecDeque<Note>>);

/// One handshake.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Note {
    /// The query that the page has made up for it.
    #[serde(skip)]
    query: String,
    /// The HTTP version, as the page shows it.
    version: &'static str,
    /// The fields of the request, a line each.
    offered: String,
    /// The fields of the answer, a line each.
    answered: String,
    /// The status.
    status: u16,
    /// Why it was refused.
    why: Option<String>,
}

impl Note {
    /// The note on a request with this query, if the page has sent it.
    pub(crate) fn of<B>(request: &Request<B>) -> Option<Self> {
        let query = request.uri().query().and_then(|query| query.rsplit('&').next());
        let query = query.filter(|query| query.starts_with("page=") && query.len() <= 40)?.to_owned();
        let (uri, version) = (request.uri(), request.version());
        let path = uri.path().get(..BYTES).unwrap_or(uri.path());
        let start = match uri.authority() {
            Some(authority) if version >= Version::HTTP_2 => {
                format!(
                    ":method: {}\n:protocol: websocket\n:authority: {authority}\n:path: {path}",
                    request.method()
                )
            }
            _ => format!("{} {path} {}", request.method(), named(version)),
        };
        let offered = format!("{start}\n{}", shown(request.headers()));
        Some(Self { query, version: named(version), offered, answered: String::new(), status: 0, why: None })
    }

    /// Adds the answer.
    pub(crate) fn answered(mut self, status: u16, fields: &HeaderMap, why: Option<String>) -> Self {
        (self.status, self.answered, self.why) = (status, shown(fields), why);
        self
    }
}

impl Notes {
    pub(crate) fn add(&self, note: Note) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.push_front(note);
        notes.truncate(REMEMBERED);
    }

    /// The note on the handshake with this query, as JSON.
    pub(crate) fn json(&self, query: &str) -> Option<String> {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::to_string(notes.iter().find(|note| note.query == query)?).ok()
    }
}

/// The name of an HTTP version.
pub(crate) fn named(version: Version) -> &'static str {
    match version {
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    }
}

fn shown(fields: &HeaderMap) -> String {
    let mut lines = String::new();
    for (name, value) in fields {
        if SHOWN.contains(&name.as_str()) && lines.len() < BYTES {
            let value = value.as_bytes().get(..BYTES).unwrap_or(value.as_bytes());
            let _ = writeln!(lines, "{name}: {}", value.escape_ascii());
        }
    }
    lines
}
