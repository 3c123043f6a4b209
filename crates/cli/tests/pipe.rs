//! `wsupgrade connect` in a pipe: each line is a message, and at the end of the input answers are waited for.

mod kit;

use std::process::Stdio;

use kit::{Certificate, Done, answering, echo, echo_over_tls, finish, read_head, run, run_with, serve, tool};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn url() -> String {
    format!("ws://{}/", echo())
}

fn piped(flags: &[&str], input: &[u8]) -> Done {
    run_with([&["connect"], flags, &[&*url()]].concat(), input)
}

#[track_caller]
fn wrote(done: &Done, out: &str) {
    assert_eq!((done.code, &*done.out, &*done.err), (0, out, ""), "{done:#?}");
}

#[test]
fn each_line_is_a_message() {
    wrote(&piped(&[], b"one\ntwo\n\nthree"), "one\ntwo\n\nthree\n");
    wrote(&piped(&[], b"one\r\ntwo\r\n"), "one\ntwo\n");
    // Commands are for terminals: here a line is a message.
    wrote(&piped(&[], b"/close\n//a\n"), "/close\n//a\n");
    wrote(&piped(&["-q"], "\u{e9}\u{4e16}\n".as_bytes()), "\u{e9}\u{4e16}\n");
    wrote(&piped(&[], b""), "");
}

#[test]
fn compressed_and_on_another_stack_it_is_the_same() {
    let lines = (0..200).map(|number| "abc".repeat(number)).collect::<Vec<_>>().join("\n") + "\n";
    wrote(&piped(&["--compress"], lines.as_bytes()), &lines);
    wrote(
        &piped(&["--extension", "permessage-deflate; client_no_context_takeover"], lines.as_bytes()),
        &lines,
    );
}

/// Neither side reads on before the other does, unless both are read and written at the same time.
#[test]
fn more_than_all_buffers_hold_comes_back() {
    let line = "x".repeat(64 * 1024);
    let lines = format!("{line}\n").repeat(320);
    let done = piped(&["-m", "60"], lines.as_bytes());
    assert_eq!((done.code, done.out.len(), &*done.err), (0, lines.len(), ""));
    assert_eq!(done.out, lines);
}

#[test]
fn raw_bytes_go_through() {
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let mut command = tool();
    command.args(["connect", "--binary", &url()]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the tool");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = bytes.clone();
    let writing = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, &input));
    let output = child.wait_with_output().expect("an end");
    writing.join().expect("the writer").expect("a pipe");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, bytes);
}

#[test]
fn what_is_no_text_is_not_sent_as_text() {
    let done = piped(&[], b"one\n\xff\n");
    assert_eq!(done.code, 1, "{done:#?}");
    assert!(done.err.starts_with("error: line 2 of the input is not UTF-8\nhint: "), "{done:#?}");
    assert!(done.err.contains("--binary"), "{done:#?}");
}

