//! A session: one HTTP/3 connection to a host, shared by many WebSocket streams.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Mutex;
use websocket_upgrade::internals::client::{
    Ask, Deadline, NextRequest, RequestChain, Sleep, Trace, Unestablished, ask_session, connect, deadline,
    failed, map_io, options, session,
};
use websocket_upgrade::{
    ClientOptions, ConnectError, ConnectReason, Http3Fallback, Report, ResponseHead, Upgraded, http2,
};
use websocket_upgrade_proto as proto;

use proto::client::Request;
use proto::uri::Uri;

use super::client_stream::ClientStream;
use super::endpoint::Endpoint;
use super::fallback;
use super::link::{Link, Unanswered};
use super::reach::{Reached, reach};
use super::upgrade::ask_alone;

/// Client: a connection to one host over HTTP/3, on which any number of WebSocket streams are opened (RFC 9220).
///
/// Whether the server offers extended CONNECT is known from its SETTINGS (RFC 9220 §3). Where HTTP/3 is not possible,
/// the session is one over HTTP/2 ([`http2::Session`]) or, where the server does not choose that, every WebSocket gets
/// its own connection over HTTP/1.1. Nothing else is different then. [`Report::http3_fallback`] says why;
/// [`create_upgrade_request`](super::create_upgrade_request) has the list of the reasons. A `wss://` URL is needed for
/// HTTP/3: with `ws://` every WebSocket gets its own connection over HTTP/1.1.
///
/// Clones share the connection. It is closed (`H3_NO_ERROR`) when the last clone and the last of its streams are
/// dropped, and the server is told so in the background, by tasks of the runtime. [`Endpoint::wait_idle`] waits until
/// it is done. If it has ended, or if the server is closing it (GOAWAY, RFC 9114 §5.2), the next [`Session::open`]
/// makes a new one. A request that the server has not processed (`H3_REQUEST_REJECTED`) is sent once more on the new
/// one.
///
/// # Whether the server is there
///
/// If nobody speaks, the client asks for a sign of life every 10 seconds, so a silent connection stays. Without any for
/// 30 seconds, or less if the server has less patience, the connection is lost, with all its streams.
///
/// A connection whose server no longer answers is replaced before that. After a request without an answer before its
/// deadline, the client sends a stream of a reserved type (RFC 9114 §6.2.3), which means nothing. If the server does
/// not acknowledge it within a second, the next request gets a new connection. Streams that are open are not affected.
///
/// If a server ends a stream or the connection with `H3_VERSION_FALLBACK` (RFC 9114 §8.1), the request is sent again
/// over HTTP/1.1.
///
/// Each stream has its own window of 64 KiB: a stream that is not read stops only its own peer. A stream that is
/// dropped before both sides have ended is reset, and data that was not flushed is lost.
///
/// # Whose options count
///
/// The options of [`Session::connect`] determine how the connection is made, also when it is made again: TLS, the
/// addresses, the [limits](ClientOptions::limits) that the server is told, and proxies, a connector or a transport,
/// with which there is no HTTP/3.
///
/// The options of a request determine everything else: fields, subprotocols, extensions, cookies, redirects,
/// deadlines, and the limits for its response. A request whose options set a proxy, a connector or TLS fails, unless
/// these are the same as the session's, as in a clone of its options.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use websocket_upgrade::ClientOptions;
/// use websocket_upgrade_h3::Session;
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
    /// The caller's own.
    endpoint: Option<Endpoint>,
    http3: AtomicBool,
    way: Mutex<Way>,
}

/// How a request gets to the host.
#[derive(Clone)]
enum Way {
    /// On the connection that all requests share.
    Http3(Arc<Link>),
    /// On a session over HTTP/2, which may have found that there is only HTTP/1.1.
    Http2(Http3Fallback, http2::Session),
    /// Every WebSocket gets a connection of its own.
    Http11(Http3Fallback),
}

impl Session {
    /// Connects to the host of a URL, with the options' TLS and deadlines. The path of the URL is not used.
    ///
    /// The connection has a UDP socket of its own. [`Session::connect_on`] shares one.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], with the phase, if the connection fails, over HTTP/2 too where HTTP/3 is not possible. A server
    /// that does not offer HTTP/3 is no error.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection.
    pub async fn connect(url: &str, options: &ClientOptions) -> Result<Self, ConnectError> {
        Box::pin(Self::reach(None, url, options)).await.inspect_err(failed)
    }

    /// The same as [`Session::connect`], with QUIC connections on this endpoint, also when one is made again.
    ///
    /// # Errors
    ///
    /// As [`Session::connect`].
    ///
    /// # Cancel safety
    ///
    /// As [`Session::connect`].
    pub async fn connect_on(
        endpoint: &Endpoint,
        url: &str,
        options: &ClientOptions,
    ) -> Result<Self, ConnectError> {
        Box::pin(Self::reach(Some(endpoint), url, options)).await.inspect_err(failed)
    }

    async fn reach(
        endpoint: Option<&Endpoint>,
        url: &str,
        options: &ClientOptions,
    ) -> Result<Self, ConnectError> {
        let mut trace = Trace::new();
        let mut deadline = deadline(options::time(options));
        let uri = match Uri::parse(url) {
            Ok(uri) => uri,
            Err(error) => return Err(trace.failed(ConnectReason::Uri(error))),
        };
        trace.report.url = format!("{uri:?}");
        let own = options::of_connection(options);
        let way = match Way::new(&uri, options, &own, endpoint, &mut trace, &mut deadline).await {
            Ok(way) => way,
            Err(reason) => return Err(trace.failed(reason)),
        };
        Ok(Self(Arc::new(Shared {
            secure: uri.secure(),
            host: uri.host().to_ascii_lowercase(),
            port: uri.port(),
            options: own,
            endpoint: endpoint.cloned(),
            http3: AtomicBool::new(way.is_http3()),
            way: Mutex::new(way),
        })))
    }

