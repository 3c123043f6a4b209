//! An HTTP/3 connection of a client's: its beginning, the task that drives it, and its end.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http3::SettingId;
use http3::client;
use http3::error::{Code, ConnectionError as Http3Error, LocalError};
use http3::proto::frame::{Frame, PayloadLen, Settings};
use http3::quic::ConnectionErrorIncoming;
use quinn::ConnectionError;
use tokio::sync::{mpsc, watch};
use websocket_upgrade::internals::client::Liveness;
use websocket_upgrade_proto as proto;

use proto::Limits;

use super::handshake_failure::requires_http11;
use crate::codes;
use crate::ending::Hold;
use crate::exchange::Exchange;
use crate::quic::broken::Broken;
use crate::quic::{Opener, Quic};

/// A connection whose server offers extended CONNECT (RFC 9220 §3). Its clones share it.
///
/// A task drives it, which ends when the last clone and the last stream are gone.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    quic: quinn::Connection,
    opener: Opener,
    state: Arc<State>,
    user: User,
}

/// Keeps the connection's task alive.
type User = mpsc::Sender<Doubt>;

/// A note to the connection's task: a request had no answer in time.
#[derive(Debug)]
struct Doubt;

/// What is known of a connection, shared by its users and its task.
#[derive(Debug, Default)]
struct State {
    phase: watch::Sender<Phase>,
    /// Why it has ended, if not because it is no longer used.
    lost: OnceLock<Lost>,
    liveness: Liveness,
    /// Packets that had been received when the doubt began.
    packets: AtomicU64,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// The server's SETTINGS have not been received.
    #[default]
    Begun,
    /// They have. Whether they offer extended CONNECT.
    Usable(bool),
    /// Streams from this identifier on are not processed (GOAWAY, RFC 9114 §5.2), and no further one is opened.
    Closing(u64),
    /// It is over.
    Ended,
}

#[derive(Debug)]
enum Lost {
    /// By QUIC, or by the server.
    Quic(ConnectionError),
    /// The server broke HTTP/3, with this code and this explanation.
    Broken(Code, String),
}

/// Frames on the control stream that are taken in one turn of the task.
const FRAMES: usize = 32;

/// The type of a stream that means nothing (RFC 9114 §6.2.3).
const RESERVED: u8 = 0x21;

impl Connection {
    /// Begins HTTP/3 on a QUIC connection (RFC 9114 §3.2), and waits for the server's SETTINGS.
    ///
    /// `None` if the server does not offer extended CONNECT.
    pub(super) async fn handshake(quic: quinn::Connection, limits: &Limits) -> io::Result<Option<Self>> {
        // Includes 32 bytes for each field line (RFC 9114 §4.2.2). Below this limit the core judges the head.
        let head = limits.head.saturating_add(limits.fields.saturating_mul(32));
        let mut builder = client::builder();
        builder.max_field_section_size(u64::try_from(head).unwrap_or(u64::MAX) & MOST).send_grease(false);
        let binding = Quic::new(quic.clone());
        let opener = binding.opener();
        let begun = builder.build::<_, _, Bytes>(binding).await;
        let (connection, sender) = begun.map_err(|error| Lost::new(&error, &quic).to_io())?;
        let (user, users) = mpsc::channel(1);
        let state = Arc::new(State::default());
        let mut phase = state.phase.subscribe();
        let driven = Driven { connection, _sender: sender, quic: quic.clone(), state: Arc::clone(&state) };
        tokio::spawn(driven.drive(users));
        let this = Self { quic, opener, state, user };
        let known = phase.wait_for(|phase| *phase != Phase::Begun).await.map(|phase| *phase);
        match known {
            Ok(Phase::Usable(offered)) => Ok(offered.then_some(this)),
            // A GOAWAY right behind the SETTINGS.
            Ok(Phase::Closing(_)) => Ok(Some(this)),
            _ => Err(this.lost()),
        }
    }

    /// Whether it accepts no more requests: it has ended, or the server is closing it (GOAWAY).
    pub(super) fn is_closed(&self) -> bool {
        let phase = *self.state.phase.borrow();
        !matches!(phase, Phase::Usable(_)) || self.quic.close_reason().is_some()
    }

