//! A connection in front of an HTTP server: the deadline of its first head.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::drive::forward::forward;
use crate::drive::reads::Reads;
use crate::observe::event;
use crate::observe::handshake_info::HandshakeInfo;
use crate::server::error::HandleError;
use crate::server::gate::{Gate, Permit, TurnedAway};
use crate::tokio::{Sleep, sleep};

/// How many bytes of a client that is turned away are discarded.
const DISCARDED: usize = 64 * 1024;

impl Gate {
    /// Admits a connection whose requests an HTTP server will read. It is counted, and must send a whole head before
    /// the gate's deadline. Call this when the connection is accepted, before or after TLS.
    ///
    /// After the deadline, reads fail with [`io::ErrorKind::TimedOut`], and so do writes that would wait. The HTTP
    /// server then closes the connection. It sends no 408, unless it has its own, earlier timer. The service that is
    /// called with the first request must report that the head is there: see [`FirstHead`]. Later heads on the same
    /// connection are up to the HTTP server.
    ///
    /// While the gate is draining, connections are admitted without being counted, for plain HTTP such as health
    /// checks. The layer turns their handshakes away.
    ///
    /// # Errors
    ///
    /// The connection, if a limit is reached.
    pub fn admit<S>(&self, io: S, peer: impl Into<Option<IpAddr>>) -> Result<Admitted<S>, NotAdmitted<S>> {
        let permit = match self.enter(peer) {
            Ok(permit) => Some(permit),
            Err(TurnedAway::Draining) => None,
            Err(why) => return Err(NotAdmitted { io, why, gate: self.clone() }),
        };
        let head =
            FirstHead(Arc::new(Waiting { complete: AtomicBool::new(false), permit: Mutex::new(permit) }));
        let deadline = Head::Awaited(Box::pin(sleep(self.head_time())));
        Ok(Admitted { io, head: Release(head), deadline, reads: Reads::default() })
    }
}

/// A connection that must send its first head before the gate's deadline. When dropped, it is no longer counted.
#[derive(Debug)]
pub struct Admitted<S> {
    io: S,
    head: Release,
    deadline: Head,
    reads: Reads,
}

/// How far the first head is.
#[derive(Debug)]
enum Head {
    /// It must be complete before this ends.
    Awaited(Pin<Box<Sleep>>),
    /// It was there in time.
    Complete,
    /// It was not.
    Overdue,
}

impl<S> Admitted<S> {
    /// The handle to report the first head with.
    pub fn first_head(&self) -> FirstHead {
        self.head.0.clone()
    }

    /// The stream.
    pub fn get_ref(&self) -> &S {
        &self.io
    }

    /// The stream, without a deadline. It is no longer counted.
    pub fn into_inner(self) -> S {
        self.io
    }

    /// Whether the deadline has passed, and no head was there.
    fn is_overdue(&mut self, context: &mut Context<'_>) -> bool {
        if let Head::Awaited(sleep) = &mut self.deadline {
            if self.head.0.is_complete() {
                self.deadline = Head::Complete;
            } else if sleep.as_mut().poll(context).is_ready() {
                self.deadline = Head::Overdue;
                self.head.0.give_up();
                event::overdue(&HandshakeInfo::silent(None));
            }
        }
        matches!(self.deadline, Head::Overdue)
    }

    /// The result of a write, or an error if it still waits at the deadline. A server that waits to write does not
    /// read, and so would not notice the deadline: a client can cause that by PING frames (RFC 9113 §6.7) whose
    /// answers it does not read.
    fn in_time<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_pending() && self.is_overdue(context) {
            return Poll::Ready(Err(overdue()));
        }
        written
    }
}

fn overdue() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "no head at the deadline")
}

impl<S: AsyncRead + Unpin> AsyncRead for Admitted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Checked before reading: a peer that sends slowly may always have a byte ready.
        if self.is_overdue(context) {
            return Poll::Ready(Err(overdue()));
        }
        let Self { io, deadline, reads, .. } = &mut *self;
        match deadline {
            Head::Awaited(_) => reads.poll(context, |context| Pin::new(io).poll_read(context, buffer)),
            _ => Pin::new(io).poll_read(context, buffer),
        }
    }
}

/// To the stream. A write that still waits at the deadline fails.
macro_rules! in_time {
    ($self:ident, $context:ident, $method:ident($($argument:expr),*)) => {{
        let this = $self.get_mut();
        let written = Pin::new(&mut this.io).$method($($argument),*);
        this.in_time($context, written)
    }};
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Admitted<S> {
    forward!(AsyncWrite, poll_shutdown, in_time);

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

/// Reports to an [`Admitted`] connection that its first head is there.
///
/// Call [`FirstHead::complete`] in the service that the HTTP server calls, or wrap that service in this value: it is a
/// tower layer (feature `tower`). As a layer, it also puts itself into the extensions of the first request, where the
/// gate's layer finds it and takes over its permit.
#[derive(Clone)]
pub struct FirstHead(Arc<Waiting>);

struct Waiting {
    complete: AtomicBool,
    permit: Mutex<Option<Permit>>,
}

impl FirstHead {
    /// Reports that the first head is there. The deadline ends, and the connection is no longer counted.
    pub fn complete(&self) {
        drop(self.pass());
    }

    /// Whether the first head is there.
    pub fn is_complete(&self) -> bool {
        self.0.complete.load(Ordering::Acquire)
    }

    /// Reports that the first head is there. Returns the permit, unless it was passed on before.
    fn pass(&self) -> Option<Permit> {
        self.0.complete.store(true, Ordering::Release);
        self.0.permit.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Notes that the first head is there. It is counted until its permit is passed on. Returns whether this is the
    /// first call.
    #[cfg(feature = "tower")]
    pub(super) fn arrives(&self) -> bool {
        !self.0.complete.swap(true, Ordering::AcqRel)
    }

    /// Like [`FirstHead::pass`], if the permit belongs to this gate.
    #[cfg(feature = "tower")]
    pub(super) fn pass_to(&self, gate: &Gate) -> Option<Permit> {
        self.pass().filter(|permit| permit.is_of(gate))
    }

    /// Gives up waiting for the head.
    fn give_up(&self) {
        drop(self.0.permit.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl fmt::Debug for FirstHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirstHead").field("complete", &self.is_complete()).finish_non_exhaustive()
    }
}

/// Gives the permit back with the connection.
#[derive(Debug)]
pub(super) struct Release(pub(super) FirstHead);

impl Drop for Release {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

/// A connection that was turned away.
#[derive(Debug)]
#[must_use = "the client waits for an answer"]
pub struct NotAdmitted<S> {
    io: S,
    why: TurnedAway,
    gate: Gate,
}

impl<S> NotAdmitted<S> {
    /// Why it was turned away.
    pub fn why(&self) -> TurnedAway {
        self.why
    }

    /// The stream, on which nothing has been answered.
    pub fn into_inner(self) -> S {
        self.io
    }

    /// Answers 503 with `Retry-After` over HTTP/1.1, before anything is read, and closes in stages (RFC 9112 §9.6)
    /// within 2 seconds. With TLS, the stream must be the one above TLS. A client that speaks HTTP/2 sees a broken
    /// connection.
    ///
    /// Returns the error that [`Gate::accept`] would return.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the stream, so that the connection is closed.
    pub async fn answer(self) -> HandleError
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let Self { io, why, gate } = self;
        Box::pin(gate.turn_away(io, why, gate.head_time(), DISCARDED)).await
    }
}
