//! The other side of a connection in memory, as the suite describes it, in simulated time: time passes only when all
//! sides wait.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use crate::suite::model::{Client, Server, Then};

/// A clock that stands still while any side has something to do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock(Rc<RefCell<Time>>);

#[derive(Debug, Default)]
struct Time {
    now: Duration,
    alarms: Vec<Duration>,
}

impl Clock {
    pub(crate) fn now(&self) -> Duration {
        self.0.borrow().now
    }

    /// Notes that a side waits up to this time.
    pub(crate) fn wait_until(&self, then: Duration) {
        self.0.borrow_mut().alarms.push(then);
    }

    /// Advances the time, whether or not a side waits.
    #[allow(dead_code, reason = "time passes by itself in most tests")]
    pub(crate) fn advance(&self, time: Duration) {
        self.0.borrow_mut().now += time;
    }

    /// Advances to the next time that a side waits for.
    pub(crate) fn pass(&self) {
        let mut time = self.0.borrow_mut();
        let next = time.alarms.drain(..).min();
        time.now = next.expect("everyone waits, and for nothing").max(time.now);
    }
}

/// The near side of a connection to a simulated peer.
#[derive(Clone, Debug)]
pub(crate) struct Simulated<'a> {
    pub(crate) clock: Clock,
    state: Rc<RefCell<State<'a>>>,
}

#[derive(Debug)]
struct State<'a> {
    peer: Peer<'a>,
    /// The pieces that it sends, with their times.
    pieces: VecDeque<(Duration, Vec<u8>)>,
    /// When it has sent all of them.
    spoken: Option<Duration>,
    /// When it ends its side.
    end: Option<Duration>,
    written: Vec<u8>,
    writes: usize,
}

#[derive(Clone, Copy, Debug)]
enum Peer<'a> {
    Client,
    Server(Server<'a>),
}

impl<'a> Simulated<'a> {
    /// Makes a connection from this client, which begins to send at once.
    pub(crate) fn client(clock: &Clock, client: Client<'a>) -> Self {
        let this = Self::new(clock, Peer::Client);
        let mut state = this.state.borrow_mut();
        state.speak(clock.now(), client.bytes, client.piece, client.pause);
        state.end = state.spoken.filter(|_| client.closes);
        drop(state);
        this
    }

    /// Makes a connection to this server.
    pub(crate) fn server(clock: &Clock, server: Server<'a>) -> Self {
        let this = Self::new(clock, Peer::Server(server));
        if server.deaf {
            this.state.borrow_mut().respond(clock.now(), server);
        }
        this
    }

    fn new(clock: &Clock, peer: Peer<'a>) -> Self {
        let (pieces, written) = (VecDeque::new(), Vec::new());
        let state = State { peer, pieces, spoken: None, end: None, written, writes: 0 };
        Self { clock: clock.clone(), state: Rc::new(RefCell::new(state)) }
    }

    /// Returns what was written, and the number of writes.
    pub(crate) fn written(&self) -> (Vec<u8>, usize) {
        let state = self.state.borrow();
        (state.written.clone(), state.writes)
    }

    /// Ends the wait of the peer.
    pub(crate) fn release(&self) {
        self.state.borrow_mut().leave(self.clock.now());
    }

    /// Reads what has arrived. `Err` has the time when more will arrive, if ever.
    pub(crate) fn read_now(&self, space: &mut [u8]) -> Result<io::Result<usize>, Option<Duration>> {
        let (mut state, now) = (self.state.borrow_mut(), self.clock.now());
        match state.pieces.front_mut() {
            Some((at, piece)) if *at <= now => {
                let len = piece.len().min(space.len());
                space[..len].copy_from_slice(&piece[..len]);
                piece.drain(..len);
                if piece.is_empty() {
                    state.pieces.pop_front();
                }
                return Ok(Ok(len));
            }
            Some((at, _)) => return Err(Some(*at)),
            None => {}
        }
        match (state.end, state.peer) {
            (Some(at), _) if at > now => Err(Some(at)),
            (None, _) => Err(None),
            (Some(_), Peer::Server(Server { then: Then::Reset, .. })) => {
                Ok(Err(io::ErrorKind::ConnectionReset.into()))
            }
            (Some(_), _) => Ok(Ok(0)),
        }
    }

    /// Writes bytes, which the peer may answer.
    pub(crate) fn write_now(&self, bytes: &[u8]) -> io::Result<usize> {
        let (mut state, now) = (self.state.borrow_mut(), self.clock.now());
        if matches!(state.peer, Peer::Server(Server { deaf: true, .. })) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        state.written.extend_from_slice(bytes);
        state.writes += 1;
        match state.peer {
            Peer::Client => {
                if state.written.windows(13).any(|window| window == b"HTTP/1.1 101 ") {
                    state.leave(now);
                }
            }
            Peer::Server(server) => {
                if state.spoken.is_none() && state.written.ends_with(b"\r\n\r\n") {
                    state.respond(now, server);
                }
            }
        }
        Ok(bytes.len())
    }

    /// Ends the near side: the peer reads everything, and leaves.
    pub(crate) fn end_now(&self) {
        self.release();
    }
}

impl State<'_> {
    fn speak(&mut self, now: Duration, bytes: &[u8], piece: usize, pause: Duration) {
        let mut at = now;
        for piece in bytes.chunks(piece.min(bytes.len().max(1))) {
            self.pieces.push_back((at, piece.to_vec()));
            at += pause;
        }
        self.spoken = Some(at);
    }

    fn respond(&mut self, now: Duration, server: Server<'_>) {
        self.speak(now, &server.response_to(&self.written), server.piece, server.pause);
        self.end = self.spoken.filter(|_| server.then != Then::Silence);
    }

    /// Leaves, after everything has been sent.
    fn leave(&mut self, now: Duration) {
        if self.end.is_none() {
            self.end = Some(self.spoken.unwrap_or(now).max(now));
        }
    }
}
