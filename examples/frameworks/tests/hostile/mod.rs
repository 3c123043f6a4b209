//! Runs every serving example with bad clients: silent, stalled, resetting, of another origin, or too many. The
//! example serves the next client, and gives up on those that wait.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::net::sockopt::{set_socket_linger, set_socket_recv_buffer_size};
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};
#[cfg(target_os = "linux")]
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::example;

/// A serving example, and the path of its WebSocket.
struct Example {
    name: &'static str,
    path: &'static str,
    /// Whether it uses hyper, and so speaks HTTP/2 as well.
    hyper: bool,
    /// Whether its command line accepts the common options.
    options: bool,
}

const fn served(name: &'static str) -> Example {
    Example { name, path: "/", hyper: true, options: true }
}

const EXAMPLES: [Example; 11] = [
    Example { hyper: false, ..served("echo") },
    served("hyper_echo"),
    served("axum_echo"),
    served("axum_tungstenite"),
    served("axum_yawc"),
    served("serve"),
    Example { path: "/socket", ..served("page") },
    Example { path: "/live", options: false, ..served("axum_app") },
    Example { hyper: false, options: false, ..served("server_on_tokio") },
    Example { hyper: false, options: false, ..served("server_on_smol") },
    Example { hyper: false, options: false, ..served("server_on_threads") },
];

/// A running server with its address and its log. It is stopped at the end of the test.
struct Server {
    process: Child,
    address: SocketAddr,
    path: &'static str,
    log: Receiver<String>,
}

impl Example {
    fn start(&self, options: &[&str]) -> Server {
        let mut command = example(self.name);
        if self.options {
            command.args(options);
        }
        Server::start(command, self.path)
    }
}

