//! A client's way to a stream: name, connection and TLS.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use websocket_upgrade_proto as proto;

use proto::client::Request;
use proto::uri::Uri;

use super::bounded::{Bounded, Std};
use super::timed::{TimedStream, Timeouts};
use super::{block_on, restored};
use crate::dial;
use crate::drive::exchange;
use crate::error::ConnectError;
use crate::event;
use crate::head::ResponseHead;
use crate::options::ClientOptions;
#[cfg(feature = "rustls")]
use crate::tls;
use crate::upgraded::Upgraded;

/// Client: connects to a `ws://` or `wss://` URL, sends the upgrade request, validates the response, and gives the
/// stream together with what both sides agreed on (RFC 6455 §4.1).
///
/// `wss://` needs the feature `rustls`; unless the options have a configuration, certificates are verified by the
/// platform. A name is looked up on a thread of its own, which is left behind if that takes longer than the deadline.
///
/// # Errors
///
/// [`ConnectError`]: the server's refusal, with status, fields and body, apart from a response that breaks the protocol,
/// and from failures to connect.
pub fn create_upgrade_request(
    url: &str,
    options: &ClientOptions,
) -> Result<Upgraded<ClientStream, ResponseHead>, ConnectError> {
    connect_and_exchange(url, options).map(restored).inspect_err(event::failed)
}

fn connect_and_exchange(
    url: &str,
    options: &ClientOptions,
) -> Result<Upgraded<Bounded<ClientStream>, ResponseHead>, ConnectError> {
    let until = Instant::now().checked_add(options.time());
    let uri = Uri::parse(url).map_err(ConnectError::Uri)?;
    let extensions = options.extensions();
    // What can't be asked is told before anyone is called.
    let request = Request::new(&uri, &options.core(&extensions)).map_err(ConnectError::Options)?;
    let stream = connect(&uri, options, until)?;
    let (mut stream, mut deadline) = Bounded::until(stream, until).map_err(ConnectError::Io)?;
    let ready = deadline.within(stream.flushed());
    block_on(ready).map_err(|_| ConnectError::Deadline)?.map_err(ConnectError::Tls)?;
    block_on(exchange::<Std, _>(stream, request, &mut deadline))
}

/// With TLS, the handshake is still to come.
#[cfg_attr(not(feature = "rustls"), allow(unused_variables))]
fn connect(
    uri: &Uri<'_>,
    options: &ClientOptions,
    until: Option<Instant>,
) -> Result<ClientStream, ConnectError> {
    let host = dial::host(uri);
    let stream = connect_tcp(host, uri.port(), until)?;
    if !uri.secure() {
        return Ok(ClientStream(Stream::Plain(stream)));
    }
    #[cfg(feature = "rustls")]
    {
        let connection = rustls::ClientConnection::new(options.tls.config()?, tls::server_name(host)?);
        let connection = connection.map_err(|error| ConnectError::Tls(io::Error::other(error)))?;
        Ok(ClientStream(Stream::Tls(Box::new(rustls::StreamOwned::new(connection, stream)))))
    }
    #[cfg(not(feature = "rustls"))]
    {
        Err(dial::no_tls())
    }
}

/// To the first of the host's addresses that answers.
fn connect_tcp(host: &str, port: u16, until: Option<Instant>) -> Result<TcpStream, ConnectError> {
    let addresses = if let Some(address) = dial::literal(host, port) {
        vec![address]
    } else {
        let host = host.to_owned();
        on_a_thread(until, move || dial::addresses(&host, port))?.map_err(ConnectError::Connect)?
    };
    let mut failed = None;
    for address in addresses {
        let connected = match left(until) {
            None => TcpStream::connect(address),
            Some(Duration::ZERO) => return Err(ConnectError::Deadline),
            Some(time) => TcpStream::connect_timeout(&address, time),
        };
        match connected {
            Ok(stream) => {
                // The head goes out in one write, and what comes behind it is for the codec to time.
                stream.set_nodelay(true).map_err(ConnectError::Connect)?;
                return Ok(stream);
            }
            Err(_) if left(until) == Some(Duration::ZERO) => return Err(ConnectError::Deadline),
            Err(error) => failed = Some(error),
        }
    }
    Err(ConnectError::Connect(failed.unwrap_or_else(dial::no_address)))
}

