//! A session: one HTTP/2 connection to a host, shared by many WebSocket streams.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Mutex;
use websocket_upgrade_proto as proto;

use proto::client::Request;
use proto::uri::Uri;

use super::client_stream::ClientStream;
use super::http2::{Link, Reached, ask, ask_http11, reach};
use crate::client::error::ConnectError;
use crate::client::next_request::NextRequest;
use crate::client::options::ClientOptions;
use crate::client::reason::ConnectReason;
use crate::client::report::{Fallback, Report};
use crate::client::request_chain::RequestChain;
use crate::client::trace::Trace;
use crate::drive::{self, Ask, Deadline, Unestablished};
use crate::head::ResponseHead;
use crate::observe::event;
use crate::tokio::{Sleep, deadline};
use crate::upgraded::Upgraded;

/// Client: a connection to one host over HTTP/2, on which any number of WebSocket streams are opened (RFC 8441).
///
/// Over TLS the server chooses HTTP/2 by ALPN. Without TLS the client uses HTTP/2 at once (prior knowledge, RFC 9113
/// §3.3). If the server chooses HTTP/1.1 or does not offer extended CONNECT (RFC 8441 §3), every WebSocket gets its
/// own connection over HTTP/1.1. Nothing else is different then.
///
/// Clones share the connection. It is closed when the last clone and the last of its streams are dropped. If it has
/// ended, or if the server is closing it (GOAWAY), the next [`Session::open`] makes a new one.
///
/// A connection whose server no longer answers is replaced too. After a request without an answer before its deadline,
/// the client sends a PING (RFC 9113 §6.7). If the server does not answer it within a second, the next request gets a
/// new connection. Streams that are open are not affected.
///
/// If a server ends a stream or the connection with `HTTP_1_1_REQUIRED` (RFC 9113 §7), the request is sent again over
/// HTTP/1.1. [`Report::fallback`](crate::Report::fallback) says why a request went over HTTP/1.1.
///
/// Each stream has its own window of 64 KiB: a stream that is not read stops only its own peer. A stream that is
/// dropped before both sides have ended is reset, and data that was not flushed is lost.
///
/// # Whose options count
///
/// The options of [`Session::connect`] determine how the connection is made, also when it is made again: proxies,
/// connector or transport, TLS, and the [limits](ClientOptions::limits) that the server is told.
///
/// The options of a request determine everything else: fields, subprotocols, extensions, cookies, redirects,
/// deadlines, and the limits for its response. A request whose options set a proxy, a connector or TLS fails, unless
/// these are the same as the session's, as in a clone of its options.
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
    /// Those that determine how the connection is made.
    options: ClientOptions,
    http2: AtomicBool,
    way: Mutex<Way>,
}

/// How a request gets to the host.
#[derive(Clone)]
enum Way {
    /// On the connection that all requests share.
    Http2(Arc<Link>),
    /// Every WebSocket gets a connection of its own.
    Http11(Fallback),
}

