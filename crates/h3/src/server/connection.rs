//! A connection of a client: its requests, one after the other.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::timeout;
use websocket_upgrade::gate::Gate;
use websocket_upgrade::internals::server::{limits, time};
use websocket_upgrade::{HandleError, ServerOptions};

use super::drain::Drain;
use super::driver::{Driver, Failure, Http, to_io};
use super::heads::{HEADS, Next};
use super::incoming::Incoming;
use super::shared::{Shared, User};
use super::streams::{MOST, Streams};
use crate::message::field_section::largest;
use crate::quic::Quic;

/// The server's side of an HTTP/3 connection. It announces extended CONNECT (RFC 9220 §3).
///
/// A task of tokio's drives it from the first call of [`accept`](Self::accept) on. The heads of requests are read in
/// parallel, each within the deadline of the options: a slow one blocks no other, and gets 408. At most 100 requests of
/// a connection are read or wait to be accepted; further ones wait in QUIC.
///
/// What is answered before [`accept`](Self::accept) returns, which then returns the error:
///
/// | a request | the answer | rule |
/// |---|---|---|
/// | over a limit | 431 or 414, by the limits of the options | RFC 6585 §5, RFC 9110 §15.5.15 |
/// | no whole head in time | 408 | RFC 9110 §15.5.9 |
/// | turned away by the gate | 503 with `Retry-After` | RFC 9110 §15.6.4 |
/// | malformed: a field name in upper case, `:protocol` without CONNECT, ... | a reset with `H3_MESSAGE_ERROR` | RFC 9114 §4.1.2 |
/// | that ends before its head | a reset with `H3_REQUEST_INCOMPLETE` | RFC 9114 §4.1 |
/// | with a frame that must not come, or a field section that can't be decoded | the end of the connection | RFC 9114 §7, RFC 9204 §6 |
///
/// Dropping it is as [`drain`](Self::drain): WebSocket streams go on, and requests that were not accepted get 503. When
/// the last stream has ended as well, the connection is closed with `H3_NO_ERROR`.
#[must_use = "dropped, the connection takes no requests"]
pub struct Connection {
    /// `None` once the task runs.
    starting: Option<Starting>,
    queue: mpsc::Receiver<Next>,
    failure: Failure,
    drain: Drain,
    quic: quinn::Connection,
    /// Keeps the task alive.
    _user: User,
}

/// What the task begins with.
struct Starting {
    http: Http,
    options: ServerOptions,
    gate: Option<Gate>,
    most: u32,
    sender: mpsc::Sender<Next>,
    users: mpsc::Receiver<std::convert::Infallible>,
    user: mpsc::WeakSender<std::convert::Infallible>,
}

impl Connection {
    /// Begins HTTP/3 on a QUIC connection whose peer has chosen `h3` by ALPN: [`server_config`](crate::server_config)
    /// offers it. The settings are sent, and those of the client are not awaited.
    ///
    /// Of the options, the limits and the deadline count for every request of the connection, and the peer instead of
    /// QUIC's address of it.
    ///
    /// # Errors
    ///
    /// If the connection ends, or if the client does not allow the three streams that HTTP/3 needs (RFC 9114 §6.2)
    /// within the deadline.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future closes the connection.
    pub async fn new(quic: quinn::Connection, options: &ServerOptions) -> io::Result<Self> {
        let mut builder = http3::server::builder();
        builder
            .enable_extended_connect(true)
            .send_grease(false)
            .max_field_section_size(largest(limits(options)));
        let begun = timeout(time(options), builder.build::<_, Bytes>(Quic::new(quic.clone()))).await;
        let begun = begun.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
        let http = begun.map_err(|error| to_io(&error, &quic))?;
        let (sender, queue) = mpsc::channel(HEADS);
        let (user, users) = mpsc::channel(1);
        let starting = Starting {
            http,
            options: options.clone(),
            gate: None,
            most: MOST,
            sender,
            users,
            user: user.downgrade(),
        };
        let (drain, failure) = (Drain::new(), Failure::default());
        Ok(Self { starting: Some(starting), queue, failure, drain, quic, _user: User(user) })
    }

    /// Counts every handshake by a gate, from the beginning of its request to the end of its answer. Plain HTTP is
    /// counted until its head is whole. What the gate turns away gets 503 with `Retry-After`, before anything is read.
    /// While the gate is draining, plain HTTP is served, and handshakes get 503.
    ///
    /// It has no effect after the first call of [`accept`](Self::accept).
    pub fn gated(mut self, gate: Gate) -> Self {
        if let Some(starting) = &mut self.starting {
            starting.gate = Some(gate);
        }
        self
    }

    /// Sets how many requests and WebSocket streams the client may have at a time. The default is 1,000.
    ///
    /// Since QUIC reserves memory for every stream that is announced, 100 are announced at first (RFC 9114 §6.1), and
    /// more as WebSocket streams are established. Streams that have ended may be announced again some time later, so
    /// that the client can use seven eighths at any time.
    ///
    /// It has no effect after the first call of [`accept`](Self::accept).
    pub fn max_streams(mut self, streams: u32) -> Self {
        if let Some(starting) = &mut self.starting {
            starting.most = streams;
        }
        self
    }

    /// The next request whose head is whole. `None` if there will be none: the client has closed the connection in an
    /// orderly way, or the connection is drained and every request before that was taken.
    ///
    /// # Errors
    ///
    /// [`HandleError`] of one request: it was refused because of its head, or turned away by the gate, and the client
    /// has the answer; or its stream broke before the head was whole. The next call goes on with the next request. If
    /// the connection has failed, that is the last error.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn accept(&mut self) -> Option<Result<Incoming, HandleError>> {
        if let Some(starting) = self.starting.take() {
            let driver = self.driver(starting);
            tokio::spawn(driver.drive());
        }
        match self.queue.recv().await {
            Some(next) => Some(next),
            None => self.failure.take().map(|error| Err(HandleError::Io(error))),
        }
    }

    /// Lets no further request begin: the client gets a GOAWAY (RFC 9114 §5.2), and requests that it sends all the same
    /// are answered with `H3_REQUEST_REJECTED`, so that it can repeat them elsewhere. Nothing is cut:
    /// [`accept`](Self::accept) returns the requests that came before, and WebSocket streams go on.
    pub fn drain(&self) {
        self.drain.drain();
    }

    /// Drains the connection from another task.
    pub fn drain_handle(&self) -> Drain {
        self.drain.clone()
    }

    /// The client's address. QUIC lets it change.
    pub fn remote_address(&self) -> SocketAddr {
        self.quic.remote_address()
    }

    fn driver(&self, starting: Starting) -> Driver {
        let Starting { http, options, gate, most, sender, users, user } = starting;
        let streams = Arc::new(Streams::new(self.quic.clone(), most));
        let shared = Shared { options, peer: self.remote_address(), gate, streams };
        let drain = self.drain.clone();
        Driver::new(http, self.quic.clone(), shared, sender, (user, users), drain, self.failure.clone())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.drain.drain();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("remote_address", &self.remote_address())
            .field("draining", &self.drain.is_draining())
            .finish_non_exhaustive()
    }
}