    /// Whether it accepts another request: it is not closed, and the server seems to be there. If there is doubt, the
    /// answer takes up to a second, or `time` if that is less.
    pub(super) async fn is_usable(&self, time: Duration) -> bool {
        if self.is_closed() {
            return false;
        }
        let answers = self.state.liveness.answers(time).await;
        // A server that allows no stream for the question has still acknowledged the end of the request.
        let heard = self.packets() > self.state.packets.load(Ordering::Relaxed);
        if !answers && heard {
            self.state.liveness.trust();
        }
        (answers || heard) && !self.is_closed()
    }

    /// Whether its server has closed it because it wants HTTP/1.1 (RFC 9114 §8.1).
    pub(super) fn requires_http11(&self) -> bool {
        self.is_closed() && requires_http11(&self.lost())
    }

    /// A request had no answer in time: the task asks the server.
    pub(super) fn doubt(&self) {
        self.state.packets.store(self.packets(), Ordering::Relaxed);
        self.state.liveness.doubt();
        // If the channel is full, it already holds such a note.
        let _ = self.user.try_send(Doubt);
    }

    /// No further stream is opened. Those that are open go on.
    pub(super) fn retire(&self) {
        self.state.close(u64::MAX);
    }

    /// Opens a stream, once the server allows another one (RFC 9000 §4.6). Dropped while it waits, nothing is sent.
    /// `None` if there will be none, because the server is closing the connection.
    pub(super) async fn open(&self) -> io::Result<Option<Exchange>> {
        let mut opened = pin!(self.opener.open());
        let mut closing = pin!(self.closing(|_| true));
        poll_fn(|context| {
            if closing.as_mut().poll(context).is_ready() {
                return Poll::Ready(if self.has_ended() { Err(self.lost()) } else { Ok(None) });
            }
            opened.as_mut().poll(context).map(|opened| match opened {
                Ok(bidi) => Ok(Some(Exchange::new(bidi))),
                Err(error) => Err(self.why(error)),
            })
        })
        .await
    }

    /// Ready when the server is known not to process this stream (GOAWAY, RFC 9114 §5.2).
    pub(super) async fn unprocessed(&self, stream: u64) {
        self.closing(|first| first <= stream).await;
        if self.has_ended() {
            // The stream itself says so.
            std::future::pending::<()>().await;
        }
    }

    /// Ready when it is closing in this way, or over.
    async fn closing(&self, mut how: impl FnMut(u64) -> bool) {
        let mut phase = self.state.phase.subscribe();
        // It never fails, as the sender is here.
        let _ = phase
            .wait_for(|phase| match phase {
                Phase::Closing(first) => how(*first),
                Phase::Ended => true,
                Phase::Begun | Phase::Usable(_) => false,
            })
            .await;
    }

    /// The error of a stream. If the connection is gone, its reason says more.
    pub(super) fn why(&self, error: io::Error) -> io::Error {
        if self.quic.close_reason().is_some() { self.lost() } else { error }
    }

    /// What a stream keeps while it lives.
    pub(super) fn hold(&self) -> Hold {
        Arc::new(self.clone())
    }

    fn has_ended(&self) -> bool {
        *self.state.phase.borrow() == Phase::Ended
    }

    fn packets(&self) -> u64 {
        self.quic.stats().udp_rx.datagrams
    }

    /// Why it has ended.
    fn lost(&self) -> io::Error {
        match (self.state.lost.get(), self.quic.close_reason()) {
            (Some(lost), _) => lost.to_io(),
            (None, reason) => codes::closed(&reason.unwrap_or(ConnectionError::LocallyClosed)),
        }
    }
}

/// The largest value of a setting (RFC 9000 §16).
const MOST: u64 = (1 << 62) - 1;

impl State {
    /// Streams from this identifier on are not processed.
    fn close(&self, first: u64) {
        self.phase.send_if_modified(|phase| {
            let first = match *phase {
                Phase::Ended => return false,
                Phase::Closing(before) => before.min(first),
                Phase::Begun | Phase::Usable(_) => first,
            };
            *phase = Phase::Closing(first);
            true
        });
    }
}

impl Lost {
    fn new(error: &Http3Error, quic: &quinn::Connection) -> Self {
        match error {
            Http3Error::Local { error: LocalError::Application { code, reason, .. } } => {
                Self::Broken(*code, reason.clone())
            }
            Http3Error::Remote(ConnectionErrorIncoming::Undefined(error)) => match error.downcast_ref() {
                Some(Broken { code, what }) => Self::Broken(*code, (*what).to_owned()),
                None => Self::of_quic(quic),
            },
            _ => Self::of_quic(quic),
        }
    }