/// What `work`, which knows no deadline, gives up to then.
fn on_a_thread<T: Send + 'static>(
    until: Option<Instant>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ConnectError> {
    let (done, waits) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name("websocket-upgrade".into());
    // Nobody may be waiting any more.
    thread.spawn(move || drop(done.send(work()))).map_err(ConnectError::Connect)?;
    waits.recv_timeout(left(until).unwrap_or(Duration::MAX)).map_err(|error| match error {
        RecvTimeoutError::Timeout => ConnectError::Deadline,
        RecvTimeoutError::Disconnected => ConnectError::Connect(io::Error::other("the lookup panicked")),
    })
}

fn left(until: Option<Instant>) -> Option<Duration> {
    until.map(|until| until.saturating_duration_since(Instant::now()))
}

/// The stream of [`create_upgrade_request`]: TCP, or TLS over it.
#[derive(Debug)]
pub struct ClientStream(Stream);

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    #[cfg(feature = "rustls")]
    Tls(Box<rustls::StreamOwned<rustls::ClientConnection, TcpStream>>),
}

impl ClientStream {
    /// The connection below, TLS or not.
    pub fn tcp(&self) -> &TcpStream {
        match &self.0 {
            Stream::Plain(stream) => stream,
            #[cfg(feature = "rustls")]
            Stream::Tls(stream) => &stream.sock,
        }
    }

    /// Whether it is a connection over TLS.
    pub fn is_tls(&self) -> bool {
        !matches!(self.0, Stream::Plain(_))
    }
}

macro_rules! forward {
    ($stream:expr, $method:ident($($argument:expr),*)) => {
        match $stream {
            Stream::Plain(stream) => stream.$method($($argument),*),
            #[cfg(feature = "rustls")]
            Stream::Tls(stream) => stream.$method($($argument),*),
        }
    };
}

impl Read for ClientStream {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        forward!(&mut self.0, read(space))
    }
}

impl Write for ClientStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        forward!(&mut self.0, write(bytes))
    }

    fn write_vectored(&mut self, pieces: &[io::IoSlice<'_>]) -> io::Result<usize> {
        forward!(&mut self.0, write_vectored(pieces))
    }

    fn flush(&mut self) -> io::Result<()> {
        forward!(&mut self.0, flush())
    }
}

impl TimedStream for ClientStream {
    fn timeouts(&self) -> io::Result<Timeouts> {
        forward!(&self.0, timeouts())
    }

    fn set_timeouts(&mut self, timeouts: Timeouts) -> io::Result<()> {
        forward!(&mut self.0, set_timeouts(timeouts))
    }

    fn end(&mut self) -> io::Result<()> {
        forward!(&mut self.0, end())
    }

    fn read_once(&mut self, space: &mut [u8]) -> io::Result<usize> {
        forward!(&mut self.0, read_once(space))
    }

    fn write_once(&mut self, bytes: &[u8]) -> io::Result<usize> {
        forward!(&mut self.0, write_once(bytes))
    }

    fn flush_once(&mut self) -> io::Result<()> {
        forward!(&mut self.0, flush_once())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A resolver that answers too late, or never.
    #[test]
    fn a_lookup_is_not_waited_for_beyond_the_deadline() {
        let (_open, never) = mpsc::channel::<()>();
        let start = Instant::now();
        let until = start.checked_add(Duration::from_millis(50));
        let error = on_a_thread(until, move || never.recv().is_ok()).expect_err("no answer");
        assert!(matches!(error, ConnectError::Deadline), "{error:?}");
        assert!((50..5000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());

        assert_eq!(on_a_thread(None, || 1).expect("an answer"), 1);
        let error = on_a_thread::<()>(None, || panic!("on purpose")).expect_err("no answer");
        assert!(matches!(error, ConnectError::Connect(_)), "{error:?}");
    }
}
