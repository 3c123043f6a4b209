//! The end: by a signal, without cutting anything off.

use std::io::Read;
use std::net::TcpStream;

use rustix::process::{Pid, Signal, kill_process};

use crate::common::{Served, head};

/// Presses Ctrl-C.
pub(crate) fn interrupt(served: &Served) {
    signal(served, Signal::INT);
}

fn signal(served: &Served, signal: Signal) {
    let id = i32::try_from(served.id()).ok().and_then(Pid::from_raw);
    kill_process(id.expect("a process"), signal).expect("it runs");
}

#[test]
fn established_connections_are_closed_with_a_frame() {
    for (sent, http2) in [(Signal::INT, false), (Signal::TERM, false), (Signal::INT, true)] {
        let mut served = Served::start(if http2 { &["--tls"] } else { &[] });
        let mut established = (!http2).then(|| served.client(served.request("/", "").as_bytes()));
        if let Some(client) = &mut established {
            assert!(head(client).starts_with("http/1.1 101 "));
        }
        // One that never says anything does not hold it up.
        let _silent = served.client(b"");
        signal(&served, sent);
        if let Some(client) = &mut established {
            let mut close = [0; 4];
            client.read_exact(&mut close).expect("a close frame");
            assert_eq!(close, [0x88, 2, 0x03, 0xe9], "1001, going away");
        }
        assert_eq!(served.ended().code(), Some(0), "{sent:?}");
        assert!(TcpStream::connect(served.address).is_err(), "it listens no more");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut served = Served::start(&["--timeout", "1h"]);
    let _silent = served.client(b"");
    interrupt(&served);
    served.logs("ending");
    interrupt(&served);
    assert_eq!(served.ended().code(), Some(0));
}

#[test]
fn an_answer_that_is_delayed_is_given_at_the_end() {
    let mut served = Served::start(&["--delay", "1h", "--any-origin"]);
    let mut client = served.client(served.request("/", "").as_bytes());
    // An answer on another connection: the request before it has been read by then, or is turned away.
    assert!(served.plain("GET /health", "").starts_with("HTTP/1.1 200 "));
    interrupt(&served);
    let head = head(&mut client);
    assert!(head.starts_with("http/1.1 101 ") || head.starts_with("http/1.1 503 "), "{head}");
    assert_eq!(served.ended().code(), Some(0));
}