impl Session {
    /// Connects to the host of a URL, with the options' proxies, TLS and deadlines. The path of the URL is not used.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], with the phase, if the connection fails or HTTP/2 can't begin. A server that does not offer
    /// HTTP/2 is no error.
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
        let reached = Self::to(&uri, options, &mut trace, &mut deadline).await;
        reached.map_err(|reason| trace.failed(reason))
    }

    /// A session with the host of a URI, in a connection attempt that is under way.
    pub(crate) async fn to(
        uri: &Uri<'_>,
        options: &ClientOptions,
        trace: &mut Trace,
        deadline: &mut Deadline<Sleep>,
    ) -> Result<Self, ConnectReason> {
        let own = options.of_connection();
        let way = Way::from(reach(uri, options, own.bounds(), trace, deadline).await?);
        Ok(Self(Arc::new(Shared {
            secure: uri.secure(),
            host: uri.host().to_ascii_lowercase(),
            port: uri.port(),
            options: own,
            http2: AtomicBool::new(matches!(way, Way::Http2(_))),
            way: Mutex::new(way),
        })))
    }

    /// Opens another WebSocket: sends the request, validates the response, and returns the stream together with what
    /// both sides agreed on (RFC 8441 §5), as [`create_upgrade_request`](crate::create_upgrade_request) does.
    ///
    /// If the connection has as many streams as its server allows (RFC 9113 §5.1.2), this waits until one has ended.
    ///
    /// Redirects are followed, and a 401 is answered, as the options say. Requests to the session's origin use its
    /// connection. After a redirect to another origin, each request gets its own connection, with the session's
    /// network options except those that are only for its own origin. It uses HTTP/2 if a `wss` server chooses it.
    /// For `ws` it uses HTTP/1.1, because the server is not known to support HTTP/2.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], as `create_upgrade_request`. It is also an error if the URL does not have the session's
    /// scheme, host and port, or if network options differ from the session's ([`ConnectReason::Unsupported`], which
    /// names the option).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future resets the stream, if there is one yet. Other streams are not affected.
    pub async fn open(
        &self,
        url: &str,
        options: &ClientOptions,
    ) -> Result<Upgraded<ClientStream, ResponseHead>, ConnectError> {
        // Boxed, so that the memory of the handshake is freed with the hand-off.
        Box::pin(self.open_with(url, options)).await.inspect_err(event::failed)
    }

    async fn open_with(
        &self,
        url: &str,
        options: &ClientOptions,
    ) -> Result<Upgraded<ClientStream, ResponseHead>, ConnectError> {
        let options: Cow<'_, ClientOptions> = match options.on_connection_of(&self.0.options) {
            Ok(options) => options,
            Err(what) => {
                let mut trace = Trace::new();
                trace.report.url = NextRequest::new(url, options).shown();
                return Err(trace.failed(ConnectReason::Unsupported(what)));
            }
        };
        drive::connect(&Opens(self), url, &options, deadline(options.time())).await
    }

    /// Whether there is an HTTP/2 connection to share. Otherwise every WebSocket gets its own over HTTP/1.1.
    pub fn is_http2(&self) -> bool {
        self.0.http2.load(Ordering::Relaxed)
    }

    fn covers(&self, uri: &Uri<'_>) -> bool {
        let Shared { secure, host, port, .. } = &*self.0;
        uri.secure() == *secure && uri.port() == *port && uri.host().eq_ignore_ascii_case(host)
    }

    /// How a request gets to the host, with a new connection if the shared one accepts no more requests.
    async fn way(
        &self,
        uri: &Uri<'_>,
        options: &ClientOptions,
        trace: &mut Trace,
        deadline: &mut Deadline<Sleep>,
    ) -> Result<Way, ConnectReason> {
        // Others wait here while the connection is made again, and make none of their own.
        let mut way = deadline.within(self.0.way.lock()).await.map_err(|_| ConnectReason::Deadline)?;
        if let Way::Http2(link) = &*way {
            // Half of the time is left for another connection.
            let usable = link.connection.is_usable(options.time() / 2);
            if !deadline.within(usable).await.map_err(|_| ConnectReason::Deadline)? {
                *way = if link.connection.requires_http11() {
                    Way::Http11(Fallback::Required)
                } else {
                    let limits = self.0.options.bounds();
                    // Boxed because most find the connection as it was.
                    Way::from(Box::pin(reach(uri, options, limits, trace, deadline)).await?)
                };
                self.0.http2.store(matches!(*way, Way::Http2(_)), Ordering::Relaxed);
            }
        }
        Ok(way.clone())
    }
}

impl From<Reached> for Way {
    fn from(reached: Reached) -> Self {
        match reached {
            Reached::Http2(link) => Self::Http2(Arc::new(link)),
            // Servers close a connection on which nothing is asked: it is not kept for later.
            Reached::Http11(why, _) => Self::Http11(why),
        }
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

/// The opening of a WebSocket on a session.
pub(crate) struct Opens<'s>(pub(crate) &'s Session);

impl Ask<Sleep> for Opens<'_> {
    type Stream = ClientStream;

    async fn ask(
        &self,
        chain: &RequestChain<'_>,
        request: Request<'_, '_>,
        trace: &mut Trace,
        deadline: &mut Deadline<Sleep>,
    ) -> Result<Upgraded<ClientStream, ResponseHead>, Unestablished> {
        let Self(session) = self;
        let uri = chain.next.uri()?;
        if !chain.is_home() {
            // Boxed because most are not led elsewhere.
            return if uri.secure() {
                Box::pin(ask(chain, request, trace, deadline)).await
            } else {
                Box::pin(ask_http11(None, chain, request, trace, deadline)).await
            };
        }
        if !session.covers(&uri) {
            return Err(ConnectReason::Unsupported("a URL of another origin than the session's").into());
        }
        match session.way(&uri, chain.options(), trace, deadline).await? {
            Way::Http2(link) => link.ask(chain, request, trace, deadline).await,
            Way::Http11(why) => Box::pin(ask_http11(why, chain, request, trace, deadline)).await,
        }
    }

    fn keep(stream: &mut ClientStream, report: Report) {
        stream.keep(report);
    }
}
