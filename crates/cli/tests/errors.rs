//! A user who does it wrong reads why: one line for the reason, one for what to do, and an exit code for the kind.

mod kit;

use std::net::SocketAddr;

use kit::{Certificate, Done, answering, echo, echo_over_tls, free, run, serve, tool};

/// Both commands fail in the same way.
fn fails(arguments: &[&str], code: i32, error: &str, hint: &str) {
    for command in ["connect", "inspect"] {
        let done = run([&[command], arguments].concat());
        is_told(&done, code, error, hint, &format!("{command} {}", arguments.join(" ")));
    }
}

#[track_caller]
fn is_told(done: &Done, code: i32, error: &str, hint: &str, case: &str) {
    let mut lines = done.err.lines();
    let [first, second] = [lines.next(), lines.next()].map(Option::unwrap_or_default);
    assert!(first.starts_with("error: ") && first.contains(error), "{case}: {error:?} in {done:#?}");
    assert!(second.starts_with("hint: ") && second.contains(hint), "{case}: {hint:?} in {done:#?}");
    assert_eq!(lines.next(), None, "{case}: {done:#?}");
    assert_eq!(done.code, code, "{case}: {done:#?}");
}

fn url(scheme: &str, address: SocketAddr) -> String {
    format!("{scheme}://{address}/")
}

#[test]
fn nothing_listens() {
    let address = free();
    fails(&[&url("ws", address)], 4, "could not connect", "nothing listens there");
    fails(&[&format!("{address}")], 4, "could not connect", "nothing listens there");
    let socket = format!("{}/nobody.sock", env!("CARGO_TARGET_TMPDIR"));
    fails(&["--unix-socket", &socket, "ws://localhost/"], 4, "could not connect", &socket);
}

/// A label has 63 bytes at most, so no resolver is asked for this one.
#[test]
fn a_wrong_name() {
    let name = format!("ws://{}.invalid/", "a".repeat(64));
    fails(&[&name], 3, "the name of the host can't be resolved", "check the spelling of the host");
    let address = free().to_string();
    fails(&["-6", &address], 3, "the host has no IPv6 address", "try without -4 or -6");
}

#[test]
fn an_ordinary_answer() {
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    fails(&[&url("ws", answering(page))], 8, "refused with status 200: hello", "the path is no WebSocket");
    let text = "SSH-2.0-OpenSSH_9.9\r\n";
    fails(&[&url("ws", answering(text))], 9, "not an HTTP version", "it does not speak HTTP/1.1");
    fails(&[&url("ws", answering(""))], 10, "closed", "the port may be one with TLS");
}

#[test]
fn a_refusal_says_what_to_try() {
    for (status, fields, hint) in [
        ("401", "WWW-Authenticate: Basic realm=\"a\"\r\n", "-u USER:PASSWORD"),
        ("401", "WWW-Authenticate: Bearer\r\n", "--bearer TOKEN"),
        ("403", "", "-o https://example.com"),
        ("404", "", "another one, such as /ws"),
        ("302", "Location: /login?secret\r\n", "-L follows the redirect to /login"),
        ("429", "Retry-After: 7\r\n", "Retry-After: 7"),
        ("502", "", "a gateway answers"),
        ("500", "", "may say why"),
    ] {
        let server = answering(format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n{fields}\r\n"));
        fails(&[&url("ws", server)], 8, &format!("refused with status {status}"), hint);
    }
    let circle = answering("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /\r\n\r\n");
    fails(&["-L", "--max-redirs", "3", &url("ws", circle)], 8, "more redirects", "--max-redirs");
}

#[test]
fn a_response_that_breaks_the_protocol() {
    let server = answering(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
    );
    let url = url("ws", server);
    is_told(&run(["connect", &url]), 9, "Sec-WebSocket-Accept", "wsupgrade inspect", "connect");
    is_told(&run(["inspect", &url]), 9, "Sec-WebSocket-Accept", "marked with FAIL", "inspect");
}

#[test]
fn a_silent_server() {
    let silent = serve(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    });
    fails(&["-m", "0.3", &url("ws", silent)], 7, "the deadline has passed", "did not answer");
    fails(&["-m", "0.3", &url("wss", silent)], 7, "the deadline has passed", "without TLS");
}

#[test]
fn tls_where_there_is_none_and_the_reverse() {
    let plain = answering("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    // It has no head to read.
    let plain_at_once = serve(|mut stream| async move {
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut Vec::new()).await;
    });
    let _ = plain;
    let hint = format!("ws://{plain_at_once}/");
    fails(&["-k", &url("wss", plain_at_once)], 6, "TLS handshake failed", &hint);
    let tls = echo_over_tls(&Certificate::of("localhost"));
    fails(&[&url("ws", tls)], 9, "the server speaks TLS here", &format!("wss://{tls}/"));
}

#[test]
fn certificates() {
    let (localhost, other) = (Certificate::of("localhost"), Certificate::of("other.example"));
    let here = echo_over_tls(&localhost);
    let url = format!("wss://localhost:{}/", here.port());
    fails(&["-4", &url], 6, "is self-signed", "--cacert FILE");
    let elsewhere = format!("wss://localhost:{}/", echo_over_tls(&other).port());
    let trusted = other.file("other.pem");
    let trusted = trusted.to_str().expect("UTF-8");
    fails(
        &["-4", "--cacert", trusted, &elsewhere],
        6,
        "is not for \"localhost\"",
        "a name that the certificate has",
    );
    let trusted = localhost.file("localhost.pem");
    for flags in [&["-4", "--cacert", trusted.to_str().expect("UTF-8")][..], &["-4", "-k"], &["-4k"]] {
        let done = run([&["connect"], flags, &[&*url]].concat());
        assert_eq!((done.code, &*done.err), (0, ""), "{flags:?}: {done:#?}");
    }
}

