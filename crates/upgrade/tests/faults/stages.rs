//! A stream in which everything takes many steps. The fault comes at one of them.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use ::tokio::io::ReadBuf;
use ::tokio::task::coop::consume_budget;
use ::tokio::time::advance;
use websocket_upgrade::blocking::{TimedStream, Timeouts};

use crate::simulated::Clock;
use crate::suite::model::{Server, Then};

/// The other side, and what it sends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Peer {
    Client(fn() -> Vec<u8>),
    /// A server, which answers a request.
    Server(fn() -> Vec<u8>),
}

impl Peer {
    /// Returns what it sends in answer to `sent`, if anything.
    fn says(self, sent: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Client(says) => Some(says()),
            Self::Server(_) if !sent.ends_with(b"\r\n\r\n") => None,
            Self::Server(says) => Some(Server::new(&says(), Then::Close).response_to(sent)),
        }
    }
}

/// What happens after the last step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection is reset.
    Reset,
    /// Nothing happens any more.
    Silence,
    /// The other side stops reading, and goes on sending.
    Unread,
}

/// What the other side sends again and again at the end, so that there is always something to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flood {
    pub(crate) piece: &'static [u8],
    /// Whether reads use up tokio's budget of a task, as those of its own streams do.
    pub(crate) counts: bool,
    /// The number of reads after which it ends, so that a test ends too.
    pub(crate) most: usize,
}

impl Flood {
    /// The time that a read takes.
    pub(crate) const STEP: Duration = Duration::from_millis(10);
}

/// An operation of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Read,
    Write,
    Flush,
    End,
}

/// What a stream has seen. The stream shares it: if it has only one owner left, the stream is gone.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) written: Vec<u8>,
    /// The part of it that has been sent.
    sent: usize,
    pub(crate) read: usize,
    /// The bytes of the heads in what the other side sends.
    pub(crate) heads: usize,
    /// The step of the fault.
    pub(crate) fault: Option<Step>,
}

/// The near side of the connection.
#[derive(Debug)]
pub(crate) struct Stages {
    pub(crate) clock: Clock,
    seen: Rc<RefCell<Seen>>,
    peer: Peer,
    /// The bytes still to be read; they are made at the first read.
    incoming: Option<Vec<u8>>,
    steps: usize,
    fault: Fault,
    flood: Option<Flood>,
    timeouts: Timeouts,
    epoch: Instant,
}

impl Stages {
    /// The number of bytes of a step.
    pub(crate) const BYTES: usize = 50;

    /// Makes a connection to this peer. The fault comes after `steps` steps.
    pub(crate) fn new(peer: Peer, steps: usize, fault: Fault) -> (Self, Rc<RefCell<Seen>>) {
        let seen = Rc::<RefCell<Seen>>::default();
        let (clock, timeouts) = (Clock::default(), Timeouts::default());
        let epoch = Instant::now();
        let (seen_here, incoming, flood) = (Rc::clone(&seen), None, None);
        let this = Self { clock, seen: seen_here, peer, incoming, steps, fault, flood, timeouts, epoch };
        (this, seen)
    }

    /// Makes a connection to this peer, which never stops sending.
    pub(crate) fn flooding(peer: Peer, flood: Flood) -> Self {
        Self { flood: Some(flood), ..Self::new(peer, usize::MAX, Fault::Silence).0 }
    }

    fn step(&mut self, step: Step) -> Poll<io::Result<()>> {
        if self.steps > 0 {
            self.steps -= 1;
            return Poll::Ready(Ok(()));
        }
        if self.fault == Fault::Unread && step == Step::Read {
            return Poll::Ready(Ok(()));
        }
        self.seen.borrow_mut().fault.get_or_insert(step);
        match self.fault {
            Fault::Reset => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Fault::Silence | Fault::Unread => Poll::Pending,
        }
    }

