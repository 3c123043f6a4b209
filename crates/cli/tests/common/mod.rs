//! What the tests of the commands share: the program, running or run to its end.

// Each test uses only a part of this.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// Much longer than any step needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The key of RFC 6455 §1.3, and what has to be answered.
pub(crate) const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// The program, in an environment without proxies and colours.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsupgrade"));
    command.args(arguments).stdin(Stdio::null());
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(name);
    }
    command
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    program(arguments).output().expect("the program is built")
}

/// Runs the program, which fails with this exit code. Returns what it says on standard error.
pub(crate) fn fails(arguments: &[&str], code: i32) -> String {
    let Output { status, stderr, .. } = run(arguments);
    let said = String::from_utf8(stderr).expect("text");
    assert_eq!(status.code(), Some(code), "{arguments:?}: {said}");
    said
}

/// A server of `wsupgrade serve`, stopped at the end of the test.
pub(crate) struct Served {
    process: Child,
    pub(crate) address: SocketAddr,
    log: Receiver<String>,
}

impl Served {
    /// Starts it, on a free port if the arguments name none.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let place: &[_] = if arguments.contains(&"--listen") { &[] } else { &["--listen", "127.0.0.1:0"] };
        let command = [&["serve"], place, arguments].concat();
        let started = program(&command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut process = started.expect("the program is built");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let secure = arguments.iter().any(|argument| ["--tls", "--cert", "--save-cert"].contains(argument));
        let start = format!("listening on {}://", if secure { "wss" } else { "ws" });
        let address = line.strip_prefix(&start).and_then(|rest| rest.strip_suffix("/\n"));
        let address = address.and_then(|address| address.parse().ok());
        let (sender, log) = channel();
        let said = BufReader::new(process.stderr.take().expect("piped"));
        thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let address = address.unwrap_or_else(|| panic!("{arguments:?}: {line:?} {:?}", log.recv()));
        Self { process, address, log }
    }

    pub(crate) fn url(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}://{}{path}", self.address)
    }

    /// Connects a client that sends this.
    pub(crate) fn client(&self, sent: &[u8]) -> TcpStream {
        let mut client = TcpStream::connect(self.address).expect("it listens");
        client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        client.write_all(sent).expect("room");
        client
    }

    /// A handshake for this target, with these field lines.
    pub(crate) fn request(&self, target: &str, fields: &str) -> String {
        format!(
            "GET {target} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{fields}\r\n",
            self.address
        )
    }

    /// Sends a handshake with these field lines. Returns the head of the answer, in lower case.
    pub(crate) fn head(&self, fields: &str) -> String {
        head(&mut self.client(self.request("/", fields).as_bytes()))
    }

    /// Sends a request that is no handshake. Returns the answer up to the end of the connection.
    pub(crate) fn plain(&self, line: &str, fields: &str) -> String {
        let request =
            format!("{line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{fields}\r\n", self.address);
        let mut answer = String::new();
        self.client(request.as_bytes()).read_to_string(&mut answer).expect("an answer");
        answer
    }

    /// Waits until it has logged a line with this part. Returns the line.
    pub(crate) fn logs(&self, part: &str) -> String {
        let mut logged = Vec::new();
        while let Ok(line) = self.log.recv_timeout(PATIENCE) {
            if line.contains(part) {
                return line;
            }
            logged.push(line);
        }
        panic!("{part:?} is not in {logged:?}");
    }

    /// What it has logged and was not asked for yet.
    pub(crate) fn logged(&self) -> Vec<String> {
        self.log.try_iter().collect()
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.process.wait().expect("a child")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads a head, in lower case, and nothing behind it.
pub(crate) fn head(client: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap_or_else(|error| panic!("{error}: {}", head.escape_ascii()));
        head.extend(byte);
    }
    String::from_utf8(head).expect("text").to_ascii_lowercase()
}
