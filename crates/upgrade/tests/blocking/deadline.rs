//! The deadline, enforced by the timeouts of sockets.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use websocket_upgrade::blocking::{accept, create_upgrade_request, receive, upgrade_on};
use websocket_upgrade::{ClientOptions, ConnectReason, HandleError, Rejection, ServerOptions};

use crate::certified::trusting;
use crate::driver;
use crate::pair::{both, client, listen};
use crate::suite::answer::Answer;
use crate::suite::model::{Client, REQUEST, Server, Then};

/// The deadline of these tests.
const SHORT: Duration = Duration::from_millis(150);

/// A time long after the deadline that is still enough for a machine under load.
const LATE: Duration = Duration::from_secs(5);

/// Runs `call` while `drips` goes to the other side byte by byte, without end. Checks that this has taken about the
/// deadline since `start`.
fn under_a_drip<T>(
    start: Instant,
    mut peer: TcpStream,
    begins: &[u8],
    drips: u8,
    call: impl FnOnce() -> T,
) -> (Vec<u8>, T) {
    let (done, stop) = mpsc::channel::<()>();
    let drip = move || {
        // It does not matter whether the other side still exists.
        let mut goes_on = peer.write_all(begins).is_ok();
        while goes_on && stop.recv_timeout(Duration::from_millis(5)) == Err(RecvTimeoutError::Timeout) {
            goes_on = peer.write_all(&[drips]).is_ok();
        }
        let mut received = Vec::new();
        let _ = peer.shutdown(Shutdown::Write).and_then(|()| peer.read_to_end(&mut received));
        received
    };
    let call = || {
        let called = call();
        drop(done);
        called
    };
    let (received, called) = both(drip, call);
    let elapsed = start.elapsed();
    assert!((SHORT..LATE).contains(&elapsed), "{elapsed:?}");
    (received, called)
}

#[test]
fn a_server_that_drips_is_given_up() {
    let (listener, url) = listen();
    let options = ClientOptions::new().deadline(SHORT);
    let io = TcpStream::connect(listener.local_addr().expect("an address")).expect("a server");
    let (_, error) =
        under_a_drip(Instant::now(), client(&listener), b"HTTP/1.1 101 Yes\r\nA: ", b'a', || {
            upgrade_on(io, &url, &options).expect_err("no response")
        });
    assert!(matches!(error.reason(), ConnectReason::Deadline), "{error:?}");
}

/// A record of a TLS handshake that is never complete. Each of its bytes ends a wait, but not the call.
#[test]
fn a_server_that_drips_tls_is_given_up() {
    let (listener, url) = listen();
    let url = url.replace("ws://", "wss://");
    let options = ClientOptions::new().tls_config(trusting(&[])).deadline(SHORT);
    let (done, connected) = mpsc::channel();
    let start = Instant::now();
    let (error, ()) = both(
        move || {
            let error = create_upgrade_request(&url, &options).expect_err("no TLS");
            done.send(()).expect("it is waited for");
            error
        },
        || {
            let peer = client(&listener);
            under_a_drip(start, peer, &[0x16, 3, 3, 0x40, 0], 0, || connected.recv().expect("it ends"));
        },
    );
    assert!(matches!(error.reason(), ConnectReason::Deadline), "{error:?}");
}

#[test]
fn a_client_that_drips_gets_408() {
    let (listener, _) = listen();
    let options = ServerOptions::new().deadline(SHORT);
    let address = listener.local_addr().expect("an address");
    let peer = || TcpStream::connect(address).expect("a server");
    let begins = format!("{REQUEST}A: ");
    let served = under_a_drip(Instant::now(), peer(), begins.as_bytes(), b'a', || {
        accept(client(&listener), &options).map(drop)
    });
    let received = under_a_drip(Instant::now(), peer(), begins.as_bytes(), b'a', || {
        receive(client(&listener), &options).map(drop)
    });
    for (_, outcome) in [served, received] {
        let error = outcome.expect_err("rejected");
        assert_eq!(error.rejected().map(|error| error.reason().status()), Some(408));
    }
}

#[test]
fn a_silent_client_gets_408() {
    let (listener, _) = listen();
    for begins in ["", REQUEST] {
        let start = Instant::now();
        let mut peer = TcpStream::connect(listener.local_addr().expect("an address")).expect("a server");
        peer.write_all(begins.as_bytes()).expect("a server");
        let error = accept(client(&listener), &ServerOptions::new().deadline(SHORT)).expect_err("rejected");
        assert!(matches!(error, HandleError::Rejected(_)), "{error:?}");
        assert!((SHORT..LATE).contains(&start.elapsed()));
        let mut answer = Vec::new();
        peer.read_to_end(&mut answer).expect("no reset");
        let answer = Answer::parse(&answer).expect("a response");
        assert_eq!(answer.status, 408);
        answer.is_rejection(false).expect("a whole answer");
    }
}

