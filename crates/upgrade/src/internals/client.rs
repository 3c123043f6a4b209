//! The client's part: requests, options and reports of a client, and its ways over HTTP/2 and HTTP/1.1.
//!
//! Methods of public types that only this library calls are functions here, so that nobody else sees them.

use std::net::SocketAddr;

use rustls::pki_types::CertificateDer;
use websocket_upgrade_proto as proto;

use proto::client::{Request, Truncation};
use proto::uri::Uri;

use crate::client::options::ClientOptions;
use crate::client::reason::ConnectReason;
use crate::client::refused::Refused;
use crate::client::report::{Fallback, Report, TlsReport};
use crate::connect::ClientStream;
use crate::connect::http2;
use crate::connect::phases::Phases;
use crate::connect::session::{Opens, Session};
use crate::connect::tcp;
use crate::head::ResponseHead;
use crate::upgraded::Upgraded;

/// A connection that is established, for the hand-off; and whether a refusal leads to another request.
pub use crate::client::exchange::{Established, LeadsOn};
/// The requests of a client, with redirects and answers to a 401.
pub use crate::client::next_request::NextRequest;
/// The host and port that a connection goes to.
pub use crate::client::place::Place;
pub use crate::client::request_chain::RequestChain;
/// The report of a connection while it is made.
pub use crate::client::trace::Trace;
/// Addresses that are tried one beside the other.
pub use crate::drive::attempts::Attempts;
/// The loop over the requests, what does one of them, and its failure.
pub use crate::drive::{Ask, Deadline, DeadlinePassed, Unestablished, connect};
/// Whether a server is still there.
pub use crate::http2::liveness::Liveness;
/// The events of a client.
pub use crate::observe::event::{established, failed};
/// TLS for QUIC, and how it fails.
pub use crate::tls::quic::{Alert, QuicTls};
/// The deadline and the sleep of the runtime.
pub use crate::tokio::runtime::deadline;
pub use crate::tokio::sleep::{Sleep, sleep};

/// What the options of a client say.
pub mod options {
    use std::borrow::Cow;
    use std::io;
    use std::time::Duration;

    use proto::Limits;

    use super::{ClientOptions, ConnectReason, Place, QuicTls, Uri, proto};
    use crate::client::report::{Http3Fallback, Phase};
    use crate::tls::quic;

    /// The limits of what a server can send.
    pub fn bounds(options: &ClientOptions) -> &Limits {
        options.bounds()
    }

    /// The time for everything.
    pub fn time(options: &ClientOptions) -> Duration {
        options.time()
    }

    /// The time for a phase alone.
    pub fn phase_time(options: &ClientOptions, phase: Phase) -> Option<Duration> {
        options.phase_time(phase)
    }

    /// The time for more of a refusal's body.
    pub fn body_idle(options: &ClientOptions) -> Duration {
        options.body_idle()
    }

    /// Whether the value of a field is a secret.
    pub fn is_sensitive(options: &ClientOptions, name: &[u8]) -> bool {
        options.is_sensitive(name)
    }

    /// The part that determines how a shared connection is made.
    pub fn of_connection(options: &ClientOptions) -> ClientOptions {
        options.of_connection()
    }

    /// The options with the network and TLS options of a shared connection.
    ///
    /// # Errors
    ///
    /// The option that is set and differs.
    pub fn on_connection_of<'o>(
        options: &'o ClientOptions,
        shared: &ClientOptions,
    ) -> Result<Cow<'o, ClientOptions>, &'static str> {
        options.on_connection_of(shared)
    }

    /// Where the connection for a URI goes.
    ///
    /// # Errors
    ///
    /// If nobody can look up that host.
    pub fn place<'p>(options: &'p ClientOptions, uri: &Uri<'p>) -> Result<Place<'p>, ConnectReason> {
        options.network.place(uri)
    }

    /// Why HTTP/3 can't be used on the way to a URI, if it can't: QUIC has TLS, and goes to the host itself.
    ///
    /// # Errors
    ///
    /// If the environment names a proxy that can't be used.
    pub fn no_way_for_http3(
        options: &ClientOptions,
        uri: &Uri<'_>,
    ) -> Result<Option<Http3Fallback>, ConnectReason> {
        #[cfg(feature = "proxy")]
        {
            if options.network.custom.is_some() {
                return Ok(Some(Http3Fallback::Connector));
            }
            if options.network.proxies.through(uri)?.is_some() {
                return Ok(Some(Http3Fallback::Proxy));
            }
        }
        #[cfg(not(feature = "proxy"))]
        options.check_without_proxy(uri)?;
        Ok((!uri.secure()).then_some(Http3Fallback::NoTls))
    }

    /// TLS for a QUIC connection to the host of a URI.
    ///
    /// # Errors
    ///
    /// If there can be none, whoever the peer is.
    pub fn tls(options: &ClientOptions, uri: &Uri<'_>) -> Result<QuicTls, ConnectReason> {
        Ok(QuicTls::new(&options.tls, uri.host())?)
    }

    /// What an alert of the server's means on a connection that is in use.
    pub fn alert(options: &ClientOptions, code: u8) -> io::Error {
        quic::received(&options.tls, code).0
    }
}

