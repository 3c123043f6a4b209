//! A request that waits for a decision.

use std::fmt;
use std::net::SocketAddr;

use http::Request;
use websocket_upgrade::internals::server::{Accepted, ParsedRequest, established, request_accessors};
use websocket_upgrade::{HandleError, Rejection, ServerOptions, Upgraded};
use websocket_upgrade_proto as proto;

use proto::field::FieldError;
use proto::server::RequestError;

use super::answer::Unanswered;
use super::plain;
use crate::stream::Stream;

/// A request of any kind that waits for a decision: accept it, reject it, or answer it as plain HTTP.
///
/// Dropped undecided, it is answered with 503, in one attempt that does not wait.
///
/// If [`request`](Self::request) is an error, so that it is no valid handshake, [`origin`](Self::origin),
/// [`authority`](Self::authority), [`subprotocols`](Self::subprotocols) and [`extensions`](Self::extensions) are empty.
/// The head has the fields as they came, and the peer's [`SocketAddr`] in its extensions.
///
/// The deadline of the options given to [`Connection::new`](crate::Connection::new) counts from the beginning of the
/// request to the end of the answer.
#[must_use = "the client waits for an answer"]
pub struct Incoming {
    request: ParsedRequest,
    /// `None` once it is decided.
    unanswered: Option<Unanswered>,
    peer: SocketAddr,
}

impl Incoming {
    pub(super) fn new(request: ParsedRequest, unanswered: Unanswered) -> Self {
        let peer = unanswered.shared.peer;
        Self { request, unanswered: Some(unanswered), peer }
    }

    /// The request's head: for an extended CONNECT, scheme, authority and path are in its URI.
    pub fn head(&self) -> &Request<()> {
        self.request.head()
    }

    /// `:protocol` as it was sent (RFC 9220 §3). `None` if it is no extended CONNECT.
    pub fn protocol(&self) -> Option<&str> {
        self.request.protocol()
    }

    /// The request as a valid extended CONNECT for WebSocket.
    ///
    /// # Errors
    ///
    /// What is wrong with it (RFC 9220 §3). [`RequestError::is_not_upgrade`] tells plain HTTP from a broken handshake.
    pub fn request(&self) -> Result<proto::server::Request<'_>, RequestError> {
        self.request.request()
    }

    /// Whether it asks for WebSocket or another protocol, rightly or not. If it does not, answer it as plain HTTP.
    pub fn is_upgrade(&self) -> bool {
        self.request.is_upgrade()
    }

    request_accessors! {
        self,
        view: self.request().ok(),
        path: self.head().uri().path(),
        query: self.head().uri().query(),
        version: self.head().version(),
        /// The address of the other side. With QUIC it may change later.
        peer: SocketAddr = Some(self.peer),
    }

    /// Adds a field line, such as `Set-Cookie`, to the answer, whether it accepts or rejects. Connection-specific
    /// fields are left out (RFC 9114 §4.2).
    ///
    /// # Errors
    ///
    /// If the name is not a token or is one that the handshake sets itself, or if the value has a control character.
    pub fn header(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<&mut Self, FieldError> {
        self.request.header(name, value.as_ref())?;
        Ok(self)
    }

    /// Checks everything for which [`accept`](Self::accept) with the same options would refuse the request: whether it
    /// is valid, its authority (RFC 9110 §7.4), its origin (RFC 6455 §10.2), and its lists of subprotocols and
    /// extensions. Call it before you look up credentials, so that a page of a foreign origin can't cause that.
    ///
    /// If it passes, the request still waits for a decision, and nothing was sent. Otherwise the client gets the answer
    /// that [`accept`](Self::accept) would have sent.
    ///
    /// # Errors
    ///
    /// Those of [`accept`](Self::accept).
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future resets the stream.
    pub async fn check(mut self, options: &ServerOptions) -> Result<Self, HandleError> {
        match self.request.check(options) {
            Ok(()) => Ok(self),
            Err(rejected) => Err(self.decide().refuse(rejected).await),
        }
    }

    /// Accepts the request if it is valid and the options allow it (RFC 9220 §3). Otherwise it is rejected, and the
    /// client told so.
    ///
    /// Of the options, the deadline and the limits of a head count for nothing here: those given to
    /// [`Connection::new`](crate::Connection::new) do. An answer that is decided after the deadline is sent if the
    /// stream takes it at once.
    ///
    /// The handshake is counted as accepted when the answer is handed to QUIC, as `broken` if that fails.
    ///
    /// # Errors
    ///
    /// [`HandleError`]: the request was rejected, and the client told so; or the stream or the connection failed.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future resets the stream.
    pub async fn accept(
        mut self,
        options: &ServerOptions,
    ) -> Result<Upgraded<Stream, Request<()>>, HandleError> {
        let decided = self.request.accept(options);
        let mut unanswered = self.decide();
        let Accepted { answer, settings, acceptance } = match decided {
            Ok(accepted) => accepted,
            Err(rejected) => return Err(unanswered.refuse(rejected).await),
        };
        match unanswered.send_head(answer).await {
            Ok(()) => {
                acceptance.sent(&settings);
                Ok(established(unanswered.into_stream(), settings, self.request.take_head()))
            }
            Err(error) => {
                acceptance.broken(&error);
                Err(HandleError::Io(error))
            }
        }
    }

    /// Rejects the request with an answer of the application's own, and ends the stream.
    ///
    /// That is sent whatever is wrong with the request. What the client still sends is read for a moment, and then it
    /// is told to stop (`H3_NO_ERROR`, RFC 9114 §4.1), in the background.
    ///
    /// # Errors
    ///
    /// If the stream fails before the answer is sent, or does not take it up to the deadline.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future resets the stream.
    pub async fn reject(mut self, rejection: Rejection) -> Result<(), HandleError> {
        let response = self.request.reject(&rejection);
        self.decide().answer(response).await.map_err(HandleError::Io)
    }

    /// Takes the request to answer it as plain HTTP. It is not counted as a handshake, and has no deadline any more.
    pub fn into_http(mut self) -> plain::Request {
        let unanswered = self.decide();
        plain::Request::new(self.request.take_head(), unanswered.exchange, unanswered.user)
    }

    /// Takes the stream, which decides the request.
    fn decide(&mut self) -> Unanswered {
        let Some(unanswered) = self.unanswered.take() else {
            unreachable!("decided once: every method that decides takes the request by value");
        };
        unanswered
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let Some(unanswered) = self.unanswered.take() {
            unanswered.answer_without_waiting(self.request.undecided());
        }
    }
}

/// Shows no values of fields.
impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("request", &self.request)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}
