//! The server's side of the opening handshake (RFC 6455 §4.2; over HTTP/2 and 3, RFC 8441 §5 and RFC 9220 §3).
//!
//! Read a request with [`read`], or validate one that another parser has read with [`Request::from_fields`]. Then
//! decide, and encode the answer. This module does no IO. Every error has a [`Rejection`], so every request can be
//! answered.
//!
//! ```
//! use websocket_upgrade_proto::{Limits, head::Scan, server};
//!
//! let bytes = b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
//!     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
//! let mut answer = [0; 1024];
//! let len = match server::read(bytes, &mut Scan::default(), &Limits::new()) {
//!     Ok(None) => 0, // more bytes are needed
//!     Ok(Some(request)) => match request.accept(&server::Options::new()) {
//!         Ok(accepted) => accepted.encode_h1(&mut answer)?,
//!         Err(error) => error.rejection().encode_h1(&mut answer)?,
//!     },
//!     Err(error) => error.rejection().encode_h1(&mut answer)?,
//! };
//! assert!(answer[..len].starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
//! # Ok::<(), websocket_upgrade_proto::EncodeError>(())
//! ```

use crate::authority::Authorities;
use crate::extension::Extension;
use crate::field::{ExtraFields, Field, Lines};
use crate::head::{RequestHead, Scan, read_parts};
use crate::limits::Limits;
use crate::origin::OriginPolicy;
use crate::subprotocol::Subprotocols;

mod accepted;
mod connect;
mod entrance;
mod framing;
mod judge;
mod reason;
mod rejection;
mod request;

pub use accepted::{Accepted, Deviation};
pub use entrance::{Bootstrap, Entrance, Target};
pub use reason::{RequestError, RequestReason};
pub use rejection::{InvalidStatus, Rejection};
pub use request::Request;

/// What a server supports and requires. The default supports no subprotocols and no extensions, and accepts its own
/// origin.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct Options<'p> {
    /// The supported subprotocols. Among them the client's order decides.
    pub subprotocols: Subprotocols<'p>,
    /// Whether a client that offers no supported subprotocol is refused.
    pub require_subprotocol: bool,
    /// The extensions that are supported, up to 64.
    pub extensions: &'p [&'p dyn Extension],
    /// Which origins are accepted.
    pub origins: OriginPolicy<'p>,
    /// Whether the request came over TLS. `None` if that is unknown: behind a proxy that terminates TLS, or if the
    /// proxy is trusted to check it. It also applies to [`OriginPolicy::Same`] if its own `secure` is `None`.
    ///
    /// If this is `Some(false)`, a request for an `https` or `wss` URI (an absolute-form target, or `:scheme`) is
    /// misdirected and gets 421 (RFC 9110 §7.4). A request for `http` or `ws` is served over TLS too, because a
    /// gateway that adds TLS keeps the scheme.
    pub secure: Option<bool>,
    /// The authorities that this server answers for. A request to another authority is misdirected and gets 421 (RFC
    /// 9110 §7.4). `None` serves every authority.
    ///
    /// Without a list, two kinds of request are accepted. A page whose own name resolves to this server's address has
    /// the same origin ([`OriginPolicy::Same`]). A request for another server behind the same address or proxy is
    /// answered (RFC 6455 §4.2.1 item 2).
    pub authorities: Option<Authorities<'p>>,
    /// The authority to look up in [`Options::authorities`] instead of the request's own. A trusted proxy that
    /// rewrites `Host` reports it (RFC 7239 §5.3).
    pub authority: Option<&'p str>,
    /// Accepts an HTTP/1.1 request without `Sec-WebSocket-Key`, and answers it without `Sec-WebSocket-Accept`. This is
    /// for a proxy that receives handshakes over HTTP/2, where there is no key (RFC 8441 §5), and forwards them over
    /// HTTP/1.1.
    ///
    /// Use it only for a server that nothing but such a proxy can reach. The key proves that the client meant a
    /// WebSocket handshake and is not another kind of client (RFC 6455 §1.3, §10.8). A malformed or repeated key is
    /// still refused. [`Accepted::tolerated`] tells which handshakes had no key.
    pub danger_no_key: bool,
    /// Field lines that are added to the answer.
    pub fields: ExtraFields<'p>,
    /// The limits of everything that a peer can make grow.
    pub limits: Limits,
}

impl Options<'_> {
    /// Returns the default options.
    pub fn new() -> Self {
        Self::default()
    }
}

impl core::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self {
            subprotocols,
            require_subprotocol,
            extensions,
            origins,
            secure,
            authorities,
            authority,
            danger_no_key,
            fields,
            limits,
        } = self;
        f.debug_struct("Options")
            // A server's own subprotocols are no secret.
            .field("subprotocols", &subprotocols.as_str())
            .field("require_subprotocol", require_subprotocol)
            .field("extensions", &extensions.len())
            .field("origins", origins)
            .field("secure", secure)
            .field("authorities", authorities)
            .field("authority", authority)
            .field("danger_no_key", danger_no_key)
            .field("fields", fields)
            .field("limits", limits)
            .finish()
    }
}

/// Reads and validates a request from the start of `buf`. Returns `None` if more bytes are needed.
///
/// When more bytes have arrived, call it again with all of them and the same `scan`. Bytes after the head
/// ([`Request::head_len`]) are not read: they belong to the WebSocket connection.
///
/// # Errors
///
/// The first error, in the order of RFC 9112 (syntax, `Host`, the length of a body) and RFC 6455 §4.2.1. If
/// [`RequestError::is_not_upgrade`] holds, the request is another HTTP request.
pub fn read<'a>(
    buf: &'a [u8],
    scan: &mut Scan,
    limits: &Limits,
) -> Result<Option<Request<'a>>, RequestError> {
    let mut lines = Lines::default();
    match read_parts(buf, scan, limits, &mut lines) {
        Ok(Some(parts)) => Request::from_parts(&parts, &lines).map(Some),
        Ok(None) => Ok(None),
        Err(error) => Err(RequestError::of_head(error, buf, limits)),
    }
}

/// Calls `each` with the added fields of an answer that the HTTP version allows.
fn for_each_added(fields: &ExtraFields<'_>, bootstrap: Bootstrap, each: &mut dyn FnMut(&str, &[u8])) {
    let mut add = |field: Field<'_>| each(core::str::from_utf8(field.name).unwrap_or_default(), field.value);
    match bootstrap {
        Bootstrap::Upgrade => fields.iter().for_each(&mut add),
        Bootstrap::ExtendedConnect => fields.over_stream().for_each(&mut add),
    }
}

/// Validates a head that has been read.
impl<'a> TryFrom<&RequestHead<'a>> for Request<'a> {
    type Error = RequestError;

    fn try_from(head: &RequestHead<'a>) -> Result<Self, RequestError> {
        Self::from_parts(&head.parts, &head.lines)
    }
}