/// The addresses of a host, in the order in which they are tried.
///
/// # Errors
///
/// If there is none, or no time.
pub async fn addresses(
    place: Place<'_>,
    options: &ClientOptions,
    trace: &mut Trace,
    deadline: &mut Deadline<Sleep>,
) -> Result<Vec<SocketAddr>, ConnectReason> {
    tcp::addresses(&mut Phases::new(options, trace, deadline), place.host, place.port).await
}

/// What is known of TLS on a QUIC connection.
pub fn tls_report(alpn: Option<&[u8]>, certificates: &[CertificateDer<'_>]) -> TlsReport {
    TlsReport::of_quic(alpn, certificates)
}

/// A head that an HTTP library has read.
pub fn response_head<B>(response: http::Response<B>) -> (ResponseHead, B) {
    ResponseHead::from_http(response)
}

/// A refusal.
pub fn refused(head: ResponseHead, body: Vec<u8>, truncation: Option<Truncation>) -> Refused {
    Refused::new(head, body, truncation)
}

/// Stores the report in a stream.
pub fn keep(stream: &mut ClientStream, report: Report) {
    stream.keep(report);
}

/// The same on another stream.
pub fn map_io<S, T, H>(upgraded: Upgraded<S, H>, map: impl FnOnce(S) -> T) -> Upgraded<T, H> {
    upgraded.map_io(map)
}

/// The opening handshake on a connection of its own, over HTTP/2 if the server supports it, otherwise over HTTP/1.1.
///
/// # Errors
///
/// Why there is no connection.
pub async fn ask_http2(
    chain: &RequestChain<'_>,
    request: Request<'_, '_>,
    trace: &mut Trace,
    deadline: &mut Deadline<Sleep>,
) -> Result<Upgraded<ClientStream, ResponseHead>, Unestablished> {
    http2::ask(chain, request, trace, deadline).await
}

/// The opening handshake over HTTP/1.1.
///
/// # Errors
///
/// Why there is no connection.
pub async fn ask_http11(
    chain: &RequestChain<'_>,
    request: Request<'_, '_>,
    trace: &mut Trace,
    deadline: &mut Deadline<Sleep>,
) -> Result<Upgraded<ClientStream, ResponseHead>, Unestablished> {
    http2::ask_http11(None::<Fallback>, chain, request, trace, deadline).await
}

/// A session over HTTP/2 with the host of a URI, in a connection attempt that is under way.
///
/// # Errors
///
/// Why there is no connection.
pub async fn session(
    uri: &Uri<'_>,
    options: &ClientOptions,
    trace: &mut Trace,
    deadline: &mut Deadline<Sleep>,
) -> Result<Session, ConnectReason> {
    Session::to(uri, options, trace, deadline).await
}

/// The opening handshake on a session over HTTP/2.
///
/// # Errors
///
/// Why there is no connection.
pub async fn ask_session(
    session: &Session,
    chain: &RequestChain<'_>,
    request: Request<'_, '_>,
    trace: &mut Trace,
    deadline: &mut Deadline<Sleep>,
) -> Result<Upgraded<ClientStream, ResponseHead>, Unestablished> {
    Opens(session).ask(chain, request, trace, deadline).await
}
