//! Command lines that are wrong, and servers that are not there.

use std::net::TcpListener;

use crate::common::{Served, fails};

#[test]
fn a_server_that_is_not_there_is_one_error() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    // Nobody listens any more, and ports are not given out again at once.
    let url = format!("ws://{}/", port.expect("a free port"));
    for arguments in [&[][..], &["-r", "10/s"], &["--http2", "--one-connection"], &["--json"]] {
        let said = fails(&[&["bench", &url], arguments].concat(), 4);
        assert!(said.contains("refused") && said.contains("\nhint: "), "{arguments:?}: {said}");
        assert_eq!(said.lines().count(), 2, "{arguments:?}: {said}");
    }
}

#[test]
fn a_server_that_is_another_one_is_one_error() {
    let (plain, secure) = (Served::start(&["--quiet"]), Served::start(&["--quiet", "--tls"]));
    assert!(fails(&["bench", "-n", "1", &plain.url("wss", "/")], 6).contains("\nhint: "));
    assert!(fails(&["bench", "-n", "1", &secure.url("wss", "/")], 6).contains("-k"));
    // HTTP/2 is spoken, and the way it is offered is not.
    let old = Served::start(&["--quiet", "--tls", "--http1.1"]);
    let said = fails(&["bench", "-n", "1", "-k", "--http2", "--one-connection", &old.url("wss", "/")], 9);
    assert!(said.contains("does not offer WebSocket over HTTP/2") && said.contains("\nhint: "), "{said}");
}

#[test]
fn a_wrong_option_says_what_is_wrong() {
    for (arguments, part) in [
        (&[][..], "<URL>"),
        (&["nonsense://a"], "not a scheme"),
        (&["ws://a", "-n", "0"], "0"),
        (&["ws://a", "-n", "many"], "many"),
        (&["ws://a", "-c", "0"], "expected a number above 0"),
        (&["ws://a", "-r", "0/s"], "expected a rate above 0"),
        (&["ws://a", "-r", "5/d"], "expected a rate such as"),
        (&["ws://a", "-r", "fast"], "expected a rate such as"),
        (&["ws://a", "-d", "0"], "expected a time above 0"),
        (&["ws://a", "-d", "soon"], "expected a time such as"),
        (&["ws://a", "--hold=x"], "expected a time such as"),
        (&["ws://a", "--one-connection"], "--http2"),
        (&["ws://a", "-H", "no colon"], "a header without a colon"),
        (&["ws://a", "--cacert", "/nowhere/ca.pem"], "/nowhere/ca.pem"),
        (&["ws://a", "ws://b"], "ws://b"),
        (&["ws://a", "--unheard-of"], "--unheard-of"),
    ] {
        let said = fails(&[&["bench"], arguments].concat(), 2);
        assert!(said.starts_with("error: ") && said.contains(part), "{arguments:?}: {said}");
        assert!(said.contains("\nhint: ") && said.lines().count() == 2, "{arguments:?}: {said}");
    }
}