    /// Opens another WebSocket: sends the request, validates the response, and returns the stream together with what
    /// both sides agreed on (RFC 8441 §5), as [`create_upgrade_request`](super::create_upgrade_request) does.
    ///
    /// If the connection has as many streams as its server allows (RFC 9000 §4.6), this waits until it allows another.
    ///
    /// Redirects are followed, and a 401 is answered, as the options say. Requests to the session's origin use its
    /// connection. After a redirect to another origin, each request gets its own connection, with the session's
    /// network options except those that are only for its own origin. It uses HTTP/3 where that is possible.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], as `create_upgrade_request`. It is also an error if the URL does not have the session's
    /// scheme, host and port, or if network options differ from the session's ([`ConnectReason::Unsupported`], which
    /// names the option).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future resets the stream, if there is one yet. While it waits for a stream, nothing has been sent.
    /// Other streams are not affected.
    pub async fn open(
        &self,
        url: &str,
        options: &ClientOptions,
    ) -> Result<Upgraded<ClientStream, ResponseHead>, ConnectError> {
        // Boxed, so that the memory of the handshake is freed with the hand-off.
        Box::pin(self.open_with(url, options)).await.inspect_err(failed)
    }

    async fn open_with(
        &self,
        url: &str,
        options: &ClientOptions,
    ) -> Result<Upgraded<ClientStream, ResponseHead>, ConnectError> {
        let options: Cow<'_, ClientOptions> = match options::on_connection_of(options, &self.0.options) {
            Ok(options) => options,
            Err(what) => {
                let mut trace = Trace::new();
                trace.report.url = NextRequest::new(url, options).shown();
                return Err(trace.failed(ConnectReason::Unsupported(what)));
            }
        };
        connect(&Opens(self), url, &options, deadline(options::time(&options))).await
    }

    /// Whether there is an HTTP/3 connection to share. Otherwise it is one over HTTP/2, or every WebSocket gets its own
    /// over HTTP/1.1.
    pub fn is_http3(&self) -> bool {
        self.0.http3.load(Ordering::Relaxed)
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
        if let Way::Http3(link) = &*way {
            // Half of the time is left for another connection.
            let usable = link.connection.is_usable(options::time(options) / 2);
            if !deadline.within(usable).await.map_err(|_| ConnectReason::Deadline)? {
                *way = if link.connection.requires_http11() {
                    Way::Http11(Http3Fallback::Required)
                } else {
                    let Shared { options: own, endpoint, .. } = &*self.0;
                    // Boxed because most find the connection as it was.
                    Box::pin(Way::new(uri, options, own, endpoint.as_ref(), trace, deadline)).await?
                };
                self.0.http3.store(way.is_http3(), Ordering::Relaxed);
            }
        }
        Ok(way.clone())
    }
}

impl Way {
    /// Finds the way to a host. `own` are the session's options.
    async fn new(
        uri: &Uri<'_>,
        options: &ClientOptions,
        own: &ClientOptions,
        endpoint: Option<&Endpoint>,
        trace: &mut Trace,
        deadline: &mut Deadline<Sleep>,
    ) -> Result<Self, ConnectReason> {
        match reach(uri, options, options::bounds(own), endpoint, trace, deadline).await? {
            Reached::Http3(link) => Ok(Self::Http3(Arc::new(link))),
            Reached::Fallback(why @ (Http3Fallback::NoTls | Http3Fallback::Required)) => {
                Ok(Self::Http11(why))
            }
            Reached::Fallback(why) => {
                fallback::report(why, trace);
                Ok(Self::Http2(why, session(uri, options, trace, deadline).await?))
            }
        }
    }

    fn is_http3(&self) -> bool {
        matches!(self, Self::Http3(_))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { secure, host, port, .. } = &*self.0;
        let scheme = if *secure { "wss" } else { "ws" };
        f.debug_struct("Session")
            .field("origin", &format_args!("{scheme}://{host}:{port}"))
            .field("http3", &self.is_http3())
            .finish_non_exhaustive()
    }
}

/// The opening of a WebSocket on a session.
struct Opens<'s>(&'s Session);

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
            let endpoint = session.0.endpoint.as_ref();
            return Box::pin(ask_alone(endpoint, chain, request, trace, deadline)).await;
        }
        if !session.covers(&uri) {
            return Err(ConnectReason::Unsupported("a URL of another origin than the session's").into());
        }
        let mut again = true;
        loop {
            match session.way(&uri, chain.options(), trace, deadline).await? {
                Way::Http3(link) => match link.ask(chain, request, trace, deadline).await {
                    Ok(upgraded) => return Ok(upgraded),
                    Err(Unanswered::Again(_)) if again => {
                        link.connection.retire();
                        again = false;
                    }
                    Err(unanswered) => return Err(unanswered.at_last()),
                },
                Way::Http2(why, session) => {
                    fallback::report(why, trace);
                    let asked = Box::pin(ask_session(&session, chain, request, trace, deadline)).await?;
                    return Ok(map_io(asked, ClientStream::fallback));
                }
                Way::Http11(why) => {
                    return Box::pin(fallback::ask(why, chain, request, trace, deadline)).await;
                }
            }
        }
    }

    fn keep(stream: &mut ClientStream, report: Report) {
        stream.keep(report);
    }
}
