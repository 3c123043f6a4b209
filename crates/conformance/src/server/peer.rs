//! The server that is tested, and one exchange with it.

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
    /// Field lines that every request has at its end, such as credentials.
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
        let good: Vec<&str> = GOOD.iter().copied().chain(self.fields.iter().map(String::as_str)).collect();
        let head = message.head(&good, names)?;
        Ok(Request { head, behind: message.behind(names)?, deliver: message.deliver.clone() })
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
        // Who does not take all of it may have answered already.
        connection.deliver(&bytes, &request.deliver).await;
        let answer = if request.deliver.ending() == Ending::Reset {
            Answer::Nothing(Arrival::Broken)
        } else {
            let sent = judge::request(&request.head).sent();
            answer::read(&mut connection, &sent).await
        };
        Ok(Exchanged { connection, answer })
    }
}
