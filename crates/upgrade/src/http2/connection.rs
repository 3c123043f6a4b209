//! An HTTP/2 connection of a client's: its beginning, the task that drives it, and its end.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use h2::client::{self, Builder, ResponseFuture, SendRequest};
use h2::{Ping, PingPong, SendStream};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::timeout;
use websocket_upgrade_proto as proto;

use proto::Limits;

use super::failure::{closed, requires_http11, to_io};
use super::liveness::{Liveness, Pings};
use super::piece::Piece;
use super::slots::{Slot, Slots};
use super::turns::Turns;
use crate::client::reason::ConnectReason;

/// A connection whose server offers extended CONNECT (RFC 8441 §3). Its clones share it.
///
/// A task drives it, which ends when the last clone and the last stream are gone.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    sender: SendRequest<Piece>,
    slots: Arc<Slots>,
    liveness: Arc<Liveness>,
    user: User,
}

/// Keeps the connection's task alive.
type User = mpsc::Sender<Note>;

/// A note to the connection's task.
enum Note {
    /// The connection is set up, and these are no longer needed for that.
    Pings(PingPong),
    /// A request had no answer in time.
    Doubt,
}

/// A request that has been handed to the connection.
pub(super) struct Sent {
    pub(super) response: ResponseFuture,
    pub(super) sending: SendStream<Piece>,
    pub(super) slot: Slot,
}

/// The window of the whole connection: the largest that is possible (RFC 9113 §6.9.1). The windows of the streams
/// bound the memory, and a stream that is not read must not stop the others.
const CONNECTION_WINDOW: u32 = (1 << 31) - 1;

/// Bytes of one stream that the connection may hold before they are sent.
const SEND_BUFFER: usize = 64 * 1024;

/// The limit for the overhead of unread frames: a window can hold thousands of tiny frames. Above it the connection is
/// closed, since the server misbehaves.
const FRAMING: usize = 64 * 1024 * 1024;

/// Streams that are remembered for a short time after they were reset here, since frames for them may still arrive.
const REMEMBERED: usize = 1024;

/// The time to send what is left when the connection is no longer used.
const LINGER: Duration = Duration::from_secs(10);

impl Connection {
    /// Begins an HTTP/2 connection (RFC 9113 §3.4) on a stream whose peer is known to speak HTTP/2.
    ///
    /// `None` if the server does not offer extended CONNECT. No timer is needed to know that: the server's settings
    /// come before everything else, and so before the answer to a PING (RFC 9113 §3.4, §6.7).
    pub(crate) async fn handshake<S>(io: S, limits: &Limits) -> Result<Option<Self>, ConnectReason>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        // Includes 32 bytes for each field line (RFC 9113 §6.5.2). Below this limit the core judges the head.
        let head = limits.head.saturating_add(limits.fields.saturating_mul(32));
        let handshake = Builder::new()
            .enable_push(false)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buffer_size(SEND_BUFFER)
            .max_header_list_size(u32::try_from(head).unwrap_or(u32::MAX))
            .max_concurrent_reset_streams(REMEMBERED)
            .data_frame_budget(FRAMING)
            .handshake(Turns::new(io));
        let (sender, mut connection) = handshake.await.map_err(|error| ConnectReason::Io(to_io(error)))?;
        let pings = connection.ping_pong();
        let (user, users) = mpsc::channel(1);
        let (slots, liveness) = (Arc::new(Slots::default()), Arc::new(Liveness::default()));
        tokio::spawn(drive(connection, sender.clone(), Arc::clone(&slots), Arc::clone(&liveness), users));
        let this = Self { sender, slots, liveness, user };
        if let Some(mut pings) = pings {
            if let Err(error) = pings.ping(Ping::opaque()).await {
                return Err(ConnectReason::Io(this.why(error)));
            }
            // It is the first note, so there is room for it.
            let _ = this.user.try_send(Note::Pings(pings));
        }
        Ok(this.sender.is_extended_connect_protocol_enabled().then_some(this))
    }

    /// Whether it accepts no more requests: it has ended, or the server is closing it (GOAWAY).
    pub(crate) fn is_closed(&self) -> bool {
        self.slots.are_closed()
    }

    /// Whether it accepts another request: it is not closed, and the server seems to be there. If there is doubt, the
    /// answer takes up to a second, or `time` if that is less.
    pub(crate) async fn is_usable(&self, time: Duration) -> bool {
        !self.is_closed() && self.liveness.answers(time).await && !self.is_closed()
    }

    /// Whether its server has closed it because it wants HTTP/1.1 (RFC 9113 §7).
    pub(crate) fn requires_http11(&self) -> bool {
        self.is_closed() && self.lost().is_some_and(|error| requires_http11(&to_io(error)))
    }

    /// A request had no answer in time: the task asks the server with a PING.
    pub(crate) fn doubt(&self) {
        self.liveness.doubt();
        // If the channel is full, it already holds such a note.
        let _ = self.user.try_send(Note::Doubt);
    }

    /// Hands a request to the connection, once there may be another stream (RFC 9113 §5.1.2). Dropped while it waits,
    /// nothing is sent.
    pub(super) async fn send(&self, request: http::Request<()>) -> io::Result<Sent> {
        let Some(slot) = self.slots.take().await else {
            return Err(self.lost().map_or_else(closed, to_io));
        };
        let sent = self.sender.clone().send_request(request, false);
        let (response, sending) = sent.map_err(|error| self.why(error))?;
        Ok(Sent { response, sending, slot })
    }

    /// The error of a stream. If the connection is gone, the reason of the connection says more: a GOAWAY comes before
    /// the end.
    pub(crate) fn why(&self, error: h2::Error) -> io::Error {
        to_io(if error.is_io() { self.lost().unwrap_or(error) } else { error })
    }

    /// Why there can't be another stream.
    fn lost(&self) -> Option<h2::Error> {
        // The clone has no pending request, so this does not wait for one.
        match self.sender.clone().poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Err(error)) => Some(error),
            _ => None,
        }
    }
}

/// Drives a connection to its end.
async fn drive<S>(
    connection: client::Connection<S, Piece>,
    mut sender: SendRequest<Piece>,
    slots: Arc<Slots>,
    liveness: Arc<Liveness>,
    mut users: mpsc::Receiver<Note>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut connection = pin!(connection);
    let mut pings = Pings::default();
    let ended = poll_fn(|context| {
        // Polled first, while the task has budget left, so that a flood of frames can't hide it.
        while let Poll::Ready(note) = users.poll_recv(context) {
            match note {
                Some(Note::Pings(given)) => pings.give(given),
                Some(Note::Doubt) => pings.send(&liveness),
                None => return Poll::Ready(false),
            }
        }
        if connection.as_mut().poll(context).is_ready() {
            return Poll::Ready(true);
        }
        // What arrived may have changed how many streams are allowed, or whether any are.
        match sender.poll_ready(context) {
            Poll::Ready(Err(_)) => slots.close(),
            _ => slots.allow(sender.current_max_send_streams()),
        }
        pings.poll_answer(&liveness, context);
        Poll::Pending
    });
    let ended = ended.await;
    slots.close();
    drop(sender);
    if !ended {
        // Its result is not needed any more, but it must end.
        let _ = timeout(LINGER, connection).await;
    }
}
