//! The task of a connection: it accepts streams, reads the control stream, and ends the connection.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http3::error::internal_error::InternalConnectionError;
use http3::error::{Code, ConnectionError, LocalError};
use http3::proto::frame::Frame;
use http3::proto::varint::VarInt;
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::time::timeout;

use super::drain::Drain;
use super::heads::{Next, read};
use super::shared::{Shared, User};
use crate::codes;
use crate::exchange::Exchange;
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
    /// What the client has said of pushes.
    pushes: Pushes,
}

/// Where requests wait for the application.
struct Queue {
    sender: mpsc::Sender<Next>,
    reserving: Option<Reserving>,
    room: Option<OwnedPermit<Next>>,
}

type Reserving = Pin<Box<dyn Future<Output = Result<OwnedPermit<Next>, mpsc::error::SendError<()>>> + Send>>;

/// The highest identifiers that the client has named. Nothing is ever pushed.
#[derive(Default)]
struct Pushes {
    allowed: Option<VarInt>,
    goaway: Option<VarInt>,
}

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
            pushes: Pushes::default(),
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
                    if !is_orderly(&error, &self.quic) {
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
        if let Poll::Ready(Err(error)) = self.http.inner.poll_qpack_encoder_stream(context) {
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

    /// Reads the control stream.
    fn poll_control(&mut self, context: &mut Context<'_>) -> Result<(), ConnectionError> {
        for _ in 0..TURN {
            let Poll::Ready(frame) = self.http.inner.poll_control(context) else { return Ok(()) };
            if let Err((code, what)) = self.pushes.judge(&frame?) {
                let error = InternalConnectionError::new(code, what.to_owned());
                return Err(self.http.inner.handle_connection_error(error));
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

impl Pushes {
    /// Judges a frame of the control stream behind the client's settings. The code is that of the connection's error.
    fn judge<B>(&mut self, frame: &Frame<B>) -> Result<(), (Code, &'static str)> {
        match frame {
            Frame::Settings(_) => Ok(()),
            // RFC 9114 §5.2.
            Frame::Goaway(id) if self.goaway.is_some_and(|before| before < *id) => {
                Err((Code::H3_ID_ERROR, "a GOAWAY with a greater identifier"))
            }
            Frame::Goaway(id) => {
                self.goaway = Some(*id);
                Ok(())
            }
            // RFC 9114 §7.2.7.
            Frame::MaxPushId(id) => {
                let id = VarInt::from(*id);
                if self.allowed.is_some_and(|before| before > id) {
                    return Err((Code::H3_ID_ERROR, "a MAX_PUSH_ID with a smaller identifier"));
                }
                self.allowed = Some(id);
                Ok(())
            }
            // RFC 9114 §7.2.3: no push was ever promised.
            Frame::CancelPush(_) => Err((Code::H3_ID_ERROR, "a CANCEL_PUSH without a push")),
            _ => Err((Code::H3_FRAME_UNEXPECTED, "a frame that a client can't send there")),
        }
    }
}

/// Whether the connection has ended as it should: closed here, or by the client without an error.
fn is_orderly(error: &ConnectionError, quic: &quinn::Connection) -> bool {
    let closed_here = matches!(quic.close_reason(), Some(quinn::ConnectionError::LocallyClosed));
    error.is_h3_no_error() || (closed_here && !matches!(error, ConnectionError::Local { .. }))
}

/// The error of the HTTP/3 crate as an IO error.
pub(super) fn to_io(error: &ConnectionError, quic: &quinn::Connection) -> io::Error {
    match (error, quic.close_reason()) {
        (ConnectionError::Local { error: LocalError::Application { code, reason, .. } }, _) => {
            codes::broken_connection(*code, reason)
        }
        (ConnectionError::Timeout, _) => codes::closed(&quinn::ConnectionError::TimedOut),
        (_, Some(reason)) => codes::closed(&reason),
        _ => codes::closed(&quinn::ConnectionError::LocallyClosed),
    }
}