impl Server {
    fn start(mut command: Command, path: &'static str) -> Self {
        let started = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut process = started.expect("the example is built");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let address = line.trim_end().trim_end_matches('/').rsplit_once("://").map(|(_, address)| address);
        let address = address.and_then(|address| address.parse().ok()).expect("where it listens");
        let (sender, log) = channel();
        let complaints = BufReader::new(process.stderr.take().expect("piped"));
        thread::spawn(move || {
            for line in complaints.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { process, address, path, log }
    }

    /// Connects a client that sends this.
    fn client(&self, sent: &[u8]) -> TcpStream {
        let mut client = TcpStream::connect(self.address).expect("it listens");
        client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        client.write_all(sent).expect("room");
        client
    }

    fn request(&self, fields: &str) -> String {
        format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nAuthorization: Bearer a\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{fields}\r\n",
            self.path, self.address
        )
    }

    /// Returns the status of the answer to a request.
    fn status(&self, fields: &str) -> String {
        let client = self.client(self.request(fields).as_bytes());
        let mut line = String::new();
        let read = BufReader::new(&client).read_line(&mut line);
        read.map(|_| line.split(' ').nth(1).unwrap_or_default().to_owned()).unwrap_or_default()
    }

    /// Returns whether it logs this now or soon.
    fn has_logged(&self, part: &str) -> bool {
        self.log.recv_timeout(Duration::from_millis(50)).is_ok_and(|line| line.contains(part))
    }

    /// Waits until it has logged this.
    fn logs(&self, part: &str) {
        let mut logged = Vec::new();
        while let Ok(line) = self.log.recv_timeout(PATIENCE) {
            if line.contains(part) {
                return;
            }
            logged.push(line);
        }
        panic!("{part:?} is not in {logged:?}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let stopped = self.process.kill().and_then(|()| self.process.wait());
        assert!(stopped.is_ok(), "{stopped:?}");
    }
}

/// Closes with a reset.
fn reset(client: TcpStream) {
    set_socket_linger(&client, Some(Duration::ZERO)).expect("an option of all sockets");
    drop(client);
}

#[test]
fn none_holds_a_server_up_or_brings_it_down() {
    for of in EXAMPLES {
        let (server, name) = (of.start(&["--same-origin"]), of.name);
        let request = server.request("");
        let half = &request.as_bytes()[..request.len() / 2];
        // These clients stay while the other ones are served.
        let held = [b"", &b"G"[..], half, PREFACE].map(|sent| server.client(sent));
        for sent in [b"", half, request.as_bytes(), PREFACE] {
            reset(server.client(sent));
        }
        assert_eq!(server.status("Origin: https://elsewhere.example\r\n"), "403", "{name}");
        server.logs("Origin");
        let mut established = [(); 2].map(|()| server.client(request.as_bytes()));
        assert_eq!(server.status(""), "101", "{name}");
        // The server reads an established connection up to its end.
        established[0].shutdown(Shutdown::Write).expect("an established connection");
        let ended = established[0].read_to_end(&mut Vec::new());
        assert!(ended.is_ok(), "{name}: {ended:?}");
        established.into_iter().for_each(reset);
        assert_eq!(server.status(""), "101", "{name}");
        drop(held);
        if of.hyper {
            // The server closes after another answer, since the next bytes may be frames.
            let mut client = server.client(request.replacen(of.path, "/health", 1).as_bytes());
            let mut answer = String::new();
            client.read_to_string(&mut answer).expect("an answer");
            assert!(answer.contains("\r\nconnection: close\r\n"), "{name}: {answer}");
        }
    }
}

/// Runs on Linux, where the limits of a running process can be lowered.
#[cfg(target_os = "linux")]
#[test]
fn one_without_descriptors_goes_on_when_there_are_some() {
    for of in EXAMPLES {
        let (server, name) = (of.start(&[]), of.name);
        assert_eq!(server.status(""), "101", "{name}");
        let pid = Pid::from_child(&server.process);
        let open = std::fs::read_dir(format!("/proc/{}/fd", server.process.id())).expect("a process").count();
        let limit = Some(open as u64 + 4);
        prlimit(Some(pid), Resource::Nofile, Rlimit { current: limit, maximum: limit }).expect("less of it");
        let held: Vec<_> = (0..16).map(|_| server.client(b"")).collect();
        server.logs("could not accept");
        drop(held);
        assert_eq!(server.status(""), "101", "{name}");
        // It has waited in between; otherwise there would be thousands of lines.
        assert!(
            server.log.try_iter().filter(|line| line.contains("could not accept")).count() < 1000,
            "{name}"
        );
    }
}

#[test]
fn one_that_takes_nothing_is_given_up() {
    let message = [b"\x82\xfe\x0f\xa0\0\0\0\0", &[7; 4000][..]].concat();
    let health = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n";
    for name in ["echo", "hyper_echo", "axum_echo", "axum_tungstenite", "axum_yawc", "serve"] {
        takes_nothing(&served(name), |server| server.request("").into_bytes(), &message);
    }
    for name in ["hyper_echo", "serve"] {
        takes_nothing(&served(name), |_| Vec::new(), health);
        takes_nothing(&served(name), |_| [PREFACE, SETTINGS, &WHOLE].concat(), PING);
    }
}

#[test]
fn one_that_waits_is_given_up() {
    thread::scope(|scope| {
        for of in EXAMPLES.iter().filter(|of| of.options) {
            scope.spawn(|| {
                give_up(of, &[]);
            });
        }
        for name in ["hyper_echo", "axum_echo", "serve"] {
            scope.spawn(move || give_up(&served(name), &["--tls"]));
        }
        // With this option the header of the PROXY protocol must come first.
        scope.spawn(|| give_up(&served("serve"), &["--proxy-protocol"]));
    });
}

/// Checks all clients at the same time, each up to the end of its connection.
fn give_up(of: &Example, options: &[&str]) {
    let server = of.start(&[&["--deadline", "0.5"], options].concat());
    let request = server.request("");
    let health = format!("GET /health HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    let mut stalls: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"G".to_vec(),
        request.as_bytes()[..request.len() / 2].to_vec(),
        PREFACE[..8].to_vec(),
        PREFACE.to_vec(),
        // The start of a TLS message, and of a header of the PROXY protocol.
        b"\x16\x03\x01\x02\x00\x01".to_vec(),
        b"PROXY TCP4 127".to_vec(),
    ];
    if of.hyper {
        stalls.extend([
            // A body that does not come.
            format!("POST {health}")
                .replace("GET ", "")
                .replace("\r\n\r\n", "\r\nContent-Length: 5\r\n\r\n")
                .into_bytes(),
            // After a first answer: silence, and half a head.
            health.clone().into_bytes(),
            [&health, &health[..9]].concat().into_bytes(),
            // Over HTTP/2: settings and then silence, or part of a head; the same after a first request.
            [PREFACE, SETTINGS].concat(),
            [PREFACE, SETTINGS, HALF].concat(),
            [PREFACE, SETTINGS, OPEN].concat(),
            [PREFACE, SETTINGS, &WHOLE].concat(),
            [PREFACE, SETTINGS, &BODILESS].concat(),
            [PREFACE, SETTINGS, &WHOLE, HALF].concat(),
            [PREFACE, SETTINGS, &WHOLE, OPEN].concat(),
        ]);
    }
    let clients: Vec<_> = stalls.iter().map(|sent| server.client(sent)).collect();
    for (mut client, sent) in clients.into_iter().zip(&stalls) {
        let ended = client.read_to_end(&mut Vec::new());
        // The connection just ends, or is reset because it was closed with unread bytes.
        let is_end = ended.as_ref().err().is_none_or(|error| error.kind() == ErrorKind::ConnectionReset);
        assert!(is_end, "{}: {}: {ended:?}", of.name, sent.escape_ascii());
    }
    if of.hyper && options.is_empty() {
        busy(&server, &[]);
        busy(&server, &WHOLE);
    }
}

/// Checks that the connection of a client that sends but never reads ends. Either the server logs that nothing was
/// taken in time, or the client notices the end.
fn takes_nothing(of: &Example, first: impl Fn(&Server) -> Vec<u8>, again: &[u8]) {
    let server = of.start(&["--deadline", "0.5"]);
    // With little room the server soon waits. The room must be small from the beginning: bytes in flight that find no
    // room are dropped, together with their acknowledgements.
    let socket =
        socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).expect("a socket");
    set_socket_recv_buffer_size(&socket, 4096).expect("an option of all sockets");
    connect(&socket, &server.address).expect("it listens");
    let client = TcpStream::from(socket);
    client.set_write_timeout(Some(PATIENCE)).expect("a timeout");
    (&client).write_all(&first(&server)).expect("room");
    let again = again.repeat(100);
    thread::scope(|scope| {
        let sending = scope.spawn(|| {
            loop {
                if let Err(error) = (&client).write_all(&again) {
                    return error.kind();
                }
            }
        });
        while !sending.is_finished() && !server.has_logged("time") {}
        // In case the client has not noticed the end.
        let _ = client.shutdown(Shutdown::Both);
        let kept = matches!(sending.join(), Ok(ErrorKind::WouldBlock | ErrorKind::TimedOut) | Err(_));
        assert!(!kept, "{}: the connection of a client that takes nothing is kept", of.name);
    });
}

/// A client of HTTP/2 without requests, or without further ones, that always has a frame to send: the next PING after
/// each answer.
fn busy(server: &Server, first: &[u8]) {
    let mut client = server.client(&[PREFACE, SETTINGS, first].concat());
    let mut frame = [0; 9];
    // Other frames, settings and pings of the server, are skipped.
    while client.write_all(PING).is_ok() {
        loop {
            if client.read_exact(&mut frame).is_err() {
                return;
            }
            let [_, high, low, kind, flags, ..] = frame;
            let mut rest = vec![0; usize::from(u16::from_be_bytes([high, low]))];
            if client.read_exact(&mut rest).is_err() {
                return;
            }
            if (kind, flags) == (6, 1) {
                break;
            }
        }
    }
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Frames of HTTP/2 (RFC 9113 §6): an empty SETTINGS, a PING, HEADERS without their last 9 bytes, and HEADERS that
/// need a CONTINUATION.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
const PING: &[u8] = &[0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
const HALF: &[u8] = &[0, 0, 10, 1, 4, 0, 0, 0, 3, 0x82];
const OPEN: &[u8] = &[0, 0, 1, 1, 0, 0, 0, 0, 3, 0x82];

/// A request for `/health`: fields in the form of RFC 7541, the last two as literals.
const WHOLE: [u8; 9 + 14] = [
    0, 0, 14, 1, 5, 0, 0, 0, 1, 0x82, 0x86, 0x04, 7, b'/', b'h', b'e', b'a', b'l', b't', b'h', 0x41, 1, b'a',
];

/// The same request with POST, and without the end of its stream.
const BODILESS: [u8; 9 + 14] = {
    let mut frame = WHOLE;
    (frame[4], frame[9]) = (4, 0x83);
    frame
};

/// Much longer than any step needs.
const PATIENCE: Duration = Duration::from_mins(1);
