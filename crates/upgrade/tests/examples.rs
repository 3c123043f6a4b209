//! The example programs against each other, on the command line that other programs rely on.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// Where cargo has put the examples of this build: beside the tests.
fn example(name: &str) -> Command {
    let test = env::current_exe().expect("the test's own path");
    let target = test.parent().and_then(|folder| folder.parent()).expect("a folder of builds");
    let path: PathBuf = [target.as_os_str(), "examples".as_ref(), name.as_ref()].iter().collect();
    Command::new(path.with_extension(env::consts::EXE_EXTENSION))
}

/// A server that is stopped with the test, and where it listens.
struct Echo {
    process: Child,
    url: String,
}

impl Echo {
    fn start(arguments: &[&str]) -> Self {
        let started = example("echo").args(arguments).stdout(Stdio::piped()).spawn();
        let mut process = started.expect("the example is built with the tests");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let url = line.trim_end().strip_prefix("listening on ").expect("where it listens").to_owned();
        Self { process, url }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let stopped = self.process.kill().and_then(|()| self.process.wait());
        assert!(stopped.is_ok(), "{stopped:?}");
    }
}

fn connect(arguments: &[&str], url: &str) -> Output {
    example("connect").args(arguments).arg(url).output().expect("the example is built with the tests")
}

fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect()
}

#[test]
fn what_is_agreed_is_printed() {
    let echo = Echo::start(&["--listen", "127.0.0.1:0", "--subprotocol", "chat", "--deflate"]);
    for (arguments, expected) in [
        (&[][..], &["status: 101"][..]),
        (&["--extension", "x-test"], &["status: 101"]),
        (&["--subprotocol", "other", "--subprotocol", "chat"], &["status: 101", "subprotocol: chat"]),
        (&["--deflate", ""], &["status: 101", "extensions: permessage-deflate"]),
        (
            &["--subprotocol", "chat", "--deflate", "server_max_window_bits=8,client_max_window_bits=10"],
            &[
                "status: 101",
                "subprotocol: chat",
                "extensions: permessage-deflate; client_max_window_bits=10",
            ],
        ),
    ] {
        let output = connect(arguments, &echo.url);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        assert_eq!(lines(&output.stdout), expected, "{arguments:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
}

#[test]
fn a_failure_is_one_line_and_exit_status_1() {
    let echo = Echo::start(&[]);
    let elsewhere = echo.url.replace("ws://", "http://");
    for (arguments, url, expected) in [
        (&["--header", "Host: other"][..], &echo.url, "Host"),
        (&["--header", "no colon"], &echo.url, "no colon"),
        (&["--subprotocol", "a b"], &echo.url, "a b"),
        (&["--deflate", "unknown"], &echo.url, "unknown"),
        (&[], &elsewhere, "expected ws:// or wss://"),
    ] {
        let output = connect(arguments, url);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        let error = lines(&output.stderr);
        assert!(
            error.len() == 1 && error.iter().all(|line| line.contains(expected)),
            "{arguments:?}: {error:?}"
        );
        assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
    }
}
