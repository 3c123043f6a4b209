//! The events of a client's connection, for tools that show them.

use std::fmt;
#[cfg(dials)]
use std::sync::Arc;

use super::report::Phase;

/// An event of a client's connection, as the function of `ClientOptions::watch` gets it.
///
/// The events of one attempt come in this order: the attempt, its phases, the request, that it was sent, and what was
/// received. Each redirect that is followed, and each answer to a 401, is another attempt.
///
/// Events have everything that goes over the connection, credentials and cookies too. `Debug` shows only lengths.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum ClientEvent<'e> {
    /// A request will be made for this URL, which is shown without user information and query.
    Attempt(&'e str),
    /// A phase begins, and the phase before it has ended.
    Phase(Phase),
    /// The request has been encoded for HTTP/1.1: these are all its bytes. Over TLS it goes along with the end of the
    /// TLS handshake.
    Request(&'e [u8]),
    /// The request has been made for HTTP/2: an extended CONNECT (RFC 8441 §4) with these pseudo-header fields and
    /// header fields.
    Http2Request {
        /// `:scheme`, `:authority` and `:path`.
        uri: &'e http::Uri,
        /// The header fields.
        headers: &'e http::HeaderMap,
    },
    /// The request has been made for HTTP/3: an extended CONNECT (RFC 9220 §3) with these pseudo-header fields and
    /// header fields. The client of the crate `websocket-upgrade-h3` makes it.
    Http3Request {
        /// `:scheme`, `:authority` and `:path`.
        uri: &'e http::Uri,
        /// The header fields.
        headers: &'e http::HeaderMap,
    },
    /// The request has been handed over to the connection.
    Sent,
    /// These bytes have been received over HTTP/1.1, as they are: a response, a part of one, or more.
    Received(&'e [u8]),
    /// This response has been received over HTTP/2, interim or final.
    Http2Response {
        /// The status.
        status: http::StatusCode,
        /// The header fields.
        headers: &'e http::HeaderMap,
    },
    /// This response has been received over HTTP/3, interim or final.
    Http3Response {
        /// The status.
        status: http::StatusCode,
        /// The header fields.
        headers: &'e http::HeaderMap,
    },
}

impl fmt::Debug for ClientEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attempt(url) => f.debug_tuple("Attempt").field(url).finish(),
            Self::Phase(phase) => f.debug_tuple("Phase").field(phase).finish(),
            Self::Request(bytes) => f.debug_tuple("Request").field(&bytes.len()).finish(),
            Self::Http2Request { headers, .. } => {
                f.debug_tuple("Http2Request").field(&headers.len()).finish()
            }
            Self::Http3Request { headers, .. } => {
                f.debug_tuple("Http3Request").field(&headers.len()).finish()
            }
            Self::Sent => f.write_str("Sent"),
            Self::Received(bytes) => f.debug_tuple("Received").field(&bytes.len()).finish(),
            Self::Http2Response { status, .. } => f.debug_tuple("Http2Response").field(status).finish(),
            Self::Http3Response { status, .. } => f.debug_tuple("Http3Response").field(status).finish(),
        }
    }
}

/// The caller's function for events.
#[cfg(dials)]
type Watch = Arc<dyn Fn(ClientEvent<'_>) + Send + Sync>;

/// The caller's function for events, if there is one.
#[cfg(dials)]
#[derive(Clone, Default)]
pub(crate) struct Watcher(pub(crate) Option<Watch>);

#[cfg(dials)]
impl Watcher {
    pub(crate) fn tell(&self, event: ClientEvent<'_>) {
        if let Some(watch) = &self.0 {
            watch(event);
        }
    }
}

#[cfg(dials)]
impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watcher").field(&self.0.is_some()).finish()
    }
}
