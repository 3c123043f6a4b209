//! One connection: bounded in time and in bytes, and recorded.

use std::error::Error;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use super::record::Record;
use super::target::Target;
use crate::case::{Deliver, Ending};
use crate::report::{Event, Side};

/// The bounds of one exchange.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Bounds {
    /// How long all of it may take.
    pub exchange: Duration,
    /// How long the suite waits where it expects that nothing comes.
    pub silence: Duration,
    /// How many bytes it receives.
    pub received: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { exchange: Duration::from_secs(5), silence: Duration::from_millis(500), received: 1 << 20 }
    }
}

/// A connection to the peer.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    record: Record,
    deadline: Instant,
    received: Vec<u8>,
    /// How many bytes at the start of `received` are consumed. Removing them for each small frame would take long.
    consumed: usize,
    room: usize,
    silence: Duration,
    end: Option<Arrival>,
}

/// What came of waiting for bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Arrival {
    /// There are more bytes.
    More,
    /// The peer sends no more.
    End,
    /// The connection is broken, usually reset by the peer.
    Broken,
    /// Nothing came until the given time, or the deadline.
    Silence,
    /// The peer has sent more than the suite receives.
    TooMuch,
}

/// A connection can't be established.
#[derive(Debug)]
#[non_exhaustive]
pub enum WireError {
    /// There is no connection over TCP.
    Connect(io::Error),
    /// TLS can't be established.
    Tls(io::Error),
    /// It took too long.
    Deadline,
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    /// Connects to a server, over TLS if a connector is given.
    ///
    /// # Errors
    ///
    /// If there is no connection within the time of an exchange.
    pub async fn open(
        target: &Target,
        tls: Option<&TlsConnector>,
        bounds: &Bounds,
    ) -> Result<Self, WireError> {
        let deadline = Instant::now() + bounds.exchange;
        let open = async {
            let stream =
                TcpStream::connect((target.host.as_str(), target.port)).await.map_err(WireError::Connect)?;
            let _ = stream.set_nodelay(true);
            let Some(tls) = tls else { return Ok(Stream::Plain(stream)) };
            let name = ServerName::try_from(target.host.clone())
                .map_err(|error| WireError::Tls(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
            let stream = tls.connect(name, stream).await.map_err(WireError::Tls)?;
            Ok(Stream::Tls(Box::new(TlsStream::Client(stream))))
        };
        let stream = timeout_at(deadline, open).await.map_err(|_| WireError::Deadline)??;
        Ok(Self::new(stream, deadline, bounds))
    }

    /// Takes the connection of a client that a listener has accepted, over TLS if an acceptor is given.
    ///
    /// # Errors
    ///
    /// If TLS is not established within the time of an exchange.
    pub async fn accept(
        stream: TcpStream,
        tls: Option<&TlsAcceptor>,
        bounds: &Bounds,
    ) -> Result<Self, WireError> {
        let deadline = Instant::now() + bounds.exchange;
        let _ = stream.set_nodelay(true);
        let stream = match tls {
            None => Stream::Plain(stream),
            Some(tls) => {
                let accepted = timeout_at(deadline, tls.accept(stream)).await;
                let stream = accepted.map_err(|_| WireError::Deadline)?.map_err(WireError::Tls)?;
                Stream::Tls(Box::new(TlsStream::Server(stream)))
            }
        };
        Ok(Self::new(stream, deadline, bounds))
    }

    fn new(stream: Stream, deadline: Instant, bounds: &Bounds) -> Self {
        Self {
            stream,
            record: Record::new(),
            deadline,
            received: Vec::new(),
            consumed: 0,
            room: bounds.received,
            silence: bounds.silence,
            end: None,
        }
    }

    /// Returns the protocol that was agreed on through ALPN.
    pub fn alpn(&self) -> Option<&[u8]> {
        match &self.stream {
            Stream::Plain(_) => None,
            Stream::Tls(stream) => stream.get_ref().1.alpn_protocol(),
        }
    }

    /// Returns whether it is over TLS.
    pub fn is_secure(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }

    /// Returns the name that a client has asked for in its TLS handshake (RFC 6066 §3).
    pub fn server_name(&self) -> Option<&str> {
        match &self.stream {
            Stream::Tls(stream) => match &**stream {
                TlsStream::Server(stream) => stream.get_ref().1.server_name(),
                TlsStream::Client(_) => None,
            },
            Stream::Plain(_) => None,
        }
    }

    /// Delivers bytes, and receives meanwhile what comes. Returns whether all of it was sent: a peer that has heard
    /// enough may close the connection, or stop reading until the deadline.
    pub async fn deliver(&mut self, bytes: &[u8], how: &Deliver) -> bool {
        let pieces = how.pieces(bytes);
        let last = pieces.len().saturating_sub(1);
        for (index, piece) in pieces.into_iter().enumerate() {
            if !self.send(piece).await {
                return false;
            }
            if index < last {
                if how.pause().is_zero() {
                    tokio::task::yield_now().await;
                } else {
                    let pause = Instant::now() + how.pause();
                    // What comes meanwhile is received. A peer that has ended takes no more.
                    while self.receive_until(pause).await == Arrival::More {}
                    if self.end.is_some() {
                        return false;
                    }
                    sleep_until(pause.min(self.deadline)).await;
                }
            }
        }
        match how.ending() {
            Ending::Open => {}
            Ending::HalfClosed => self.half_close().await,
            Ending::Reset => self.reset(),
        }
        true
    }

    /// Sends bytes, and receives meanwhile what comes. Returns whether all of it was sent.
    pub async fn send(&mut self, mut bytes: &[u8]) -> bool {
        enum Step {
            Sent(io::Result<usize>),
            Received(io::Result<usize>),
            Late,
        }
        let mut buffer = [0; 4096];
        while !bytes.is_empty() {
            let listening = self.end.is_none();
            let (mut reader, mut writer) = tokio::io::split(&mut self.stream);
            let step = tokio::select! {
                biased;
                sent = writer.write(bytes) => Step::Sent(sent),
                received = reader.read(&mut buffer), if listening => Step::Received(received),
                () = sleep_until(self.deadline) => Step::Late,
            };
            match step {
                Step::Sent(Ok(sent)) if sent > 0 => {
                    let (now, rest) = bytes.split_at(sent.min(bytes.len()));
                    self.record.add(Side::Suite, now);
                    bytes = rest;
                }
                Step::Received(received) => {
                    self.take(received, &buffer);
                }
                Step::Sent(_) | Step::Late => return false,
            }
        }
        timeout_at(self.deadline, self.stream.flush()).await.is_ok_and(|flushed| flushed.is_ok())
    }

    /// Waits for more bytes until the deadline of the exchange.
    pub async fn receive(&mut self) -> Arrival {
        self.receive_until(self.deadline).await
    }

    /// Waits for more bytes, at most for this long.
    pub async fn receive_within(&mut self, time: Duration) -> Arrival {
        self.receive_until(Instant::now() + time).await
    }

    /// Waits for bytes for as long as the suite waits where it expects none.
    pub async fn receive_silently(&mut self) -> Arrival {
        self.receive_within(self.silence).await
    }

    /// Returns how long the suite waits where it expects that nothing comes.
    pub fn silence(&self) -> Duration {
        self.silence
    }

    /// Waits for more bytes until this time, or the deadline of the exchange.
    pub async fn receive_until(&mut self, until: Instant) -> Arrival {
        if let Some(end) = self.end {
            return end;
        }
        let mut buffer = vec![0; 16 * 1024];
        match timeout_at(until.min(self.deadline), self.stream.read(&mut buffer)).await {
            Ok(received) => self.take(received, &buffer),
            Err(_) => Arrival::Silence,
        }
    }

    fn take(&mut self, received: io::Result<usize>, buffer: &[u8]) -> Arrival {
        let bytes = match received {
            Ok(length) => &buffer[..length.min(buffer.len())],
            // TLS without the alert that ends it. The end is the end.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => &[],
            Err(_) => {
                self.end = Some(Arrival::Broken);
                return Arrival::Broken;
            }
        };
        if bytes.is_empty() {
            self.end = Some(Arrival::End);
            return Arrival::End;
        }
        self.record.add(Side::Peer, bytes);
        if bytes.len() > self.room {
            self.end = Some(Arrival::TooMuch);
            return Arrival::TooMuch;
        }
        self.room -= bytes.len();
        self.received.extend_from_slice(bytes);
        Arrival::More
    }

    /// Returns what was received and not yet consumed.
    pub fn received(&self) -> &[u8] {
        &self.received[self.consumed..]
    }

    /// Removes the first bytes of what was received.
    pub fn consume(&mut self, length: usize) {
        self.consumed = self.received.len().min(self.consumed.saturating_add(length));
        if self.consumed > self.received.len() / 2 {
            self.received.drain(..self.consumed);
            self.consumed = 0;
        }
    }

    /// Returns how what the peer sends has ended, if it has.
    pub fn end(&self) -> Option<Arrival> {
        self.end
    }

    /// Returns when the exchange must be over.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Ends what the suite sends. The connection can still be read from.
    pub async fn half_close(&mut self) {
        let _ = timeout_at(self.deadline, self.stream.shutdown()).await;
    }

    /// Makes the system reset the connection when it is dropped.
    pub fn reset(&mut self) {
        let stream = match &self.stream {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => stream.get_ref().0,
        };
        let _ = stream.set_zero_linger();
        self.end = Some(Arrival::Broken);
    }

    /// Returns what has gone over the connection.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Closes the connection, and returns what has gone over it.
    pub fn into_events(self) -> Vec<Event> {
        self.record.into_events()
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

impl fmt::Display for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::More => "more bytes",
            Self::End => "the end of the connection",
            Self::Broken => "a broken connection",
            Self::Silence => "silence",
            Self::TooMuch => "more bytes than the suite receives",
        })
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect(_) => "no connection over TCP",
            Self::Tls(_) => "TLS can't be established",
            Self::Deadline => "no connection within the time of an exchange",
        })
    }
}

impl Error for WireError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Connect(error) | Self::Tls(error) => Some(error),
            Self::Deadline => None,
        }
    }
}