/// A server that sends a frame, and waits for the end.
fn sending(frames: &'static [u8]) -> String {
    let server = serve(move |mut stream| async move {
        let head = read_head(&mut stream).await;
        let answer = accepted(&head);
        let _ = stream.write_all(&[answer.as_bytes(), frames].concat()).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    format!("ws://{server}/")
}

fn accepted(head: &str) -> String {
    let due = websocket_upgrade_conformance::judge::request(head.as_bytes()).due().expect("an answer");
    let fields =
        due.fields.iter().fold(String::new(), |fields, (name, value)| fields + name + ": " + value + "\r\n");
    format!("HTTP/1.1 101 Switching Protocols\r\n{fields}\r\n")
}

#[test]
fn bytes_are_shown_as_a_dump() {
    let done = run_with(["connect", &sending(b"\x82\x03a\x00\xff\x81\x02hi\x88\x02\x03\xe8")], b"");
    let dump = "00000000  61 00 ff                                          a..\nhi\n";
    assert_eq!((done.code, &*done.out), (0, dump), "{done:#?}");
}

#[test]
fn the_end_of_a_session_has_its_exit_code() {
    let done = piped(&[], b"close me\n");
    assert_eq!(done.code, 10, "{done:#?}");
    assert!(done.err.contains("1011 (internal error): as you wish"), "{done:#?}");
    let done = piped(&[], b"drop me\n");
    assert!(
        done.code == 10 && done.err.starts_with("error: the server has ended the connection"),
        "{done:#?}"
    );
    // A close that is good, one without a code, one that nobody may send, and a frame that is none.
    for (frames, code) in
        [(&b"\x88\x02\x03\xe8"[..], 0), (b"\x88\x00", 0), (b"\x88\x02\x03\xee", 9), (b"\x83\x00", 9)]
    {
        let done = run_with(["connect", &sending(frames)], b"hello\n");
        assert_eq!(done.code, code, "{frames:?} {done:#?}");
    }
}

#[test]
fn answers_are_waited_for_and_not_longer() {
    // A server that takes everything and says nothing, not even that it closes.
    let mute = serve(|mut stream| async move {
        let head = read_head(&mut stream).await;
        let _ = stream.write_all(accepted(&head).as_bytes()).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let url = format!("ws://{mute}/");
    wrote(&run_with(["connect", "--wait", "0.1", &url], b"hello\n"), "");
    let done = run_with(["connect", "--wait", "30", "-m", "0.5", &url], b"hello\n");
    assert!(done.code == 7 && done.err.contains("the time of -m is over"), "{done:#?}");
}

#[cfg(unix)]
#[test]
fn without_standard_input_it_ends_at_once() {
    let mut command = std::process::Command::new("sh");
    let line = format!("exec '{}' connect {} <&-", env!("CARGO_BIN_EXE_wsupgrade"), url());
    command.args(["-c", &line]).env_remove("HTTP_PROXY").env_remove("http_proxy");
    let done = finish(command, b"");
    wrote(&done, "");
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let line =
        format!("yes | head -n 20000 | '{}' connect {} | head -n 1", env!("CARGO_BIN_EXE_wsupgrade"), url());
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &line]).env_remove("HTTP_PROXY").env_remove("http_proxy");
    wrote(&finish(command, b""), "y\n");
}

#[test]
fn everything_is_an_object_of_json() {
    let url = format!("ws://user:secret@{}/?secret", echo());
    let done = run_with(["connect", "--json", "-s", "chat", "--wait", "0.2", &url], b"hello\nping me\n");
    assert!(!done.out.contains("secret"), "{done:#?}");
    let events: Vec<Value> = done.out.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let names: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap_or_default()).collect();
    assert_eq!((done.code, names), (0, vec!["open", "text", "ping", "close"]), "{done:#?}");
    assert_eq!((&events[0]["subprotocol"], &events[1]["data"]), (&"chat".into(), &"hello".into()));
    let refused = answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    let done = run(["connect", "--json", &format!("ws://{refused}/")]);
    let event: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(
        (done.code, &event["event"], &event["error"]["refused"]["head"]["status"]),
        (8, &"failed".into(), &403.into())
    );
}

#[test]
fn verbose_shows_the_handshake_without_secrets() {
    let url = format!("{}?token=secret", url());
    let flags = ["connect", "-v", "--wait", "0.2", "-u", "user:secret", "-H", "X-Own: 1", &*url];
    let done = run_with(flags, b"ping me\n");
    for text in [
        "* connect ...\n",
        "> GET /?... HTTP/1.1\n",
        "> X-Own: 1\n",
        "> Authorization: Basic ...\n",
        "< HTTP/1.1 101 Switching Protocols\n",
        "connected to ws://",
        "ping \"are you there\"",
    ] {
        assert!(done.err.contains(text), "{text}: {done:#?}");
    }
    assert!(!done.err.contains("secret") && done.code == 0, "{done:#?}");
    assert!(done.err.find("* connect") < done.err.find("> GET"), "{done:#?}");
}

#[test]
fn the_request_is_as_the_flags_say() {
    let (tell, heads) = std::sync::mpsc::channel();
    let server = serve(move |mut stream| {
        let tell = tell.clone();
        async move {
            let head = read_head(&mut stream).await;
            let _ = stream.write_all(accepted(&head).as_bytes()).await;
            let _ = tell.send(head);
            // The close frame.
            let _ = stream.read(&mut [0; 64]).await;
        }
    });
    let at = server.to_string();
    let url = "http://example.com:1/a?b=c".to_owned();
    let to = format!("example.com:1:{at}");
    for (flags, lines) in [
        (&[][..], &["GET /a?b=c HTTP/1.1", "Host: example.com:1", "User-Agent: wsupgrade/"][..]),
        (&["-H", "User-Agent: own", "-H", "Empty;"], &["User-Agent: own\r\n", "Empty: \r\n"]),
        (&["-s", "a,b", "-s", "c"], &["Sec-WebSocket-Protocol: a, b, c\r\n"]),
        (&["-o", "https://a.example"], &["Origin: https://a.example\r\n"]),
        (&["-u", "user:pass"], &["Authorization: Basic dXNlcjpwYXNz\r\n"]),
        (&["--bearer", "abc"], &["Authorization: Bearer abc\r\n"]),
        (&["-b", "a=1", "-b", "b=2"], &["Cookie: a=1; b=2\r\n"]),
        (&["--compress"], &["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"]),
        (&["--extension", "x; a=b; c", "--extension", "x"], &["Sec-WebSocket-Extensions: x; a=b; c, x\r\n"]),
    ] {
        let done = run([&["connect", "--connect-to", &to], flags, &[&*url]].concat());
        wrote(&done, "");
        let head = heads.recv().expect("a request");
        for line in lines {
            assert!(head.contains(line), "{line:?} is not in {head}");
        }
    }
    let done = run(["connect", "--connect-to", &to, "-H", "User-Agent:", &url]);
    wrote(&done, "");
    assert!(!heads.recv().expect("a request").contains("User-Agent"));
}

/// RFC 7692 §7.1.2.2: zlib can't compress with the window that this server allows.
#[test]
fn a_window_that_is_too_small_to_compress_with() {
    let (tell, sent) = std::sync::mpsc::channel();
    let server = serve(move |mut stream| {
        let tell = tell.clone();
        async move {
            let head = read_head(&mut stream).await;
            let line = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=8\r\n\r\n";
            let answer = accepted(&head);
            let answer = format!("{}{line}", answer.strip_suffix("\r\n").unwrap_or(&answer));
            let _ = stream.write_all(answer.as_bytes()).await;
            let mut frame = [0; 11];
            let _ = stream.read_exact(&mut frame).await;
            let _ = tell.send(frame);
            // A compressed message of RFC 7692 §7.2.3.1, and a close frame.
            let _ = stream.write_all(b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\x88\x00").await;
            let _ = stream.read(&mut [0; 64]).await;
        }
    });
    wrote(&run_with(["connect", "--compress", &format!("ws://{server}/")], b"hello\n"), "Hello\n");
    let [first, second, ..] = sent.recv().expect("a frame");
    assert_eq!([first, second], [0x81, 0x85], "a text message of five bytes, not compressed");
}

#[cfg(unix)]
#[test]
fn a_unix_socket() {
    let path =
        std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.sock", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let (tell, told) = std::sync::mpsc::channel();
    let at = path.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::UnixListener::bind(&at).expect("a socket");
            tell.send(()).expect("the test");
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(kit::echo_on(stream));
            }
        });
    });
    told.recv().expect("a socket");
    let path = path.to_str().expect("UTF-8");
    wrote(&run_with(["connect", "--unix-socket", path, "ws://localhost/"], b"hello\n"), "hello\n");
}

#[test]
fn over_tls() {
    let certificate = Certificate::of("localhost");
    let url = format!("wss://localhost:{}/", echo_over_tls(&certificate).port());
    wrote(&run_with(["connect", "-4k", &url], b"hello\n"), "hello\n");
}

#[cfg(unix)]
#[test]
fn a_signal_closes_the_connection() {
    let mut command = tool();
    command.args(["connect", &url()]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the tool");
    let mut stdin = child.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut stdin, b"hello\n").expect("a pipe");
    let mut echo = [0; 6];
    std::io::Read::read_exact(child.stdout.as_mut().expect("a pipe"), &mut echo).expect("the echo");
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill").success());
    assert_eq!(child.wait().expect("an end").code(), Some(130));
}
