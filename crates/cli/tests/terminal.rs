//! The session in a pseudo terminal: a line that is edited, its history, and messages above it.
#![cfg(unix)]

mod kit;

use std::net::SocketAddr;

use kit::{echo, pushing, tool};
use rexpect::process::WaitStatus;
use rexpect::reader::Options;
use rexpect::session::{PtySession, spawn_with_options};

/// How long an answer is waited for.
const PATIENCE: u64 = 20_000;

const UP: &str = "\u{1b}[A";

/// The tool in a terminal, connected to an echo server.
fn session(flags: &[&str]) -> PtySession {
    session_with(flags, echo())
}

/// The tool in a terminal, connected to this server.
fn session_with(flags: &[&str], address: SocketAddr) -> PtySession {
    let mut command = tool();
    command.args([&["connect"], flags, &[&*format!("ws://{address}/")]].concat()).env("TERM", "xterm");
    let options = Options::default().timeout_ms(Some(PATIENCE)).strip_ansi_escape_codes(true);
    let mut session = spawn_with_options(command, options).expect("a terminal");
    if !flags.contains(&"-q") {
        session.exp_string("connected to ws://").expect("connected");
    }
    session.exp_string("> ").expect("a prompt");
    session
}

/// Waits for the end, and returns the exit code.
fn code(mut session: PtySession) -> i32 {
    session.exp_eof().expect("the end");
    match session.process_mut().wait().expect("an end") {
        WaitStatus::Exited(_, code) => code,
        other => panic!("{other:?}"),
    }
}

fn line(session: &mut PtySession, line: &str) {
    session.send_line(line).expect("a terminal");
}

#[test]
fn a_line_is_sent_and_its_echo_shown() {
    let mut session = session(&["-s", "chat"]);
    line(&mut session, "hello");
    session.exp_string("< hello").expect("the echo");
    line(&mut session, "//slash");
    session.exp_string("< /slash").expect("the echo");
    line(&mut session, "/binary 00 ff 61");
    session.exp_string("< binary, 3 bytes").expect("the echo");
    session.exp_string("00 ff 61").expect("a dump");
    session.send_control('d').expect("a terminal");
    assert_eq!(code(session), 0);
}

#[test]
fn the_history_has_the_lines_before() {
    let mut session = session(&[]);
    for text in ["first", "second"] {
        line(&mut session, text);
        session.exp_string(&format!("< {text}")).expect("the echo");
    }
    session.send(UP).and_then(|_| session.send(UP)).expect("a terminal");
    line(&mut session, " again");
    session.exp_string("< first again").expect("the line before the last");
    session.send_control('d').expect("a terminal");
    assert_eq!(code(session), 0);
}

#[test]
fn a_line_that_is_edited_survives_a_message() {
    let (address, push) = pushing();
    let mut session = session_with(&["-v"], address);
    line(&mut session, "ping me");
    session.exp_string("ping \"are you there\"").expect("a ping");
    session.send("half a li").and_then(|_| session.flush()).expect("a terminal");
    session.exp_string("half a li").expect("the line");
    push.send("news").expect("the server");
    session.exp_string("< news").expect("the message");
    session.exp_string("half a li").expect("the line once more, below the message");
    line(&mut session, "ne");
    session.exp_string("< half a line").expect("the echo of the whole line");
    session.send_control('d').expect("a terminal");
    assert_eq!(code(session), 0);
}

#[test]
fn commands() {
    let mut session = session(&[]);
    line(&mut session, "/ping abc");
    session.exp_string("pong \"abc\" after ").expect("a pong");
    line(&mut session, "/help");
    session.exp_string("/close [CODE] [REASON]").expect("the help");
    line(&mut session, "/pong");
    session.exp_string("/pong: no such command; /help lists them").expect("an error");
    line(&mut session, "/binary 0");
    session.exp_string("expected pairs of hexadecimal digits").expect("an error");
    line(&mut session, "/close 1005");
    session.exp_string("not a code that may be sent").expect("an error");
    line(&mut session, "/close 4000 good bye");
    assert_eq!(code(session), 0);
}

#[test]
fn the_server_closes_while_a_line_is_edited() {
    let mut session = session(&[]);
    line(&mut session, "close me");
    session.exp_string("the server closes: 1011 (internal error): as you wish").expect("a close");
    session.exp_string("error: the server has closed the connection: 1011").expect("an error");
    assert_eq!(code(session), 10);
}

#[test]
fn the_server_goes_while_a_line_is_edited() {
    let mut session = session(&[]);
    line(&mut session, "drop me");
    session.exp_string("error: the server has ended the connection without a close frame").expect("an error");
    assert_eq!(code(session), 10);
}

#[test]
fn ctrl_c_interrupts() {
    let mut session = session(&["-q"]);
    session.send_control('c').expect("a terminal");
    assert_eq!(code(session), 130);
}

#[test]
fn quiet_shows_messages_alone() {
    let mut session = session(&["-q"]);
    line(&mut session, "hello");
    let before = session.exp_string("< hello").expect("the echo");
    assert!(!before.contains("connected"), "{before}");
    session.send_control('d').expect("a terminal");
    assert_eq!(code(session), 0);
}

/// A server's text can't drive the terminal.
#[test]
fn control_characters_are_escaped() {
    let mut session = session(&[]);
    // The tool escapes what comes back; the terminal itself edits what is typed.
    line(&mut session, "a\u{202e}b");
    session.exp_string("< a\\u{202e}b").expect("the echo, escaped");
    session.send_control('d').expect("a terminal");
    assert_eq!(code(session), 0);
}
