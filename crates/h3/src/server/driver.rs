//! The task of a connection: it accepts streams, reads the control stream, and ends the connection.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http3::error::{Code, ConnectionError, LocalError};
use http3::proto::varint::VarInt;
use http3::quic::ConnectionErrorIncoming;
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::time::timeout;

use super::drain::Drain;
use super::heads::{Next, read};
use super::shared::{Shared, User};
use crate::codes;
use crate::exchange::Exchange;
use crate::quic::broken::Broken;
use crate::quic::{Bidi, Quic};

/// The connection of the HTTP/3 crate. Dropped, it closes the connection with `H3_NO_ERROR`.
pub(super) type Http = http3::server::Connection<Quic, Bytes>;

/// Frames of the control stream that are read in one turn.
const TURN: usize = 32;

/// The time for a GOAWAY, for which the client's window may have no room.
const LINGER: Duration = Duration::from_secs(10);

/// Why the connection has ended, if not in an orderly way.
#[derive(Clone, Debug, Default)]
pub(super) struct Failure(Arc<Mutex<Option<io::Error>>>);

impl Failure {
    fn set(&self, error: io::Error) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    pub(super) fn take(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What the task does next.
enum Event {
    Request(Bidi),
    /// No further request may begin.
    Drain,
    /// The connection has ended.
    Ended(ConnectionError),
    /// Nobody uses the connection any more.
    Unused,
}

/// The task of a connection.
pub(super) struct Driver {
    http: Http,
    quic: quinn::Connection,
    shared: Arc<Shared>,
    /// `None` once the connection is drained.
    queue: Option<Queue>,
    user: mpsc::WeakSender<Infallible>,
    users: mpsc::Receiver<Infallible>,
    draining: Pin<Box<dyn Future<Output = ()> + Send>>,
    failure: Failure,
    /// The first request that is not accepted (RFC 9114 §5.2).
    next: u64,
}

/// Where requests wait for the application.
struct Queue {
    sender: mpsc::Sender<Next>,
    reserving: Option<Reserving>,
    room: Option<OwnedPermit<Next>>,
}

type Reserving = Pin<Box<dyn Future<Output = Result<OwnedPermit<Next>, mpsc::error::SendError<()>>> + Send>>;

impl Driver {
    pub(super) fn new(
        http: Http,
        quic: quinn::Connection,
        shared: Shared,
        sender: mpsc::Sender<Next>,
        (user, users): (mpsc::WeakSender<Infallible>, mpsc::Receiver<Infallible>),
        drain: Drain,
        failure: Failure,
    ) -> Self {
        Self {
            http,
            quic,
            shared: Arc::new(shared),
            queue: Some(Queue { sender, reserving: None, room: None }),
            user,
            users,
            draining: Box::pin(drain.begun()),
            failure,
            next: 0,
        }
    }

    /// Drives the connection to its end.
    pub(super) async fn drive(mut self) {
        loop {
            match poll_fn(|context| self.poll(context)).await {
                Event::Request(bidi) => self.begin(bidi),
                Event::Drain => {
                    self.queue = None;
                    self.go_away().await;
                }
                Event::Ended(error) => {
                    if !is_orderly(&error) {
                        self.failure.set(to_io(&error, &self.quic));
                    }
                    return;
                }
                Event::Unused => return,
            }
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        // Polled first, while the task has budget left, so that a flood of frames can't hide it.
        if self.users.poll_recv(context).is_ready() {
            return Poll::Ready(Event::Unused);
        }
        if self.queue.is_some() && self.draining.as_mut().poll(context).is_ready() {
            return Poll::Ready(Event::Drain);
        }
        if let Err(error) = self.poll_control(context) {
            return Poll::Ready(Event::Ended(error));
        }
        if let Some(queue) = &mut self.queue {
            // Without room no stream is accepted.
            if ready!(queue.poll_room(context)).is_err() {
                return Poll::Ready(Event::Drain);
            }
        }
        self.http
            .inner
            .poll_accept_bi(context)
            .map(|accepted| accepted.map_or_else(Event::Ended, Event::Request))
    }

    /// Reads the control stream. Only frames that are legal arrive here, and none of them asks for anything.
    fn poll_control(&mut self, context: &mut Context<'_>) -> Result<(), ConnectionError> {
        for _ in 0..TURN {
            match self.http.inner.poll_control(context) {
                Poll::Ready(frame) => drop(frame?),
                Poll::Pending => return Ok(()),
            }
        }
        context.waker().wake_by_ref();
        Ok(())
    }

    /// Begins to read a request, or rejects it.
    fn begin(&mut self, bidi: Bidi) {
        let mut exchange = Exchange::new(bidi);
        let room = self.queue.as_mut().and_then(|queue| queue.room.take());
        if let (Some(room), Some(user)) = (room, self.user.upgrade()) {
            self.next = exchange.id() + 4;
            read(exchange, room, Arc::clone(&self.shared), User(user));
        } else {
            exchange.reset(Code::H3_REQUEST_REJECTED);
            exchange.stop(Code::H3_REQUEST_REJECTED);
        }
    }

    /// Sends GOAWAY. If that fails, the next poll says why.
    async fn go_away(&mut self) {
        // A stream's identifier is in range.
        let next = VarInt::from_u64(self.next).unwrap_or(VarInt::MAX);
        let _ = timeout(LINGER, self.http.inner.shutdown(&mut None, next)).await;
    }
}

impl Queue {
    /// Ready when a request has room. It fails if the application takes none any more.
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<Result<(), mpsc::error::SendError<()>>> {
        if self.room.is_none() {
            let reserve = || -> Reserving { Box::pin(self.sender.clone().reserve_owned()) };
            let reserving = self.reserving.get_or_insert_with(reserve);
            let room = ready!(reserving.as_mut().poll(context));
            self.reserving = None;
            self.room = Some(room?);
        }
        Poll::Ready(Ok(()))
    }
}

/// Whether the connection has ended as it should: by the client without an error, or by the application.
fn is_orderly(error: &ConnectionError) -> bool {
    error.is_h3_no_error() || matches!(undefined(error), Some(quinn::ConnectionError::LocallyClosed))
}

/// The error of the HTTP/3 crate as an IO error.
pub(super) fn to_io(error: &ConnectionError, quic: &quinn::Connection) -> io::Error {
    if let Some(broken) = undefined::<Broken>(error) {
        return codes::broken_connection(broken.code, broken.what);
    }
    match error {
        ConnectionError::Local { error: LocalError::Application { code, reason, .. } } => {
            codes::broken_connection(*code, reason)
        }
        _ => codes::closed(&quic.close_reason().unwrap_or(quinn::ConnectionError::LocallyClosed)),
    }
}

/// An error that is not of the HTTP/3 crate, if it has this type.
fn undefined<E: std::error::Error + 'static>(error: &ConnectionError) -> Option<&E> {
    match error {
        ConnectionError::Remote(ConnectionErrorIncoming::Undefined(error)) => error.downcast_ref(),
        _ => None,
    }
}
