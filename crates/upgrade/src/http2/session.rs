//! Many WebSocket streams to one host.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Mutex;
use websocket_upgrade_proto as proto;

use proto::client::Request;
use proto::uri::Uri;

use super::reach::{Link, Reached, ask_http11, reach};
use crate::connect::ClientStream;
use crate::course::Course;
use crate::drive::{self, Ask, Deadline, Unestablished};
use crate::error::{ConnectError, ConnectReason};
use crate::event;
use crate::head::ResponseHead;
use crate::options::ClientOptions;
use crate::report::{Report, Trace};
use crate::tokio::{Sleep, deadline};
use crate::upgraded::Upgraded;

/// Client: a connection to one host over HTTP/2, on which any number of WebSocket streams are opened (RFC 8441).
///
/// Over TLS the server chooses HTTP/2 by ALPN; without TLS it is known to speak it (prior knowledge, RFC 9113 §3.3).
/// Where it chooses HTTP/1.1, or does not offer extended CONNECT (RFC 8441 §3), every WebSocket gets a connection of its
/// own over HTTP/1.1, and nothing else is different.
///
/// Clones share the connection. It is closed when the last of them and the last of its streams are gone; one that has
/// ended, or that its server is closing (GOAWAY), is made again by the next [`Session::open`]. Each stream has a window
/// of its own of 64 KiB: who does not read stops its peer, and nobody else. One that is dropped before both sides have
/// ended is reset, and what was not flushed is lost with it.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use websocket_upgrade::{ClientOptions, http2::Session};
/// let options = ClientOptions::new();
/// let session = Session::connect("wss://example.com/", &options).await?;
/// let chat = session.open("wss://example.com/chat", &options).await?;
/// let news = session.open("wss://example.com/news", &options).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Session(Arc<Shared>);

struct Shared {
    secure: bool,
    /// In lower case.
    host: String,
    port: u16,
    http2: AtomicBool,
    /// `None` where every WebSocket gets a connection of its own.
    link: Mutex<Option<Link>>,
}

impl Session {
    /// Connects to the host of a URL, of which nothing else counts here: with the options' proxies, TLS and deadlines.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], with the phase: a failure to connect, or of the beginning of HTTP/2. Not that the server does not
    /// offer it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection.
    pub async fn connect(url: &str, options: &ClientOptions) -> Result<Self, ConnectError> {
        Box::pin(Self::reach(url, options)).await.inspect_err(event::failed)
    }

    async fn reach(url: &str, options: &ClientOptions) -> Result<Self, ConnectError> {
        let mut trace = Trace::new();
        let mut deadline = deadline(options.time());
        let uri = match Uri::parse(url) {
            Ok(uri) => uri,
            Err(error) => return Err(trace.failed(ConnectReason::Uri(error))),
        };
        trace.report.url = format!("{uri:?}");
        let link = match reach(&uri, options, &mut trace, &mut deadline).await {
            Ok(Reached::Http2(link)) => Some(link),
            // Servers close a connection on which nothing is asked: it is not kept for later.
            Ok(Reached::Http11(_) | Reached::NotOffered) => None,
            Err(reason) => return Err(trace.failed(reason)),
        };
        Ok(Self(Arc::new(Shared {
            secure: uri.secure(),
            host: uri.host().to_ascii_lowercase(),
            port: uri.port(),
            http2: AtomicBool::new(link.is_some()),
            link: Mutex::new(link),
        })))
    }

    /// Opens another WebSocket: sends the request, validates the response, and gives the stream together with what both
    /// sides agreed on (RFC 8441 §5), as [`create_upgrade_request`](crate::create_upgrade_request) does.
    ///
    /// Where the connection has as many streams as its server allows (RFC 9113 §5.1.2), it waits until one is done.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], as `create_upgrade_request`; also if the URL, or a redirect that the options follow, is not of
    /// the session's scheme, host and port.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future resets the stream, if there is one yet; other streams don't notice.
    pub async fn open(
        &self,
        url: &str,
        options: &ClientOptions,
    ) -> Result<Upgraded<ClientStream, ResponseHead>, ConnectError> {
        let asks = Opens { session: self, options };
        // What it needs while it waits is given back with the hand-off.
        let opened = Box::pin(drive::connect(&asks, url, options, deadline(options.time())));
        opened.await.inspect_err(event::failed)
    }

    /// Whether there is an HTTP/2 connection to share; where there is none, everyone gets their own over HTTP/1.1.
    pub fn is_http2(&self) -> bool {
        self.0.http2.load(Ordering::Relaxed)
    }

    fn covers(&self, uri: &Uri<'_>) -> bool {
        let Shared { secure, host, port, .. } = &*self.0;
        uri.secure() == *secure && uri.port() == *port && uri.host().eq_ignore_ascii_case(host)
    }

    /// The connection, made again if it has ended; `None` where there is none to share.
    async fn link(
        &self,
        uri: &Uri<'_>,
        options: &ClientOptions,
        trace: &mut Trace,
        deadline: &mut Deadline<Sleep>,
    ) -> Result<Option<Link>, ConnectReason> {
        // Who comes while it is being made again waits for it, and makes no other.
        let mut link = deadline.within(self.0.link.lock()).await.map_err(|_| ConnectReason::Deadline)?;
        if link.as_ref().is_some_and(|link| link.connection.is_closed()) {
            // In a box: most find it as it was.
            *link = match Box::pin(reach(uri, options, trace, deadline)).await? {
                Reached::Http2(again) => Some(again),
                Reached::Http11(_) | Reached::NotOffered => None,
            };
            self.0.http2.store(link.is_some(), Ordering::Relaxed);
        }
        Ok(link.clone())
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { secure, host, port, .. } = &*self.0;
        let scheme = if *secure { "wss" } else { "ws" };
        f.debug_struct("Session")
            .field("origin", &format_args!("{scheme}://{host}:{port}"))
            .field("http2", &self.is_http2())
            .finish_non_exhaustive()
    }
}

/// A WebSocket of a session's on its way.
struct Opens<'s> {
    session: &'s Session,
    options: &'s ClientOptions,
}

impl Ask<Sleep> for Opens<'_> {
    type Stream = ClientStream;

    async fn ask(
        &self,
        course: &Course<'_>,
        request: Request<'_>,
        trace: &mut Trace,
        deadline: &mut Deadline<Sleep>,
    ) -> Result<Upgraded<ClientStream, ResponseHead>, Unestablished> {
        let Self { session, options } = self;
        let uri = course.uri()?;
        if !session.covers(&uri) {
            return Err(ConnectReason::Unsupported("a URL of another origin than the session's").into());
        }
        match session.link(&uri, options, trace, deadline).await? {
            Some(link) => link.ask(options, request, course, trace, deadline).await,
            None => Box::pin(ask_http11(&uri, options, request, course, trace, deadline)).await,
        }
    }

    fn keep(stream: &mut ClientStream, report: Report) {
        stream.keep(report);
    }
}
