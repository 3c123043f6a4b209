//! A request that an HTTP server has read and an application decides about, owned, for the crate that serves HTTP/3.

use std::fmt;

use bytes::Bytes;
use http::{Response, Version};
use websocket_upgrade_proto as proto;

use proto::Limits;
use proto::field::FieldError;
use proto::server::{Request, RequestError};

use super::accept::Accepted;
use super::gate::{Gate, TurnedAway};
use super::options::ServerOptions;
use super::refusal::{Refusal, turned_away};
use super::rejected::Rejected;
use super::rejection::Rejection;
use super::respond;
use crate::observe::handshake_info::HandshakeInfo;
use crate::options::{checked, push_line};

/// A request of any kind, and the field lines that are added to its answer. Each answer is a response to send.
pub struct ParsedRequest {
    head: http::Request<()>,
    /// `:protocol` (RFC 8441 §4).
    protocol: Option<String>,
    lines: Vec<u8>,
    info: HandshakeInfo,
}

impl ParsedRequest {
    /// A request, unless it is larger than a limit.
    ///
    /// # Errors
    ///
    /// The response to send. It is counted.
    pub fn new(
        head: http::Request<()>,
        protocol: Option<String>,
        limits: &Limits,
        info: HandshakeInfo,
    ) -> Result<Self, Rejected> {
        match Request::check_size(&head, limits) {
            Ok(()) => Ok(Self { head, protocol, lines: Vec::new(), info }),
            Err(error) => Err(refuse(error, head.version(), info)),
        }
    }

    /// The request.
    pub fn head(&self) -> &http::Request<()> {
        &self.head
    }

    /// `:protocol` (RFC 8441 §4).
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// The core's view of it.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn request(&self) -> Result<Request<'_>, RequestError> {
        Request::from_http_with_protocol(&self.head, self.protocol())
    }

    /// Whether it asks for WebSocket, rightly or not.
    pub fn is_upgrade(&self) -> bool {
        !matches!(self.request(), Err(error) if error.is_not_upgrade())
    }

    /// Adds a field line to the answer.
    ///
    /// # Errors
    ///
    /// If the line is not legal.
    pub fn header(&mut self, name: &str, value: &[u8]) -> Result<(), FieldError> {
        push_line(&mut self.lines, name, value)
    }

    /// Checks everything for which [`ParsedRequest::accept`] refuses it.
    ///
    /// # Errors
    ///
    /// Why it is refused. It is counted.
    pub fn check(&self, options: &ServerOptions) -> Result<(), Rejected> {
        let info = self.info.at(options.peer_address());
        let checked = respond::examine(self.request().as_ref(), self.head.version(), options, info);
        checked.map_err(|rejected| rejected.with_lines(self.lines.clone()))
    }

    /// Accepts it if the options allow it.
    ///
    /// # Errors
    ///
    /// Why it is refused. It is counted.
    pub fn accept(&self, options: &ServerOptions) -> Result<Accepted<Response<()>>, Rejected> {
        let (version, info) = (self.head.version(), self.info.at(options.peer_address()));
        let decided = respond::decide(self.request().as_ref(), version, options, &self.lines, info);
        decided.map_err(|rejected| rejected.with_lines(self.lines.clone()))
    }

    /// The response that rejects it with the application's own answer. It is counted.
    pub fn reject(&self, rejection: &Rejection) -> Response<Bytes> {
        respond::reject(rejection, &self.lines, self.head.version(), &self.info)
    }

    /// The response to a request that was dropped undecided. It is counted.
    pub fn undecided(&self) -> Response<Bytes> {
        let (wrong, method) = (self.request().err(), self.head.method().as_str());
        Refusal::undecided(wrong.as_ref(), method, &self.lines, &self.info).to_http(self.head.version())
    }

    /// Takes the head out of a request that is decided.
    pub fn take_head(&mut self) -> http::Request<()> {
        std::mem::take(&mut self.head)
    }
}

/// The refusal of a request whose head can't be read. It is counted when its response is made.
pub fn refuse(error: RequestError, version: Version, info: HandshakeInfo) -> Rejected {
    Rejected::request(error, version, info)
}

/// The response of the gate. It is counted.
pub fn turn_away(why: TurnedAway, gate: &Gate, version: Version, info: &HandshakeInfo) -> Response<Bytes> {
    turned_away(why, gate.retry_after(), info, |refusal: Refusal<'_>| refusal.to_http(version))
}

/// Shows no values of fields.
impl fmt::Debug for ParsedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParsedRequest")
            .field("request", &self.request())
            .field("headers", &checked(&self.lines))
            .finish_non_exhaustive()
    }
}
