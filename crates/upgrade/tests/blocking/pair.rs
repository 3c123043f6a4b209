//! Both sides against each other, over sockets.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
#[cfg(unix)]
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use websocket_upgrade::blocking::{
    Incoming, TimedStream, Timeouts, accept, create_upgrade_request, handle_upgrade_request, receive,
    upgrade_on,
};
use websocket_upgrade::{
    ClientOptions, ConnectReason, Rejection, ReplayStream, ServerOptions, Socket, Upgraded,
};

use crate::suite::answer::Answer;
use crate::suite::model::{FRAME, REQUEST, RESPONSE, Server, Then};

pub(crate) fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    (listener, url)
}

pub(crate) fn client(listener: &TcpListener) -> TcpStream {
    listener.accept().expect("a client").0
}

/// Runs both at once, each on its own thread.
pub(crate) fn both<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().expect("no panic"), other)
    })
}

pub(crate) fn read_head(io: &mut impl Read) -> Vec<u8> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        io.read_exact(&mut byte).expect("a head");
        head.extend(byte);
    }
    head
}

fn read_to_end(io: &mut impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    io.read_to_end(&mut bytes).expect("no reset");
    bytes
}

/// Checks that both sides have agreed on the subprotocol, and that their streams are joined.
fn agree<A: TimedStream, B: TimedStream, G, H>(client: Upgraded<A, G>, server: Upgraded<B, H>) {
    assert_eq!(client.settings, server.settings);
    assert_eq!(client.settings.subprotocol(), Some("chat"));
    let (mut client, mut server) = (client.into_stream(), server.into_stream());
    let say = |from: &mut dyn Write, words: &[u8]| from.write_all(words).and_then(|()| from.flush());
    say(&mut client, b"ping").expect("a stream");
    ReplayStream::end(&mut client).expect("a stream");
    assert_eq!(read_to_end(&mut server), b"ping");
    say(&mut server, b"pong").expect("a stream");
    ReplayStream::end(&mut server).expect("a stream");
    assert_eq!(read_to_end(&mut client), b"pong");
}

fn options() -> (ClientOptions, ServerOptions) {
    let client = ClientOptions::new().subprotocol("chat").expect("a token");
    (client, ServerOptions::new().subprotocol("chat").expect("a token"))
}

#[test]
fn over_tcp() {
    let ((options, server), (listener, url)) = (options(), listen());
    // Also by name, which a helper thread looks up.
    for url in [url.clone(), url.replace("127.0.0.1", "localhost")] {
        let (server, client) =
            both(|| accept(client(&listener), &server), || create_upgrade_request(&url, &options));
        let client = client.expect("accepted");
        assert!(client.get_ref().tcp().nodelay().expect("an option") && !client.get_ref().is_tls());
        agree(client, server.expect("accepted"));
    }
}

#[test]
fn over_tcp_by_an_http_server() {
    let ((options, server), (listener, url)) = (options(), listen());
    let serve = || {
        let (head, socket) = receive(client(&listener), &server).map(Incoming::into_http).expect("a request");
        handle_upgrade_request(&head.to_http().expect("a request"), socket, &server)
    };
    let (server, client) = both(serve, || create_upgrade_request(&url, &options));
    agree(client.expect("accepted"), server.expect("accepted"));
}

#[test]
fn a_request_taken_back_unread_is_read_again() {
    let ((options, server), (listener, url)) = (options(), listen());
    let serve = || {
        let socket = receive(client(&listener), &server).map(Incoming::into_unread).expect("a request");
        accept(socket.into_stream(), &server)
    };
    let (server, client) = both(serve, || create_upgrade_request(&url, &options));
    agree(client.expect("accepted"), server.expect("accepted"));
}

#[cfg(unix)]
#[test]
fn over_a_unix_socket() {
    let (options, server) = options();
    let (client, socket) = UnixStream::pair().expect("a pair");
    let (server, client) = both(|| accept(socket, &server), || upgrade_on(client, "ws://a/", &options));
    agree(client.expect("accepted"), server.expect("accepted"));
}

#[test]
fn timeouts_are_as_they_were() {
    let ((options, server), (listener, url)) = (options(), listen());
    let times = [Some(Duration::from_secs(60)), None];
    for (read, write) in [(times[0], times[1]), (times[1], times[0])] {
        let set = |socket: TcpStream| {
            socket.set_read_timeout(read).and_then(|()| socket.set_write_timeout(write)).expect("options");
            socket
        };
        let address = listener.local_addr().expect("an address");
        let (server, client) = both(
            || receive(set(client(&listener)), &server).expect("a request").accept(&server),
            || upgrade_on(set(TcpStream::connect(address).expect("a server")), &url, &options),
        );
        for stream in [server.expect("accepted").into_stream(), client.expect("accepted").into_stream()] {
            let timeouts = stream.get_ref().timeouts().expect("options");
            assert_eq!((timeouts.read, timeouts.write), (read, write));
        }
    }
}

#[test]
fn frames_in_the_segments_of_the_heads() {
    let (listener, url) = listen();
    let mut raw = TcpStream::connect(listener.local_addr().expect("an address")).expect("a server");
    raw.write_all(&[REQUEST.as_bytes(), b"\r\n", FRAME].concat()).expect("a server");
    let upgraded = accept(client(&listener), &ServerOptions::new()).expect("accepted");
    assert_eq!(upgraded.read_buf(), FRAME, "it came with the head");
    raw.write_all(b"more").expect("a server");
    raw.shutdown(Shutdown::Write).expect("a server");
    let mut stream = upgraded.into_stream();
    // The buffer is smaller than what was read before.
    let mut first = [0; 3];
    stream.read_exact(&mut first).expect("a client");
    assert_eq!([&first[..], &read_to_end(&mut stream)].concat(), [FRAME, b"more"].concat());

    let bytes = [RESPONSE.as_bytes(), b"\r\n", FRAME].concat();
    let serve = || {
        let mut socket = client(&listener);
        let request = read_head(&mut socket);
        socket.write_all(&Server::new(&bytes, Then::Close).response_to(&request)).expect("a client");
    };
    let ((), client) = both(serve, || create_upgrade_request(&url, &ClientOptions::new()));
    let client = client.expect("accepted");
    assert_eq!(client.read_buf(), FRAME, "it came with the head");
    assert_eq!(read_to_end(&mut client.into_stream()), FRAME);
}

