//! Handshakes, and the results of each if the other side fails at one of its stages.

use std::io::ErrorKind;

use crate::driver::Outcome::{self, Established, Io, Refused, Rejected, Told, Undecided};
use crate::driver::{Call, Decision};
use crate::stages::{Peer, Seen, Step};
use crate::suite::model::{REQUEST, RESPONSE};

/// A handshake.
pub(crate) struct Case {
    pub(crate) call: Call,
    pub(crate) peer: Peer,
    /// The result if nothing fails.
    pub(crate) done: Outcome,
    /// The results of a reset at each stage, if the handshake has that stage.
    pub(crate) reset: [Option<Outcome>; 3],
    /// The results if nothing more happens before the deadline.
    pub(crate) late: [Option<Outcome>; 3],
}

/// The stages of a handshake in which the other side may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// A server reads the head; a client sends its request.
    First,
    /// A server answers; a client reads heads.
    Second,
    /// A server waits for the client to leave; a client reads the body of a refusal.
    Last,
}

impl Stage {
    /// Returns the stage of the fault, if it came.
    pub(crate) fn of(call: Call, seen: &Seen) -> Option<Self> {
        let client = call == Call::UpgradeOn;
        Some(match seen.fault? {
            Step::Read if client && seen.read < seen.heads.max(1) => Self::Second,
            Step::Read if !client && seen.written.is_empty() => Self::First,
            Step::Read | Step::End => Self::Last,
            Step::Write | Step::Flush if client => Self::First,
            Step::Write | Step::Flush => Self::Second,
        })
    }
}

const RESET: Option<Outcome> = Some(Io(ErrorKind::ConnectionReset));
const GIVEN_UP: Option<Outcome> = Some(Io(ErrorKind::TimedOut));
const TIMEOUT: Option<Outcome> = Some(Rejected(408));
const DEADLINE: Option<Outcome> = Some(Outcome::Deadline);
const TRUNCATED: Outcome = Refused { status: 403, truncated: true };

/// Makes the case of an accepted handshake, which has no stage after the answer.
const fn accepted(call: Call, peer: Peer) -> Case {
    let (reset, late) = ([RESET, RESET, None], [TIMEOUT, GIVEN_UP, None]);
    Case { call, peer, done: Established, reset, late }
}

/// Makes the case of a rejection. The reason is the same whether or not the client has received it.
const fn rejected(call: Call, peer: Peer, status: u16) -> Case {
    let done = Rejected(status);
    let (reset, late) = ([RESET, Some(done), Some(done)], [TIMEOUT, Some(done), Some(done)]);
    Case { call, peer, done, reset, late }
}

/// Makes the case of an undecided request, which is answered without waiting.
pub(crate) const fn undecided(decision: Decision) -> Case {
    let (call, done) = (Call::Receive(decision), Undecided);
    let (reset, late) = ([RESET, Some(done), Some(done)], [TIMEOUT, Some(done), Some(done)]);
    Case { call, peer: VALID, done, reset, late }
}

const VALID: Peer = Peer::Client(valid);
const INVALID: Peer = Peer::Client(invalid);
const TOO_LARGE: Peer = Peer::Client(too_large);
const CUT_SHORT: Peer = Peer::Client(cut_short);
const NOBODY: Peer = Peer::Client(Vec::new);
const ESTABLISHED: Peer = Peer::Server(established);
const REFUSED: Peer = Peer::Server(refused);

pub(crate) const CASES: [Case; 16] = [
    accepted(Call::Accept, VALID),
    rejected(Call::Accept, INVALID, 400),
    rejected(Call::Accept, TOO_LARGE, 431),
    rejected(Call::Accept, CUT_SHORT, 400),
    Case {
        call: Call::Accept,
        peer: NOBODY,
        done: Outcome::Closed,
        reset: [RESET, None, None],
        late: [TIMEOUT, None, None],
    },
    Case {
        reset: [None, RESET, None],
        late: [None, GIVEN_UP, None],
        ..accepted(Call::Handle { valid: true }, NOBODY)
    },
    Case {
        reset: [None, Some(Rejected(426)), Some(Rejected(426))],
        late: [None, Some(Rejected(426)), Some(Rejected(426))],
        ..rejected(Call::Handle { valid: false }, NOBODY, 426)
    },
    accepted(Call::Receive(Decision::Accept), VALID),
    rejected(Call::Receive(Decision::Accept), INVALID, 400),
    rejected(Call::Receive(Decision::Accept), TOO_LARGE, 431),
    accepted(Call::Receive(Decision::Check), VALID),
    rejected(Call::Receive(Decision::Check), INVALID, 400),
    Case {
        call: Call::Receive(Decision::Reject),
        peer: VALID,
        done: Told,
        // After the answer has been sent, the way in which the client leaves is not reported.
        reset: [RESET, RESET, Some(Told)],
        late: [TIMEOUT, GIVEN_UP, Some(Told)],
    },
    undecided(Decision::Drop),
    Case { late: [DEADLINE, DEADLINE, None], ..accepted(Call::UpgradeOn, ESTABLISHED) },
    Case {
        call: Call::UpgradeOn,
        peer: REFUSED,
        done: TRUNCATED,
        reset: [RESET, RESET, Some(TRUNCATED)],
        late: [DEADLINE, DEADLINE, Some(TRUNCATED)],
    },
];

fn valid() -> Vec<u8> {
    format!("{REQUEST}\r\nleft").into_bytes()
}

fn invalid() -> Vec<u8> {
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\nleft".to_vec()
}

fn too_large() -> Vec<u8> {
    [&b"GET / HTTP/1.1\r\n"[..], &b"a".repeat(20_000)].concat()
}

fn cut_short() -> Vec<u8> {
    REQUEST.into()
}

fn established() -> Vec<u8> {
    format!("HTTP/1.1 103 Early Hints\r\n\r\n{RESPONSE}\r\nleft").into_bytes()
}

fn refused() -> Vec<u8> {
    b"HTTP/1.1 403 No\r\nContent-Length: 200\r\n\r\ntruncated".to_vec()
}
