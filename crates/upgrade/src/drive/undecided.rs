//! A request that is looked at before it is decided.

use std::fmt;

use bytes::Bytes;
use websocket_upgrade_proto as proto;

use proto::field::FieldError;
use proto::head::Scan;
use proto::server::{Request, RequestError};

use super::deadline::Deadline;
use super::server::{read_head, refuse, send_without_waiting, settle};
use super::stream::{Runtime, Stream};
use crate::head::RequestHead;
use crate::observe::handshake_info::HandshakeInfo;
use crate::options::{checked, push_line};
use crate::server::answer::{self, Answer};
use crate::server::error::HandleError;
#[cfg(feature = "tokio")]
use crate::server::gate::Permit;
use crate::server::options::ServerOptions;
use crate::server::rejection::Rejection;
use crate::upgraded::{Socket, Upgraded};

/// Server: reads a request, any HTTP/1 request, to look at before it is decided.
pub(crate) async fn receive<R: Runtime, S: Stream<R>>(
    mut io: S,
    options: &ServerOptions,
    mut info: HandshakeInfo,
    mut deadline: Deadline<R::Sleep>,
) -> Result<Undecided<S, R>, HandleError> {
    let (mut received, mut scan) = (Vec::new(), Scan::default());
    let judge =
        |received: &[u8], info: &HandshakeInfo| answer::head_len(received, &mut scan, options.bounds(), info);
    let head_len = match read_head(&mut io, &mut received, options, &mut info, &mut deadline, judge).await? {
        Ok(head_len) => head_len,
        Err(mut answer) => {
            settle(&mut io, &mut answer, options, &mut deadline).await?;
            // A refusal's outcome is an error.
            return Err(HandleError::Closed);
        }
    };
    let (head, rest) = received.split_at(head_len.min(received.len()));
    let (head, read_buf) = (RequestHead::new(head), Bytes::copy_from_slice(rest));
    let socket = Some(Socket { io, read_buf });
    Ok(Undecided {
        socket,
        head,
        lines: Vec::new(),
        discarded: options.discarded(),
        info,
        deadline,
        #[cfg(feature = "tokio")]
        permit: None,
    })
}

/// A request that waits for a decision: accept it, reject it, or take it back to answer it as plain HTTP.
///
/// Dropped undecided, it is answered with 503, in one attempt that does not wait.
#[must_use = "the client waits for an answer"]
pub struct Undecided<S: Stream<R>, R: Runtime> {
    /// `None` once it is decided.
    socket: Option<Socket<S>>,
    head: RequestHead,
    lines: Vec<u8>,
    discarded: usize,
    info: HandshakeInfo,
    deadline: Deadline<R::Sleep>,
    /// Keeps it counted by the gate.
    #[cfg(feature = "tokio")]
    permit: Option<Permit>,
}

impl<S: Stream<R>, R: Runtime> Undecided<S, R> {
    /// Counted by a gate, up to its end.
    #[cfg(feature = "tokio")]
    pub(crate) fn counted(mut self, permit: Permit) -> Self {
        self.permit = Some(permit);
        self
    }

    /// The request's head.
    pub fn head(&self) -> &RequestHead {
        &self.head
    }