    fn read_some(&mut self, space: &mut [u8]) -> Poll<io::Result<usize>> {
        ready!(self.step(Step::Read))?;
        let mut seen = self.seen.borrow_mut();
        if self.incoming.is_none() {
            self.incoming = self.peer.says(&seen.written[..seen.sent]);
            let said = self.incoming.as_deref().unwrap_or_default();
            let end = said.windows(4).rposition(|window| window == b"\r\n\r\n");
            seen.heads = end.map_or(0, |at| at + 4);
        }
        let Some(incoming) = &mut self.incoming else { return Poll::Pending };
        if let Some(flood) = self.flood.as_mut().filter(|flood| incoming.is_empty() && flood.most > 0) {
            flood.most -= 1;
            incoming.extend_from_slice(flood.piece);
            self.clock.advance(Flood::STEP);
        }
        let len = incoming.len().min(Self::BYTES).min(space.len());
        // A peer that stops reading does not close either.
        if len == 0 && self.fault == Fault::Unread && seen.fault.is_some() {
            return Poll::Pending;
        }
        space[..len].copy_from_slice(&incoming[..len]);
        incoming.drain(..len);
        seen.read += len;
        Poll::Ready(Ok(len))
    }

    fn write_some(&mut self, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.step(Step::Write))?;
        let bytes = &bytes[..bytes.len().min(Self::BYTES)];
        self.seen.borrow_mut().written.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn send(&mut self) -> Poll<io::Result<()>> {
        ready!(self.step(Step::Flush))?;
        let mut seen = self.seen.borrow_mut();
        seen.sent = seen.written.len();
        Poll::Ready(Ok(()))
    }

    /// Waits for a result that is not ready, up to the timeout.
    fn wait<T>(&self, timeout: Option<Duration>, polled: Poll<io::Result<T>>) -> io::Result<T> {
        match polled {
            Poll::Ready(done) => done,
            Poll::Pending => {
                self.clock.wait_until(self.clock.now() + timeout.expect("a wait that ends"));
                self.clock.pass();
                Err(io::ErrorKind::WouldBlock.into())
            }
        }
    }
}

impl ::tokio::io::AsyncRead for Stages {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.flood.is_some_and(|flood| flood.counts) {
            ready!(pin!(consume_budget()).poll(context));
        }
        let (mut space, before) = ([0; Self::BYTES], self.clock.now());
        let len = ready!(self.read_some(&mut space[..buffer.remaining().min(Self::BYTES)]))?;
        buffer.put_slice(&space[..len]);
        let passed = self.clock.now().saturating_sub(before);
        if !passed.is_zero() {
            // The clock advances in the first poll. Later polls only let other tasks run.
            let _ = pin!(advance(passed)).poll(&mut Context::from_waker(Waker::noop()));
        }
        Poll::Ready(Ok(()))
    }
}

impl ::tokio::io::AsyncWrite for Stages {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write_some(bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.send()
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.step(Step::End)
    }
}

impl ::smol::io::AsyncRead for Stages {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, space: &mut [u8]) -> Poll<io::Result<usize>> {
        self.read_some(space)
    }
}

impl ::smol::io::AsyncWrite for Stages {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write_some(bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.send()
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.step(Step::End)
    }
}

impl Read for Stages {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let polled = self.read_some(space);
        self.wait(self.timeouts.read, polled)
    }
}

impl Write for Stages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let polled = self.write_some(bytes);
        self.wait(self.timeouts.write, polled)
    }

    fn flush(&mut self) -> io::Result<()> {
        let polled = self.send();
        self.wait(self.timeouts.write, polled)
    }
}

impl TimedStream for Stages {
    fn timeouts(&self) -> io::Result<Timeouts> {
        Ok(self.timeouts)
    }

    fn set_timeouts(&mut self, timeouts: Timeouts) -> io::Result<()> {
        self.timeouts = timeouts;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        let polled = self.step(Step::End);
        self.wait(self.timeouts.write, polled)
    }

    fn now(&self) -> Instant {
        self.epoch + self.clock.now()
    }
}
