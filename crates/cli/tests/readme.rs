//! What the README shows is what the tool does.

mod kit;

use kit::{Served, run, run_with};

const README: &str = include_str!("../README.md");

/// The lines that a transcript shows behind a command.
fn shown(command: &str) -> &'static str {
    let begin = format!("$ {command}\n");
    let (_, rest) = README.split_once(&begin).unwrap_or_else(|| panic!("no transcript of {command}"));
    rest.split_once("```").expect("an end").0
}

#[test]
fn explain_writes_what_is_shown() {
    let request = "GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: keep-alive\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    let done = run_with(["explain"], request.as_bytes());
    // The number of rules grows.
    let stable =
        |text: &str| text.lines().filter(|line| !line.contains("rules kept")).collect::<Vec<_>>().join("\n");
    assert_eq!(stable(&done.out), stable(shown("wsupgrade explain request.txt")));
}

#[test]
fn a_pipe_writes_what_is_shown() {
    let served = Served::new(&[]);
    let done = run_with(["connect", &served.url], b"one\ntwo\n");
    assert_eq!(done.out, shown("printf 'one\\ntwo\\n' | wsupgrade connect localhost:9001"));
}

/// All but the times, and the number of rules, which grows.
#[test]
fn inspect_writes_what_is_shown() {
    let served = Served::new(&["-s", "chat", "--compress"]);
    let done = run(["inspect", "-q", "-s", "chat", "--compress", &served.url]);
    let stable = |text: &str| {
        let lines: Vec<_> = text.lines().filter(|line| !line.contains(" ms")).collect();
        lines.join("\n").replace(|char: char| char.is_ascii_digit(), "")
    };
    assert_eq!(stable(&done.out), stable(shown("wsupgrade inspect -q -s chat --compress localhost:9001")));
}

#[test]
fn every_flag_that_is_compared_is_one() {
    let help = run(["connect", "--help"]).out;
    let (_, table) = README.split_once("| | wsupgrade | curl |").expect("the table");
    let rows: Vec<_> = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 15, "{rows:?}");
    let flags = rows
        .iter()
        .filter_map(|row| row.split('|').nth(2))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2));
    for flag in flags.filter(|flag| flag.starts_with('-')) {
        let is_listed = help.split([' ', ',', '\n']).any(|word| word == flag);
        assert!(is_listed, "{flag}");
    }
}
