//! The server that is tested, and one exchange with it.

use std::error::Error;
use std::time::Duration;

use tokio_rustls::TlsConnector;

use super::answer::{self, Answer};
use crate::case::{Deliver, Ending, Message};
use crate::judge;
use crate::text::{Names, TextError};
use crate::wire::{Arrival, Bounds, Connection, Target, WireError};

/// The lines of a good request, which cases change.
const GOOD: [&str; 6] = [
    "GET {path} HTTP/1.1",
    "Host: {host}",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: {key}",
    "Sec-WebSocket-Version: 13",
];

/// The server that is tested.
#[derive(Clone)]
pub(super) struct Peer {
    pub(super) target: Target,
    pub(super) tls: Option<TlsConnector>,
    pub(super) bounds: Bounds,
    /// Field lines that every request has, such as credentials, unless a case has lines of the same name.
    pub(super) fields: Vec<String>,
}

/// What is sent in one exchange.
pub(super) struct Request {
    pub(super) head: Vec<u8>,
    pub(super) behind: Vec<u8>,
    pub(super) deliver: Deliver,
}

/// An exchange after its answer.
pub(super) struct Exchanged {
    pub(super) connection: Connection,
    pub(super) answer: Answer,
}

impl Peer {
    /// Returns names for one exchange, with a fresh key.
    pub(super) fn names(&self, subprotocol: Option<&str>) -> Names {
        let mut names = Names::new(self.target.secure, &self.target.authority, &self.target.path, true);
        if let Some(subprotocol) = subprotocol {
            subprotocol.clone_into(&mut names.subprotocol);
        }
        names
    }

    /// Returns the request of a case.
    pub(super) fn request(&self, message: &Message, names: &Names) -> Result<Request, TextError> {
        let own =
            |line: &str| message.add.iter().any(|added| name_of(added).eq_ignore_ascii_case(name_of(line)));
        let fields: Vec<&str> = self.fields.iter().map(String::as_str).filter(|line| !own(line)).collect();
        let mut message = message.clone();
        if let Some(head) = &mut message.head {
            insert(head, &fields);
        }
        let good: Vec<&str> = GOOD.iter().copied().chain(fields).collect();
        let head = message.head(&good, names)?;
        Ok(Request { head, behind: message.behind(names)?, deliver: message.deliver })
    }

    /// Sends a request and reads the answer to it, on a connection of its own.
    pub(super) async fn exchange(
        &self,
        request: &Request,
        patience: Option<Duration>,
    ) -> Result<Exchanged, WireError> {
        let mut bounds = self.bounds;
        bounds.exchange = patience.unwrap_or(bounds.exchange);
        let mut connection = Connection::open(&self.target, self.tls.as_ref(), &bounds).await?;
        let bytes = [&*request.head, &*request.behind].concat();
        // A server that does not take all of it may have answered already.
        let is_sent = connection.deliver(&bytes, &request.deliver).await;
        let mut answer = if request.deliver.ending() == Ending::Reset {
            Answer::Nothing(Arrival::Broken)
        } else {
            let sent = judge::request(&request.head).sent();
            answer::read(&mut connection, &sent).await
        };
        if let Answer::Responded(response) = &mut answer
            && !is_sent
            && connection.end() == Some(Arrival::Broken)
        {
            // The reset is about the bytes that were not taken. That it cuts a body short is no fault of the answer.
            response.body = Ok(());
        }
        Ok(Exchanged { connection, answer })
    }
}

/// Says what has gone wrong with a connection, and why.
pub(super) fn with_cause(error: &dyn Error) -> String {
    error.source().map_or(error.to_string(), |cause| format!("{error}: {cause}"))
}

fn name_of(line: &str) -> &str {
    line.split_once(':').map_or(line, |(name, _)| name).trim()
}

/// Inserts lines before the empty line at the end of a head. A head that is cut short stays as it is.
fn insert(head: &mut String, lines: &[&str]) {
    let ends = [("\r\n\r\n", "\r\n"), ("\r\n\n", "\n"), ("\n\n", "\n")];
    if let Some((_, empty)) = ends.into_iter().find(|(end, _)| head.ends_with(end)) {
        let lines: String = lines.iter().flat_map(|line| [line, empty]).collect();
        head.insert_str(head.len() - empty.len(), &lines);
    }
}