    /// The request as a valid upgrade request.
    ///
    /// # Errors
    ///
    /// What is wrong with it (RFC 6455 §4.2.1); [`RequestError::is_not_upgrade`] tells plain HTTP from a broken
    /// upgrade.
    pub fn request(&self) -> Result<Request<'_>, RequestError> {
        match self.head.view() {
            Some(head) => Request::try_from(&head),
            None => Err(RequestError::closed()),
        }
    }

    /// Whether it asks for WebSocket, rightly or not. If it does not, answer it as plain HTTP.
    pub fn is_upgrade(&self) -> bool {
        !matches!(self.request(), Err(error) if error.is_not_upgrade())
    }

    /// Adds a field line to the answer, whatever it will be: `Set-Cookie`, say.
    ///
    /// # Errors
    ///
    /// If the name is not a token, or one that the handshake sets itself; if the value has a control character.
    pub fn header(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<&mut Self, FieldError> {
        push_line(&mut self.lines, name, value.as_ref())?;
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
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the socket, so that the connection is closed.
    pub async fn check(mut self, options: &ServerOptions) -> Result<Self, HandleError> {
        let head = self.head.as_bytes();
        match Answer::refusal_of_request_head(head, options, &self.lines, &self.info) {
            None => Ok(self),
            Some(mut refusal) => {
                let Socket { mut io, .. } = self.decide();
                settle(&mut io, &mut refusal, options, &mut self.deadline).await?;
                // A refusal's outcome is an error.
                Err(HandleError::Closed)
            }
        }
    }

    /// Accepts the request if it is valid and the options allow it; otherwise it is rejected, and the client told so.
    ///
    /// An answer that is decided after the deadline is sent if the stream takes it at once.
    ///
    /// # Errors
    ///
    /// [`HandleError`]: the request was rejected, and the client told so; or the socket failed.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the socket, so that the connection is closed.
    pub async fn accept(mut self, options: &ServerOptions) -> Result<Upgraded<S, RequestHead>, HandleError> {
        let mut answer = Answer::to_request_head(self.head.as_bytes(), options, &self.lines, &self.info);
        let Socket { mut io, read_buf } = self.decide();
        let head = self.head.clone();
        let settings = settle(&mut io, &mut answer, options, &mut self.deadline).await?;
        Ok(Upgraded::on_server(io, read_buf, settings, head))
    }

    /// Rejects the request with an answer of the application's own, and closes the connection in stages.
    ///
    /// That is sent whatever is wrong with the request. What HTTP itself has 400 for, such as a request without `Host`
    /// (RFC 9112 §3.2), is an error of [`request`](Self::request), and answered by [`accept`](Self::accept).
    ///
    /// # Errors
    ///
    /// If the socket fails before the answer is sent, or does not take it up to the deadline.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the socket, so that the connection is closed.
    pub async fn reject(mut self, rejection: Rejection) -> Result<(), HandleError> {
        let bytes = Answer::by_application(&rejection, &self.head, &self.lines, &self.info);
        let Socket { mut io, .. } = self.decide();
        let discarded = self.discarded;
        refuse(&mut io, &bytes, discarded, &mut self.deadline).await.map_err(HandleError::Io)
    }

    /// Takes back head, socket and the bytes read behind the head, to answer as plain HTTP.
    #[must_use]
    pub fn into_http(mut self) -> (RequestHead, Socket<S>) {
        let socket = self.decide();
        (self.head.clone(), socket)
    }

    /// Takes back the socket as if nothing had been read: the head is replayed, for an HTTP server to read itself.
    #[must_use]
    pub fn into_unread(mut self) -> Socket<S> {
        let Socket { io, read_buf } = self.decide();
        Socket { io, read_buf: [self.head.as_bytes(), &read_buf].concat().into() }
    }

    /// Takes the socket: from here on the caller alone answers.
    fn decide(&mut self) -> Socket<S> {
        let Some(socket) = self.socket.take() else {
            unreachable!("decided once: everything that decides takes the request by value");
        };
        socket
    }
}

impl<S: Stream<R>, R: Runtime> Drop for Undecided<S, R> {
    fn drop(&mut self) {
        if let Some(mut socket) = self.socket.take() {
            send_without_waiting(&mut socket.io, &Answer::undecided(&self.head, &self.lines, &self.info));
        }
    }
}

/// Shows no values of fields, and nothing of what was read behind the head.
impl<S: Stream<R>, R: Runtime> fmt::Debug for Undecided<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Undecided")
            .field("head", &self.head)
            .field("headers", &checked(&self.lines))
            .finish_non_exhaustive()
    }
}
