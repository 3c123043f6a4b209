//! The calls of the blocking driver for the suite.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use bytes::Bytes;
use websocket_upgrade::{
    ClientOptions, ConnectError, HandleError, ReplayStream, RequestHead, ResponseHead, ServerOptions,
    Settings, Socket, Upgraded,
    blocking::{self, TimedStream, Timeouts},
};

use crate::simulated::{Clock, Simulated};
use crate::suite::model::{Client, Connected, Decided, Decision, End, Established, Served, Server, seen};

/// The near side of a simulated connection. It waits as a socket does.
struct Io<'a> {
    peer: Simulated<'a>,
    timeouts: Timeouts,
    epoch: Instant,
}

impl<'a> Io<'a> {
    /// The timeouts that the application had set before the handshake.
    const TIMEOUTS: Timeouts = Timeouts { read: Some(Duration::from_secs(3600)), write: None };

    fn new(peer: &Simulated<'a>) -> Self {
        Self { peer: peer.clone(), timeouts: Self::TIMEOUTS, epoch: Instant::now() }
    }
}

pub(crate) fn accept(client: &Client<'_>, options: &ServerOptions) -> Served {
    serve(client, |_, io| {
        let (stream, settings, head) = blocking::accept(io, options)?.into_parts();
        Ok(established(stream, settings, head.as_bytes()))
    })
}

pub(crate) fn handle_upgrade_request(
    request: &http::Request<()>,
    read_buf: &[u8],
    options: &ServerOptions,
) -> Served {
    serve(&Client::new(b""), |_, io| {
        let socket = Socket::with_read_buf(io, Bytes::copy_from_slice(read_buf));
        let upgraded = blocking::handle_upgrade_request(request, socket, options)?;
        let (stream, settings, ()) = upgraded.into_parts();
        Ok(established(stream, settings, b""))
    })
}

/// Receives a request, adds `headers` to any answer, and decides a second later.
pub(crate) fn receive(
    client: &Client<'_>,
    options: &ServerOptions,
    headers: &[(&str, &str)],
    mut decision: Decision,
) -> Served<Decided> {
    serve(client, |clock, io| {
        let mut incoming = blocking::receive(io, options)?;
        clock.wait_until(clock.now() + Duration::from_secs(1));
        clock.pass();
        for (name, value) in headers {
            incoming.header(name, value).expect("a legal header");
        }
        let is_upgrade = incoming.is_upgrade();
        let request = incoming.request().map(|request| request.target().path().to_owned());
        let request = request.map_err(|error| error.to_string());
        let (head, seen) = (incoming.head().as_bytes().to_vec(), seen!(incoming));
        while let Decision::Check(then) = decision {
            incoming = match incoming.check(options) {
                Ok(incoming) => incoming,
                Err(error) => {
                    return Ok(Decided { is_upgrade, request, head, seen, end: End::Unasked(error) });
                }
            };
            decision = *then;
        }
        let end = match decision {
            Decision::Accept => match incoming.accept(options) {
                Ok(upgraded) => {
                    let (stream, settings, head) = upgraded.into_parts();
                    End::Accepted(established(stream, settings, head.as_bytes()))
                }
                Err(error) => End::Rejected(Some(error)),
            },
            Decision::Check(_) => unreachable!("checked above"),
            Decision::Drop => {
                drop(incoming);
                End::Rejected(None)
            }
            Decision::IntoHttp => {
                let (head, socket) = incoming.into_http();
                End::Returned(returned(Some(&head), socket))
            }
            Decision::IntoUnread => End::Returned(returned(None, incoming.into_unread())),
            Decision::Reject(rejection) => End::Rejected(incoming.reject(rejection).err()),
        };
        Ok(Decided { is_upgrade, request, head, seen, end })
    })
}

pub(crate) fn upgrade_on(url: &str, options: &ClientOptions, server: &Server<'_>) -> Connected {
    let clock = Clock::default();
    let peer = Simulated::server(&clock, *server);
    let outcome = blocking::upgrade_on(Io::new(&peer), url, options);
    let elapsed = elapsed(&clock);
    let (request, writes) = peer.written();
    peer.release();
    Connected { outcome: finish(outcome), request, writes, elapsed }
}

/// Runs a server's side against a client.
fn serve<T>(client: &Client<'_>, handle: impl FnOnce(&Clock, Io<'_>) -> Result<T, HandleError>) -> Served<T> {
    let clock = Clock::default();
    let peer = Simulated::client(&clock, *client);
    let outcome = handle(&clock, Io::new(&peer));
    let (answer, writes) = peer.written();
    Served { outcome, answer, writes, elapsed: elapsed(&clock) }
}

/// Returns the time that has passed, without the moment of a last attempt.
fn elapsed(clock: &Clock) -> Duration {
    Duration::from_millis(clock.now().as_millis().try_into().expect("a time of a test"))
}

/// Reads everything from an established connection.
fn established(mut stream: ReplayStream<Io<'_>>, settings: Settings, head: &[u8]) -> Established {
    assert_eq!(stream.get_ref().timeouts, Io::TIMEOUTS, "as they were before");
    let read_buf = stream.read_buf().to_vec();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("a stream in memory");
    Established { settings, head: head.to_vec(), interim: Vec::new(), read_buf, stream: bytes }
}

fn finish(
    outcome: Result<Upgraded<Io<'_>, ResponseHead>, ConnectError>,
) -> Result<Established, ConnectError> {
    let upgraded = outcome?;
    let interim = upgraded.interim.iter().map(ResponseHead::status).collect();
    let (stream, settings, head) = upgraded.into_parts();
    Ok(Established { interim, ..established(stream, settings, head.as_bytes()) })
}

/// Returns what an HTTP server gets: the head, if it was split off, and the data of the socket. Then it only answers.
fn returned(head: Option<&RequestHead>, socket: Socket<Io<'_>>) -> Vec<u8> {
    let mut stream = socket.into_stream();
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").expect("a stream in memory");
    let mut bytes = head.map_or(Vec::new(), |head| head.as_bytes().to_vec());
    stream.read_to_end(&mut bytes).expect("a stream in memory");
    bytes
}

impl Read for Io<'_> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let clock = self.peer.clock.clone();
        let end = self.timeouts.read.map(|time| clock.now() + time);
        loop {
            let next = match self.peer.read_now(space) {
                Ok(read) => return read,
                Err(next) => next,
            };
            if end.is_some_and(|end| end <= clock.now()) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            for time in next.into_iter().chain(end) {
                clock.wait_until(time);
            }
            clock.pass();
        }
    }
}

impl Write for Io<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.peer.write_now(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TimedStream for Io<'_> {
    fn timeouts(&self) -> io::Result<Timeouts> {
        Ok(self.timeouts)
    }

    fn set_timeouts(&mut self, timeouts: Timeouts) -> io::Result<()> {
        let zero = Some(Duration::ZERO);
        assert!(timeouts.read != zero && timeouts.write != zero, "a socket would refuse it");
        self.timeouts = timeouts;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.peer.end_now();
        Ok(())
    }

    fn now(&self) -> Instant {
        self.epoch + self.peer.clock.now()
    }
}
