//! Bad clients: silent, stalled, resetting, or taking nothing. None holds the server up or brings it down.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use rustix::net::sockopt::{set_socket_linger, set_socket_recv_buffer_size};
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};

use crate::common::{PATIENCE, Served};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Frames of HTTP/2 (RFC 9113 §6): an empty SETTINGS, and HEADERS without their last 9 bytes.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
const HALF: &[u8] = &[0, 0, 10, 1, 4, 0, 0, 0, 3, 0x82];

/// Closes with a reset.
fn reset(client: TcpStream) {
    set_socket_linger(&client, Some(Duration::ZERO)).expect("an option of all sockets");
    drop(client);
}

#[test]
fn the_next_client_is_served() {
    let served = Served::start(&[]);
    let request = served.request("/", "");
    let half = &request.as_bytes()[..request.len() / 2];
    // These stay while the other ones are served.
    let held = [b"", &b"G"[..], half, PREFACE].map(|sent| served.client(sent));
    for sent in [b"", half, request.as_bytes(), PREFACE] {
        reset(served.client(sent));
    }
    let mut established = [(); 2].map(|()| served.client(request.as_bytes()));
    assert!(served.head("").starts_with("http/1.1 101 "));
    // An established connection is read up to its end.
    established[0].shutdown(Shutdown::Write).expect("an established connection");
    established[0].read_to_end(&mut Vec::new()).expect("an end");
    established.into_iter().for_each(reset);
    assert!(served.head("").starts_with("http/1.1 101 "));
    drop(held);
}

#[test]
fn one_that_waits_is_given_up() {
    for arguments in [&["--timeout", "0.5"][..], &["--timeout", "0.5", "--tls"]] {
        let served = Served::start(arguments);
        let request = served.request("/", "");
        let plain = format!("GET /health HTTP/1.1\r\nHost: {}\r\n\r\n", served.address);
        let stalls: Vec<Vec<u8>> = vec![
            Vec::new(),
            b"G".to_vec(),
            request.as_bytes()[..request.len() / 2].to_vec(),
            b"\x16\x03\x01\x02\x00\x01".to_vec(),
            PREFACE[..8].to_vec(),
            PREFACE.to_vec(),
            [PREFACE, SETTINGS].concat(),
            [PREFACE, SETTINGS, HALF].concat(),
            // After a first answer: silence, and half a head.
            plain.clone().into_bytes(),
            [&plain, &plain[..9]].concat().into_bytes(),
        ];
        let clients: Vec<_> = stalls.iter().map(|sent| served.client(sent)).collect();
        for (mut client, sent) in clients.into_iter().zip(&stalls) {
            let ended = client.read_to_end(&mut Vec::new());
            // The connection just ends, or is reset because it was closed with unread bytes.
            let is_end = ended.as_ref().err().is_none_or(|error| error.kind() == ErrorKind::ConnectionReset);
            assert!(is_end, "{arguments:?}: {}: {ended:?}", sent.escape_ascii());
        }
    }
}

#[test]
fn one_that_is_late_is_told_so() {
    let served = Served::start(&["--timeout", "0.5"]);
    for sent in [&b""[..], b"G", b"PRI", b"GET / HTTP/1.1\r\nHost: a\r\n"] {
        let mut answer = String::new();
        served.client(sent).read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 408 "), "{}: {answer}", sent.escape_ascii());
        served.logs("408");
    }
}

#[test]
fn one_that_takes_nothing_is_given_up() {
    let served = Served::start(&["--timeout", "0.5", "--quiet"]);
    // With little room the server soon waits. The room must be small from the beginning: bytes in flight that find no
    // room are dropped, together with their acknowledgements.
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None);
    let socket = socket.expect("a socket");
    set_socket_recv_buffer_size(&socket, 4096).expect("an option of all sockets");
    connect(&socket, &served.address).expect("it listens");
    let mut client = TcpStream::from(socket);
    client.set_write_timeout(Some(PATIENCE)).expect("a timeout");
    client.write_all(served.request("/", "").as_bytes()).expect("room");
    let message = [b"\x82\xfe\x0f\xa0\0\0\0\0", &[7; 4000][..]].concat().repeat(100);
    let ended = loop {
        if let Err(error) = client.write_all(&message) {
            break error.kind();
        }
    };
    assert!(!matches!(ended, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{ended:?}");
}

/// Runs on Linux, where the limits of a running process can be lowered.
#[cfg(target_os = "linux")]
#[test]
fn without_descriptors_it_goes_on_when_there_are_some() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let served = Served::start(&[]);
    assert!(served.head("").starts_with("http/1.1 101 "));
    let id = i32::try_from(served.id()).ok().and_then(Pid::from_raw);
    let open = std::fs::read_dir(format!("/proc/{}/fd", served.id())).expect("a process").count();
    let limit = Some(open as u64 + 4);
    prlimit(id, Resource::Nofile, Rlimit { current: limit, maximum: limit }).expect("less of it");
    let held: Vec<_> = (0..16).map(|_| served.client(b"")).collect();
    served.logs("could not accept");
    drop(held);
    assert!(served.head("").starts_with("http/1.1 101 "));
    // It has waited in between; otherwise there would be thousands of lines.
    let lines = served.logged();
    assert!(lines.iter().filter(|line| line.contains("could not accept")).count() < 1000, "{}", lines.len());
}

#[test]
fn many_clients_are_served_at_the_same_time() {
    let served = Served::start(&["--quiet"]);
    let request = served.request("/", "");
    let mut established: Vec<_> = (0..200).map(|_| served.client(request.as_bytes())).collect();
    for client in &mut established {
        assert!(crate::common::head(client).starts_with("http/1.1 101 "));
        client.write_all(b"\x81\x81\0\0\0\0x").expect("an open connection");
    }
    for client in &mut established {
        let mut echo = [0; 3];
        client.read_exact(&mut echo).expect("an echo");
        assert_eq!(&echo, b"\x81\x01x");
    }
}
