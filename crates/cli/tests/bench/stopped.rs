//! Ctrl-C, and the progress in a terminal.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Stdio;

use rexpect::session::spawn_command;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use websocket_upgrade::ServerOptions;

use crate::common::{PATIENCE, Served, head, program};

/// Starts it, presses Ctrl-C after `ready`, and returns its JSON and its exit code.
fn interrupted<T>(arguments: &[&str], ready: impl FnOnce() -> T) -> (Value, Option<i32>) {
    let mut command = program(&[&["bench", "--json"], arguments].concat());
    let process =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program is built");
    let _kept = ready();
    let id = i32::try_from(process.id()).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(id, Signal::INT).expect("it runs");
    let output = process.wait_with_output().expect("an end");
    (serde_json::from_slice(&output.stdout).unwrap_or_default(), output.status.code())
}

#[test]
fn what_was_measured_so_far_is_shown() {
    for arguments in [&["-d", "1h", "-c", "2"][..], &["-d", "1h", "-r", "200/s", "--hold"]] {
        let served = Served::start(&[]);
        let (json, code) = interrupted(&[arguments, &[&served.url("ws", "/")]].concat(), || {
            for _ in 0..20 {
                served.logs(" / 101 ");
            }
        });
        assert_eq!((&json["interrupted"], code), (&json!(true), Some(130)), "{arguments:?}: {json:#}");
        // The server logs an answer before it sends it: the last ones may have been under way.
        assert!(json["established"].as_u64() >= Some(10), "{arguments:?}: {json:#}");
    }
}

/// A server of this process, and its URL.
fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    (listener, url)
}

/// The next client, whose request has been read.
fn client(listener: &TcpListener) -> TcpStream {
    let mut client = listener.accept().expect("a client").0;
    head(&mut client);
    client
}

/// Answers a request for a first look, which is not counted.
fn first(listener: &TcpListener) {
    client(listener).write_all(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n").expect("room");
}

#[test]
fn handshakes_under_way_are_given_up() {
    let (listener, url) = listen();
    let (json, code) = interrupted(&["-d", "1h", "-c", "3", "-m", "3600", &url], || {
        first(&listener);
        [client(&listener), client(&listener), client(&listener)]
    });
    assert_eq!(
        (&json["interrupted"], &json["given_up"], code),
        (&json!(true), &json!(3), Some(130)),
        "{json:#}"
    );
}

#[test]
fn a_first_look_without_an_answer_ends_with_nothing() {
    let (listener, url) = listen();
    let (json, code) = interrupted(&[&url, "-m", "3600"], || client(&listener));
    assert_eq!((json, code), (Value::Null, Some(130)));
}

#[test]
fn a_connection_that_ends_while_it_is_held_is_counted() {
    let (listener, url) = listen();
    let (json, code) = interrupted(&["-d", "1h", "-r", "1/h", "--hold", &url], || {
        first(&listener);
        let socket = listener.accept().expect("a client").0;
        let upgraded =
            websocket_upgrade::blocking::accept(socket, &ServerOptions::new()).expect("a handshake");
        let (mut socket, _) = upgraded.into_stream().into_parts();
        socket.shutdown(Shutdown::Write).expect("an open connection");
        // The client closes when it has counted it.
        let _ = socket.read_to_end(&mut Vec::new());
    });
    assert_eq!((&json["held"], code), (&json!({ "most": 1, "lost": 1 }), Some(130)), "{json:#}");
}

#[test]
fn progress_is_shown_in_a_terminal() {
    let served = Served::start(&["--quiet"]);
    let timeout = u64::try_from(PATIENCE.as_millis()).ok();
    let url = served.url("ws", "/");
    let mut command = program(&["bench", "-n", "500", &url]);
    command.env("TERM", "xterm").env_remove("NO_COLOR");
    let mut terminal = spawn_command(command, timeout).expect("a terminal");
    terminal.exp_string(" established, 0 failed").expect("progress");
    terminal.exp_string("p99.9").expect("a result");
    terminal.exp_eof().expect("an end");
}