/// A client sends its whole body whatever it receives, and then reads: no reset erases the answer.
#[test]
fn a_refusal_closes_in_stages() {
    const LARGE: usize = 6 * 1024 * 1024;
    let (listener, _) = listen();
    let request = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {LARGE}\r\n\r\n");
    let bytes = [request.as_bytes(), &vec![b'a'; LARGE]].concat();
    for _ in 0..4 {
        let serve = || {
            let incoming = receive(client(&listener), &ServerOptions::new()).expect("a request");
            incoming.reject(Rejection::new(401).expect("a status"))
        };
        let (rejected, answer) = both(serve, || {
            let mut client =
                TcpStream::connect(listener.local_addr().expect("an address")).expect("a server");
            client.write_all(&bytes).expect("no reset while it sends");
            read_to_end(&mut client)
        });
        rejected.expect("it was told");
        let answer = Answer::parse(&answer).expect("a response");
        assert_eq!(answer.status, 401);
        answer.is_rejection(false).expect("a whole answer");
    }
}

#[test]
fn a_dropped_request_is_told_to_come_again() {
    let (listener, _) = listen();
    let mut raw = TcpStream::connect(listener.local_addr().expect("an address")).expect("a server");
    raw.write_all(format!("{REQUEST}\r\n").as_bytes()).expect("a server");
    let incoming = receive(client(&listener), &ServerOptions::new()).expect("a request");
    let start = Instant::now();
    drop(incoming);
    assert!(start.elapsed() < Duration::from_secs(5), "it waits for the client, which stays");
    assert_eq!(Answer::parse(&read_to_end(&mut raw)).expect("a response").status, 503);
}

/// The server reads nothing, refuses, and neither reads nor closes. The request is larger than the buffers.
#[cfg(unix)]
#[test]
fn a_server_that_refuses_before_it_has_read_everything_is_heard() {
    let (io, mut socket) = UnixStream::pair().expect("a pair");
    let options = ClientOptions::new().header("Cookie", "c".repeat(1024 * 1024)).expect("a header");
    socket.write_all(b"HTTP/1.1 431 \r\nContent-Length: 2\r\n\r\nno").expect("room");
    let error = upgrade_on(io, "ws://a/", &options).expect_err("refused");
    let refused = error.refused().unwrap_or_else(|| panic!("{error:?}"));
    assert_eq!((refused.status(), &refused.body[..], refused.truncated), (431, &b"no"[..], false));
}

/// A socket that reports when a write has timed out.
#[cfg(unix)]
struct Telling {
    io: UnixStream,
    stuck: Sender<()>,
}

#[cfg(unix)]
impl Read for Telling {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.io.read(space)
    }
}

#[cfg(unix)]
impl Write for Telling {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The other side may already know.
        self.io.write(bytes).inspect_err(|_| self.stuck.send(()).unwrap_or_default())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.io.flush()
    }
}

#[cfg(unix)]
impl TimedStream for Telling {
    fn timeouts(&self) -> io::Result<Timeouts> {
        self.io.timeouts()
    }

    fn set_timeouts(&mut self, timeouts: Timeouts) -> io::Result<()> {
        self.io.set_timeouts(timeouts)
    }

    fn end(&mut self) -> io::Result<()> {
        self.io.end()
    }
}

/// A client that looks for a refusal because it can't write goes on writing when it can.
#[cfg(unix)]
#[test]
fn a_server_that_begins_to_read_late_is_waited_for() {
    let options = ClientOptions::new().header("Cookie", "c".repeat(1024 * 1024)).expect("a header");
    let (io, mut socket) = UnixStream::pair().expect("a pair");
    let (stuck, waits) = channel();
    let serve = move || {
        waits.recv().expect("more than there is room for");
        let (mut request, mut space) = (Vec::new(), vec![0; 1 << 16]);
        while !request.ends_with(b"\r\n\r\n") {
            let len = socket.read(&mut space).expect("a client");
            assert_ne!(len, 0, "the client has left");
            request.extend_from_slice(&space[..len]);
        }
        let response = format!("{RESPONSE}\r\n");
        let response = Server::new(response.as_bytes(), Then::Close).response_to(&request);
        socket.write_all(&response).expect("a client");
    };
    let ((), client) = both(serve, || upgrade_on(Telling { io, stuck }, "ws://a/", &options));
    client.map(drop).expect("accepted");
}

#[test]
fn nobody_there() {
    let (listener, url) = listen();
    drop(listener);
    let error = create_upgrade_request(&url, &ClientOptions::new()).expect_err("nobody listens");
    assert!(matches!(error.reason(), ConnectReason::Connect(_)), "{error:?}");
    let url = url.replace("ws://", "ws://user:pass@");
    let options = ClientOptions::new().header("Authorization", "Bearer x").expect("a header");
    let error = create_upgrade_request(&url, &options).expect_err("twice");
    assert!(matches!(error.reason(), ConnectReason::Options(_)), "{error:?}");
}

#[test]
fn what_waits_can_go_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Incoming<TcpStream>>();
    is_send::<Upgraded<ReplayStream<TcpStream>>>();
    is_send::<Socket<TcpStream>>();
}
