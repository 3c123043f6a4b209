//! The other side resets a connection over TCP, or does not read from it.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::sockopt::{set_socket_linger, set_socket_recv_buffer_size, set_socket_send_buffer_size};
use websocket_upgrade::{ClientOptions, ServerOptions};

use crate::counted::{closes_everything, keeps_nothing};
use crate::driver::Outcome::{self, Established, Io, Refused, Rejected, Told};
use crate::driver::{Call, DRIVERS, Decision, Driver, Far, Options};
use crate::suite::model::{REQUEST, RESPONSE, Server, Then};

/// What the other side does before it resets the connection.
#[derive(Clone, Copy, Debug)]
enum Act {
    Send(&'static str),
    /// Reads the head that the near side sends.
    ReadHead,
    /// Reads the first byte of it.
    ReadByte,
    ReadToEnd,
    /// Sends these, in answer to the head.
    Respond(&'static [&'static str]),
}

use Act::{ReadByte, ReadHead, ReadToEnd, Respond, Send};

/// More bytes than fit into the buffers of [`pair`].
const LARGE: usize = 1024 * 1024;

const VALID: &str = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const INVALID: &str = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n";
const REFUSAL: &str = "HTTP/1.1 403 No\r\nContent-Length: 200\r\n\r\ntruncated";

const REJECT: Call = Call::Receive(Decision::Reject);

/// A write to a reset connection fails in one of these ways.
const RESET: &[Outcome] = &[Io(ErrorKind::ConnectionReset), Io(ErrorKind::BrokenPipe)];

const RESETS: [(&str, Call, &[Act], &[Outcome]); 15] = [
    ("before the request", Call::Accept, &[], RESET),
    ("in the head", Call::Accept, &[Send(REQUEST)], RESET),
    ("in the head", REJECT, &[Send(REQUEST)], RESET),
    ("behind the head", Call::Accept, &[Send(VALID)], RESET),
    ("behind the head", REJECT, &[Send(VALID)], RESET),
    ("behind the head", Call::Accept, &[Send(INVALID)], &[Rejected(400)]),
    ("in the answer", Call::Accept, &[Send(VALID), ReadByte], RESET),
    ("behind the answer", Call::Accept, &[Send(INVALID), ReadToEnd], &[Rejected(400)]),
    ("behind the answer", REJECT, &[Send(VALID), ReadToEnd], &[Told]),
    ("before it reads", Call::UpgradeOn, &[], RESET),
    ("in the request", Call::UpgradeOn, &[ReadByte], RESET),
    ("behind the request", Call::UpgradeOn, &[ReadHead], RESET),
    ("in the response", Call::UpgradeOn, &[ReadHead, Respond(&[RESPONSE])], RESET),
    (
        "in the refusal's body",
        Call::UpgradeOn,
        &[ReadHead, Respond(&[REFUSAL])],
        &[Refused { status: 403, truncated: true }],
    ),
    ("behind the 101", Call::UpgradeOn, &[ReadHead, Respond(&[RESPONSE, "\r\nleft"])], &[Established]),
];

/// Makes a connection with small buffers: the near side, and the other one.
fn pair() -> (TcpStream, TcpStream) {
    const ROOM: usize = 4096;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    set_socket_recv_buffer_size(&listener, ROOM).expect("an option");
    let near = TcpStream::connect(listener.local_addr().expect("an address")).expect("a listener");
    set_socket_send_buffer_size(&near, ROOM).expect("an option");
    (near, listener.accept().expect("a connection").0)
}

/// Options whose request and 101 are larger than the buffers.
fn large() -> Options {
    let value = "c".repeat(LARGE);
    let server = ServerOptions::new().header("Set-Cookie", &value).expect("a header");
    Options { server, client: ClientOptions::new().header("Cookie", &value).expect("a header") }
}

/// Acts, and then resets the connection.
fn act_and_reset(mut peer: TcpStream, acts: &[Act]) {
    let mut head = Vec::new();
    for act in acts {
        match act {
            Send(bytes) => peer.write_all(bytes.as_bytes()).expect("room"),
            ReadHead => {
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") {
                    peer.read_exact(&mut byte).expect("a head");
                    head.extend(byte);
                }
            }
            ReadByte => peer.read_exact(&mut [0]).expect("a byte"),
            ReadToEnd => {
                peer.read_to_end(&mut Vec::new()).expect("no reset");
            }
            Respond(bytes) => {
                let bytes = bytes.concat();
                let response = Server::new(bytes.as_bytes(), Then::Reset).response_to(&head);
                peer.write_all(&response).expect("room");
            }
        }
    }
    set_socket_linger(&peer, Some(Duration::ZERO)).expect("an option");
}

