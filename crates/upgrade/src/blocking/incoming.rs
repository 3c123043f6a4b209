//! A request that waits for a decision, on a blocking stream.

use websocket_upgrade_proto as proto;

use proto::field::FieldError;
use proto::server::{Request, RequestError};

use super::bounded::{Bounded, Std};
use super::timed::TimedStream;
use super::{block_on, restored};
use crate::drive::Undecided;
use crate::head::RequestHead;
use crate::server::error::HandleError;
use crate::server::options::ServerOptions;
use crate::server::rejection::Rejection;
use crate::upgraded::{Socket, Upgraded};

/// A request that waits for a decision: accept it, reject it, or take it back to answer it as plain HTTP.
///
/// Dropped undecided, it is answered with 503, in one attempt that does not wait.
#[derive(Debug)]
#[must_use = "the client waits for an answer"]
pub struct Incoming<S: TimedStream>(Undecided<Bounded<S>, Std>);

impl<S: TimedStream> Incoming<S> {
    pub(super) fn new(undecided: Undecided<Bounded<S>, Std>) -> Self {
        Self(undecided)
    }

    /// The request's head.
    pub fn head(&self) -> &RequestHead {
        self.0.head()
    }

    /// The request as a valid upgrade request.
    ///
    /// # Errors
    ///
    /// What is wrong with it (RFC 6455 §4.2.1); [`RequestError::is_not_upgrade`] tells plain HTTP from a broken
    /// upgrade.
    pub fn request(&self) -> Result<Request<'_>, RequestError> {
        self.0.request()
    }

    /// Whether it asks for WebSocket, rightly or not. If it does not, answer it as plain HTTP.
    pub fn is_upgrade(&self) -> bool {
        self.0.is_upgrade()
    }

    /// Adds a field line to the answer, whatever it will be: `Set-Cookie`, say.
    ///
    /// # Errors
    ///
    /// If the name is not a token, or one that the handshake sets itself; if the value has a control character.
    pub fn header(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<&mut Self, FieldError> {
        self.0.header(name, value)?;
        Ok(self)
    }

    /// Checks everything for which [`accept`](Self::accept) with the same options would refuse the request: whether it
    /// is valid, its authority (RFC 9110 §7.4), its origin (RFC 6455 §10.2), and its lists of subprotocols and
    /// extensions. Call it before you look up credentials, so that a page of a foreign origin can't cause that.
    ///
    /// If it passes, the request still waits for a decision, and nothing was sent. Otherwise the client gets the answer
    /// that [`accept`](Self::accept) would have sent, and the connection is closed in the same way.
    ///
    /// # Errors
    ///
    /// Those of [`accept`](Self::accept).
    pub fn check(self, options: &ServerOptions) -> Result<Self, HandleError> {
        block_on(self.0.check(options)).map(Self)
    }

    /// Accepts the request if it is valid and the options allow it; otherwise it is rejected, and the client told so.
    ///
    /// An answer that is decided after the deadline is sent if the stream takes it at once.
    ///
    /// # Errors
    ///
    /// [`HandleError`]: the request was rejected, and the client told so; or the socket failed.
    pub fn accept(self, options: &ServerOptions) -> Result<Upgraded<S, RequestHead>, HandleError> {
        block_on(self.0.accept(options)).map(restored)
    }

    /// Rejects the request with an answer of the application's own, and closes the connection in stages.
    ///
    /// That is sent whatever is wrong with the request. What HTTP itself has 400 for, such as a request without `Host`
    /// (RFC 9112 §3.2), is an error of [`request`](Self::request), and answered by [`accept`](Self::accept).
    ///
    /// # Errors
    ///
    /// If the socket fails before the answer is sent, or does not take it up to the deadline.
    pub fn reject(self, rejection: Rejection) -> Result<(), HandleError> {
        block_on(self.0.reject(rejection))
    }

    /// Takes back head, socket and the bytes read behind the head, to answer as plain HTTP.
    #[must_use]
    pub fn into_http(self) -> (RequestHead, Socket<S>) {
        let (head, Socket { io, read_buf }) = self.0.into_http();
        (head, Socket { io: io.into_inner(), read_buf })
    }

    /// Takes back the socket as if nothing had been read: the head is replayed, for an HTTP server to read itself.
    #[must_use]
    pub fn into_unread(self) -> Socket<S> {
        let Socket { io, read_buf } = self.0.into_unread();
        Socket { io: io.into_inner(), read_buf }
    }
}