    fn of_quic(quic: &quinn::Connection) -> Self {
        Self::Quic(quic.close_reason().unwrap_or(ConnectionError::LocallyClosed))
    }

    fn to_io(&self) -> io::Error {
        match self {
            Self::Quic(error) => codes::closed(error),
            Self::Broken(code, what) => codes::broken_connection(*code, what),
        }
    }
}

/// What the task of a connection has.
struct Driven {
    connection: client::Connection<Quic, Bytes>,
    /// Dropped, it would close the connection.
    _sender: client::SendRequest<Opener, Bytes>,
    quic: quinn::Connection,
    state: Arc<State>,
}

/// A question to the server, under way.
type Asking = Pin<Box<dyn Future<Output = bool> + Send>>;

impl Driven {
    /// Drives the connection to its end.
    async fn drive(mut self, mut users: mpsc::Receiver<Doubt>) {
        let mut asking: Option<Asking> = None;
        let lost = poll_fn(|context| {
            // Polled first, so that a flood of frames can't hide it.
            while let Poll::Ready(note) = users.poll_recv(context) {
                match note {
                    // A sign of life that came in the meantime was older than this doubt.
                    Some(Doubt) => asking = Some(Box::pin(ask(self.quic.clone()))),
                    None => return Poll::Ready(None),
                }
            }
            if let Some(Poll::Ready(answered)) = asking.as_mut().map(|asking| asking.as_mut().poll(context)) {
                asking = None;
                if answered {
                    self.state.liveness.trust();
                }
            }
            self.poll(context).map(Some)
        });
        if let Some(lost) = lost.await {
            let _ = self.state.lost.set(lost);
        }
        // One that was lost keeps its reason: streams still tell it.
        if self.quic.close_reason().is_none() {
            self.quic.close(codes::to_varint(Code::H3_NO_ERROR), b"");
        }
        self.state.phase.send_replace(Phase::Ended);
    }

    /// Takes what the server sends on its control stream, and refuses streams that it must not open.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Lost> {
        let inner = &mut self.connection.inner;
        if let Err(error) = inner.poll_accept_recv(context) {
            return Poll::Ready(Lost::new(&error, &self.quic));
        }
        if let Poll::Ready(Err(error)) = inner.poll_qpack_encoder_stream(context) {
            return Poll::Ready(Lost::new(&error, &self.quic));
        }
        for frames in 0.. {
            match self.connection.inner.poll_control(context) {
                Poll::Pending => break,
                Poll::Ready(Err(error)) => return Poll::Ready(Lost::new(&error, &self.quic)),
                Poll::Ready(Ok(frame)) => self.take(&frame),
            }
            if frames == FRAMES {
                context.waker().wake_by_ref();
                break;
            }
        }
        match self.connection.inner.poll_accept_bi(context) {
            Poll::Pending => Poll::Pending,
            // RFC 9114 §6.1.
            Poll::Ready(Ok(_)) => {
                Poll::Ready(self.broken(Code::H3_STREAM_CREATION_ERROR, "a stream that only a client opens"))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Lost::new(&error, &self.quic)),
        }
    }

    /// Takes a frame of the control stream. Whether it may come is checked before ([`Quic`]).
    fn take(&self, frame: &Frame<PayloadLen>) {
        match frame {
            Frame::Settings(settings) => {
                self.state.phase.send_replace(Phase::Usable(offers_extended_connect(settings)));
            }
            Frame::Goaway(id) => self.state.close(id.into_inner()),
            _ => {}
        }
    }

    fn broken(&self, code: Code, what: &'static str) -> Lost {
        self.quic.close(codes::to_varint(code), what.as_bytes());
        Lost::Broken(code, what.to_owned())
    }
}

/// RFC 9220 §3, as RFC 8441 §3.
fn offers_extended_connect(settings: &Settings) -> bool {
    settings.get(SettingId::ENABLE_CONNECT_PROTOCOL) == Some(1)
}

/// Whether the server is there. QUIC gives its users no PING, so a stream is sent that means nothing to the server: it
/// is answered when it is acknowledged.
async fn ask(quic: quinn::Connection) -> bool {
    let Ok(mut stream) = quic.open_uni().await else { return false };
    if stream.write_all(&[RESERVED]).await.is_err() {
        return false;
    }
    // It fails only if the stream has ended.
    let _ = stream.finish();
    stream.stopped().await.is_ok()
}
