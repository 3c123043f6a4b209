//! Command lines that are wrong: one line says what, and one what to do.

use std::net::TcpListener;

use crate::common::{Served, fails};

#[test]
fn a_port_that_is_in_use_says_so() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let place = taken.local_addr().expect("an address").to_string();
    let said = fails(&["serve", "--listen", &place], 1);
    assert_eq!(
        said,
        format!(
            "error: could not listen on {place}: Address already in use\n\
             hint: another program listens there: choose another port, or port 0\n"
        )
    );
}

#[test]
fn a_wrong_option_says_what_is_wrong() {
    for (arguments, part) in [
        (&["--listen", "nonsense"][..], "not a host and a port"),
        (&["--listen", "127.0.0.1:99999"], "not a host and a port"),
        (&["--listen", "192.0.2.1:0"], "192.0.2.1:0: "),
        (&["--status", "99"], "99: not a status that refuses"),
        (&["--status", "101"], "101: not a status that refuses"),
        (&["--status", "abc"], "abc"),
        (&["--status", "304"], "304"),
        (&["--status", "401", "--user", "a:b"], "cannot be used with"),
        (&["--delay", "soon"], "expected a time"),
        (&["--delay", "1d"], "unit"),
        (&["--drip=x"], "expected a time"),
        (&["--timeout", "-1"], "-1"),
        (&["-H", "no colon"], "a header without a colon"),
        (&["-H", "Sec-WebSocket-Accept: x"], "-H: "),
        (&["-H", "a b: c"], "-H: "),
        (&["-o", "example.com"], "-o: "),
        (&["-o", "https://a", "--any-origin"], "cannot be used with"),
        (&["-s", "a b"], "-s: "),
        (&["-s", "a,a"], "-s: "),
        (&["--require-subprotocol"], "--subprotocol"),
        (&["-u", "nobody"], "-u: no colon"),
        (&["--http2", "--http1.1"], "cannot be used with"),
        (&["--unheard-of"], "--unheard-of"),
        (&["surplus"], "surplus"),
    ] {
        let code = if part == "192.0.2.1:0: " { 1 } else { 2 };
        let said = fails(&[&["serve"], arguments].concat(), code);
        assert!(said.starts_with("error: ") && said.contains(part), "{arguments:?}: {said}");
        assert!(said.contains("\nhint: ") && said.lines().count() == 2, "{arguments:?}: {said}");
    }
}

#[test]
fn a_port_alone_is_one_of_this_machine() {
    for place in ["0", ":0"] {
        let served = Served::start(&["--listen", place]);
        assert!(served.address.ip().is_loopback(), "{}", served.address);
    }
}