#[test]
fn a_refused_client_that_drips_is_left_at_the_deadline() {
    let (listener, _) = listen();
    let address = listener.local_addr().expect("an address");
    let peer = TcpStream::connect(address).expect("a server");
    let begins = format!("{REQUEST}\r\n");
    let (answer, rejected) = under_a_drip(Instant::now(), peer, begins.as_bytes(), b'a', || {
        let incoming = receive(client(&listener), &ServerOptions::new().deadline(SHORT)).expect("a request");
        incoming.reject(Rejection::new(403).expect("a status"))
    });
    rejected.expect("it was told");
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 403 Forbidden\r\n"));
}

/// There is always a little more to read: no single call waits too long, and they must still end.
#[test]
fn a_refused_client_that_never_stops_is_left_at_the_deadline() {
    let bytes = [REQUEST.as_bytes(), b"Origin: null\r\n\r\n", &vec![b'a'; 500_000]].concat();
    let flood = Client { piece: 1, pause: Duration::from_micros(1), ..Client::new(&bytes) };
    let served = driver::accept(&flood, &ServerOptions::new().deadline(SHORT));
    assert!(matches!(served.outcome, Err(HandleError::Rejected(_))), "{:?}", served.outcome);
    assert_eq!(served.elapsed, SHORT);
}

/// Without time for a pause, the part of the body that has arrived is read.
#[test]
fn a_refusal_has_what_of_its_body_is_there() {
    let options = ClientOptions::new().refusal_body_idle(Duration::ZERO);
    let head = "HTTP/1.1 503 No\r\nContent-Length: 1000\r\n\r\n";
    let bytes = format!("{head}half");
    let server = Server { piece: head.len(), ..Server::new(bytes.as_bytes(), Then::Silence) };
    let connected = driver::upgrade_on("ws://server.example.com/", &options, &server);
    let Some(refused) = connected.refused() else { panic!("{:?}", connected.outcome) };
    assert_eq!((&refused.body[..], refused.truncated), (&b"half"[..], true));
    assert!(connected.elapsed < SHORT, "{:?}", connected.elapsed);
}

#[test]
fn a_decision_after_the_deadline_is_told_all_the_same() {
    let (listener, _) = listen();
    let mut peer = TcpStream::connect(listener.local_addr().expect("an address")).expect("a server");
    peer.write_all(format!("{REQUEST}\r\n").as_bytes()).expect("a server");
    // There is time to read what has arrived, and no time to decide.
    let options = ServerOptions::new().deadline(SHORT);
    let (start, incoming) = (Instant::now(), receive(client(&listener), &options).expect("a request"));
    while start.elapsed() <= SHORT {
        std::thread::yield_now();
    }
    let upgraded = incoming.accept(&options).expect("accepted");
    drop(upgraded);
    let mut answer = Vec::new();
    peer.read_to_end(&mut answer).expect("no reset");
    assert_eq!(Answer::parse(&answer).expect("a response").status, 101);
}

#[cfg(unix)]
#[test]
fn an_answer_that_nobody_reads_is_given_up() {
    let (mut peer, mut io) = UnixStream::pair().expect("a pair");
    peer.write_all(format!("{REQUEST}\r\n").as_bytes()).expect("room");
    io.set_nonblocking(true).expect("an option");
    while io.write(&[0; 512]).is_ok() {}
    io.set_nonblocking(false).expect("an option");
    let start = Instant::now();
    let error = accept(io, &ServerOptions::new().deadline(SHORT)).expect_err("nobody reads");
    assert!(matches!(&error, HandleError::Io(error) if error.kind() == ErrorKind::TimedOut), "{error:?}");
    assert!((SHORT..LATE).contains(&start.elapsed()));
}

#[cfg(unix)]
#[test]
fn a_request_that_nobody_reads_is_given_up() {
    let (_peer, io) = UnixStream::pair().expect("a pair");
    let options = ClientOptions::new().header("Cookie", "c".repeat(1024 * 1024)).expect("a header");
    let start = Instant::now();
    let error = upgrade_on(io, "ws://a/", &options.deadline(SHORT)).expect_err("nobody reads");
    assert!(matches!(error.reason(), ConnectReason::Deadline), "{error:?}");
    assert!((SHORT..LATE).contains(&start.elapsed()));
}

#[test]
fn a_time_beyond_every_clock_is_no_deadline() {
    let (listener, url) = listen();
    let server = ServerOptions::new().deadline(Duration::MAX);
    let options = ClientOptions::new().deadline(Duration::MAX);
    let (server, client) =
        both(|| accept(client(&listener), &server), || create_upgrade_request(&url, &options));
    client.expect("accepted");
    server.expect("accepted");
}