/// Returns the result of a call against a peer that acts and resets.
fn meet(driver: &Driver, call: Call, acts: &[Act], options: &Options) -> Outcome {
    let (near, peer) = pair();
    // If the peer needs nothing from the near side, it has finished before the call begins.
    if acts.iter().all(|act| matches!(act, Send(_))) {
        act_and_reset(peer, acts);
        return ended(driver, call, near, options);
    }
    thread::scope(|scope| {
        scope.spawn(|| act_and_reset(peer, acts));
        ended(driver, call, near, options)
    })
}

/// Returns the result of a call, and keeps nothing else.
fn ended(driver: &Driver, call: Call, io: TcpStream, options: &Options) -> Outcome {
    let mut outcome = Outcome::Other;
    let run = || outcome = (driver.on_socket)(call, io, options, Far::ToItsEnd);
    // smol has a thread for its sockets. It may free there what was allocated here.
    if driver.name == "futures" {
        run();
    } else {
        keeps_nothing(run);
    }
    outcome
}

/// Makes what a runtime keeps from its first socket, and a thread from its first nonce.
fn open_and_close() {
    for driver in &DRIVERS {
        let (near, _) = pair();
        (driver.on_socket)(Call::UpgradeOn, near, &Options::default(), Far::ToItsEnd);
    }
}

#[test]
fn a_reset_at_every_stage() {
    let (large, small) = (large(), Options::default());
    let all = || {
        for driver in &DRIVERS {
            for (stage, call, acts, expected) in RESETS {
                // When a single byte is read, the other ones wait for room.
                let blocks = acts.iter().any(|act| matches!(act, ReadByte));
                let outcome = meet(driver, call, acts, if blocks { &large } else { &small });
                assert!(expected.contains(&outcome), "{}, {call:?}, {stage}: {outcome:?}", driver.name);
            }
        }
    };
    closes_everything(open_and_close, all);
}

#[test]
fn a_write_that_blocks_is_given_up() {
    const SHORT: Duration = Duration::from_millis(150);
    /// A time long after the deadline that is still enough for a machine under load.
    const LATE: Duration = Duration::from_secs(5);
    let Options { server, client } = large();
    let options = Options { server: server.deadline(SHORT), client: client.deadline(SHORT) };
    let all = || {
        for driver in &DRIVERS {
            for (call, expected) in
                [(Call::Accept, Io(ErrorKind::TimedOut)), (Call::UpgradeOn, Outcome::Deadline)]
            {
                let (near, mut peer) = pair();
                if call == Call::Accept {
                    peer.write_all(VALID.as_bytes()).expect("room");
                }
                let (start, (done, waits)) = (Instant::now(), channel::<()>());
                let outcome = thread::scope(|scope| {
                    // The peer stays as long as the call waits, but not for ever.
                    scope.spawn(move || (waits.recv_timeout(LATE), drop(peer)));
                    let outcome = ended(driver, call, near, &options);
                    drop(done);
                    outcome
                });
                assert_eq!(outcome, expected, "{}", driver.name);
                assert!((SHORT..LATE).contains(&start.elapsed()), "{}", driver.name);
            }
        }
    };
    closes_everything(open_and_close, all);
}

/// The future waits for the other side: for a head, or for room in a buffer.
#[test]
fn a_future_that_is_dropped_closes_its_socket() {
    let (large, small) = (large(), Options::default());
    let rows: [(Call, &str, &Options); 5] = [
        (Call::Accept, "", &small),
        (Call::Accept, REQUEST, &small),
        (REJECT, REQUEST, &small),
        (Call::UpgradeOn, "", &small),
        (Call::UpgradeOn, "", &large),
    ];
    let all = || {
        for driver in DRIVERS.iter().filter(|driver| driver.has_futures) {
            for (call, sent, options) in rows {
                let (near, mut peer) = pair();
                peer.write_all(sent.as_bytes()).expect("room");
                assert_eq!((driver.on_socket)(call, near, options, Far::ToItsFirstWait), Outcome::Dropped);
                // An end or a reset both show that it is closed.
                let mut received = Vec::new();
                let _ = peer.read_to_end(&mut received);
                assert!(received.is_empty() || call == Call::UpgradeOn);
            }
        }
    };
    closes_everything(open_and_close, all);
}
