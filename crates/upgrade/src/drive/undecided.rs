//! A request that is looked at before it is decided.

use std::fmt;
use std::future::poll_fn;
use std::net::IpAddr;

use websocket_upgrade_proto as proto;

use proto::field::FieldError;
use proto::server::{Request, RequestError};

use super::deadline::Deadline;
use super::reading::Reading;
use super::reads::Reads;
use super::server::{refuse, send_without_waiting, settle, whole};
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
    info: HandshakeInfo,
    mut deadline: Deadline<R::Sleep>,
) -> Result<Undecided<S, R>, HandleError> {
    let mut reading = Reading::new(info, Reads::default());
    let poll = poll_fn(|context| {
        reading.poll(&mut io, context, |received, scan, info| {
            answer::head(received, scan, options.bounds(), info)
        })
    });
    let read = deadline.within(poll).await;
    let (head, read_buf) = match whole(&mut io, read, &reading, options, &mut deadline).await? {
        Ok(read) => read,
        Err(mut answer) => {
            settle(&mut io, &mut answer, options, &mut deadline).await?;
            // A refusal's outcome is an error.
            return Err(HandleError::Closed);
        }
    };
    let socket = Some(Socket { io, read_buf });
    Ok(Undecided {
        socket,
        head,
        lines: Vec::new(),
        discarded: options.discarded(),
        info: reading.info,
        deadline,
        #[cfg(feature = "tokio")]
        permit: None,
    })
}

/// A request that waits for a decision, without the names of a driver: see [`incoming`](super::incoming).
///
/// Dropped undecided, it is answered with 503, in one attempt that does not wait.
pub(crate) struct Undecided<S: Stream<R>, R: Runtime> {
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

    pub(crate) fn head(&self) -> &RequestHead {
        &self.head
    }

    /// The request as a valid upgrade request, or what is wrong with it.
    pub(crate) fn request(&self) -> Result<Request<'_>, RequestError> {
        match self.head.view() {
            Some(head) => Request::try_from(&head),
            None => Err(RequestError::closed()),
        }
    }

    pub(crate) fn peer(&self) -> Option<IpAddr> {
        self.info.peer()
    }

    /// Adds a field line to the answer, whatever it will be.
    pub(crate) fn header(&mut self, name: &str, value: &[u8]) -> Result<(), FieldError> {
        push_line(&mut self.lines, name, value)
    }

    /// Leaves the request undecided if it could be accepted. Otherwise it is rejected, as by [`Undecided::accept`].
    pub(crate) async fn check(&mut self, options: &ServerOptions) -> Result<(), HandleError> {
        let head = self.head.as_bytes();
        match Answer::refusal_of_request_head(head, options, &self.lines, &self.info) {
            None => Ok(()),
            Some(mut refusal) => {
                let Socket { mut io, .. } = self.decide();
                settle(&mut io, &mut refusal, options, &mut self.deadline).await?;
                // A refusal's outcome is an error.
                Err(HandleError::Closed)
            }
        }
    }

    /// Accepts the request if it is valid and the options allow it. Otherwise it is rejected.
    pub(crate) async fn accept(
        &mut self,
        options: &ServerOptions,
    ) -> Result<Upgraded<S, RequestHead>, HandleError> {
        let mut answer = Answer::to_request_head(self.head.as_bytes(), options, &self.lines, &self.info);
        let Socket { mut io, read_buf } = self.decide();
        let settings = settle(&mut io, &mut answer, options, &mut self.deadline).await?;
        Ok(Upgraded::on_server(io, read_buf, settings, self.head.take()))
    }

    /// Rejects the request with an answer of the application's own.
    pub(crate) async fn reject(&mut self, rejection: &Rejection) -> Result<(), HandleError> {
        let bytes = Answer::by_application(rejection, &self.head, &self.lines, &self.info);
        let Socket { mut io, .. } = self.decide();
        refuse(&mut io, &bytes, self.discarded, &mut self.deadline).await.map_err(HandleError::Io)
    }

    /// Takes head and socket: from here on the caller alone answers.
    pub(crate) fn into_parts(mut self) -> (RequestHead, Socket<S>) {
        let socket = self.decide();
        (self.head.take(), socket)
    }

    /// Takes the socket, which decides the request.
    fn decide(&mut self) -> Socket<S> {
        let Some(socket) = self.socket.take() else {
            unreachable!("decided once: a driver's type takes itself by value to decide");
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

/// Under the name of the public types.
impl<S: Stream<R>, R: Runtime> fmt::Debug for Undecided<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("head", &self.head)
            .field("headers", &checked(&self.lines))
            .finish_non_exhaustive()
    }
}