#[test]
fn a_proxy_out_of_reach() {
    let proxy = free().to_string();
    let url = url("ws", echo());
    fails(&["-x", &proxy, &url], 5, "can't be reached", "without -x");
    for noproxy in ["*", "127.0.0.1", "a.example,127.0.0.0/8"] {
        let done = run(["connect", "-x", &proxy, "--noproxy", noproxy, &url]);
        assert_eq!(done.code, 0, "{noproxy}: {done:#?}");
    }
    let mut command = tool();
    command.args(["connect", &url]).env("HTTP_PROXY", format!("http://{proxy}"));
    let done = kit::finish(command, b"");
    is_told(&done, 5, "can't be reached", "the environment names this proxy", "HTTP_PROXY");
    let wants = answering("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n").to_string();
    fails(&["-x", &wants, &url], 5, "407", "-x http://user:password@");
}

#[test]
fn files_that_are_missing_or_are_none() {
    for flag in ["--cacert", "--cert"] {
        let nowhere = format!("{}/nowhere.pem", env!("CARGO_TARGET_TMPDIR"));
        fails(&[flag, &nowhere, "wss://a"], 2, "nowhere.pem: No such file", "check the path");
        let empty = kit::file("empty.pem", "");
        let done = run(["connect", flag, empty.to_str().expect("UTF-8"), "wss://a"]);
        assert!(done.code == 2 && done.err.starts_with(&format!("error: {flag}: TLS: ")), "{done:#?}");
    }
    let done = run(["explain", "nowhere.txt"]);
    is_told(&done, 2, "nowhere.txt: No such file", "check the path", "explain");
}

#[test]
fn a_wrong_command_line() {
    for (arguments, error, hint) in [
        (&["connect", "--hea", "A: b", "a"][..], "unexpected argument '--hea'", "--header"),
        (&["connect", "--frobnicate", "a"], "unexpected argument '--frobnicate'", "wsupgrade connect --help"),
        (&["connect"], "<URL>", "wsupgrade connect --help"),
        (&["frobnicate"], "unrecognized subcommand 'frobnicate'", "wsupgrade"),
        (&["conect", "a"], "unrecognized subcommand 'conect'", "connect"),
        (&["connect", "-m", "soon", "a"], "expected seconds, such as 2 or 0.5", "wsupgrade connect --help"),
        (&["connect", "-m", "0", "a"], "expected more than 0 seconds", "wsupgrade connect --help"),
        (&["connect", "-4", "-6", "a"], "cannot be used with", "wsupgrade connect --help"),
        (&["connect", "-H", "secret", "a"], "-H: a header without a colon", "Name: value"),
        (&["connect", "-H", "Host: b", "a"], "the handshake sets this field itself", "--connect-to"),
        (&["connect", "-H", "Sec-WebSocket-Protocol: b", "a"], "sets this field itself", "-s offers"),
        (&["connect", "-u", "user", "a"], "-u: no colon", "-u USER:PASSWORD"),
        (&["connect", "-b", "id", "a"], "-b: a cookie without =", "name=value"),
        (&["connect", "-o", "example.com", "a"], "-o example.com", "https://example.com"),
        (&["connect", "--connect-to", "b", "a"], "--connect-to b", "example.com:443:127.0.0.1:8443"),
        (&["connect", "--extension", "x;;", "a"], "not a list of extensions", "x-test; a=b"),
        (&["connect", "-x", "ftp://b", "a"], "-x: proxy", "socks5://"),
        (&["connect", "ftp://a/"], "ftp://: not a scheme of WebSocket", "ws://"),
        (&["connect", "ws:/a"], "a scheme without \"//\"", "ws://a"),
        (&["connect", "ws://a:99999/"], "URI port", "ws://example.com:8080/path"),
        (&["connect", "ws://a b/"], "URI", "ws://example.com:8080/path"),
        (&["connect", "ws://a/#b"], "URI fragment", "ws://example.com:8080/path"),
        (&["connect", "ws://"], "URI host", "ws://example.com:8080/path"),
    ] {
        let done = run(arguments);
        is_told(&done, 2, error, hint, &arguments.join(" "));
        assert!(!done.err.contains("secret"), "{done:#?}");
    }
}

#[test]
fn help_and_version_are_no_errors() {
    for arguments in [&["--help"][..], &["help"], &["connect", "--help"], &["inspect", "-h"], &["--version"]]
    {
        let done = run(arguments);
        assert!(
            done.code == 0 && done.err.is_empty() && done.out.contains("wsupgrade"),
            "{arguments:?}: {done:#?}"
        );
    }
    let done = run(["--help"]);
    assert!(done.out.contains("130  interrupted by Ctrl-C"), "{}", done.out);
    let done = run::<&str>([]);
    assert!(done.code == 2 && done.out.is_empty() && done.err.contains("Usage: wsupgrade"), "{done:#?}");
}

#[test]
fn colours_are_for_terminals() {
    let mut command = tool();
    command.args(["connect", "ftp://a"]).env("CLICOLOR_FORCE", "1");
    assert!(kit::finish(command, b"").err.contains('\u{1b}'));
    let mut command = tool();
    command.args(["connect", "ftp://a"]).env("NO_COLOR", "1");
    assert!(!kit::finish(command, b"").err.contains('\u{1b}'));
    assert!(!run(["connect", "ftp://a"]).err.contains('\u{1b}'));
}
