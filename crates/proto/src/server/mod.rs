//! The server's side of the opening handshake (RFC 6455 §4.2; over HTTP/2 and 3, RFC 8441 §5 and RFC 9220 §3).
//!
//! Read a request ([`read`], or [`Request::from_fields`] where someone else has parsed it), look at it, decide, and
//! encode the answer. Nothing here does IO, and nothing is left unanswered: every error has its [`Rejection`].
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

/// What a server supports and wants. The default supports nothing beyond plain WebSocket and accepts its own origin.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct Options<'p> {
    /// The subprotocols that are spoken here; the client's order decides.
    pub subprotocols: Subprotocols<'p>,
    /// Refuse a client that shares none of them.
    pub require_subprotocol: bool,
    /// The extensions that are supported, up to 64.
    pub extensions: &'p [&'p dyn Extension],
    /// Which origins are accepted.
    pub origins: OriginPolicy<'p>,
    /// Whether the request came over TLS. `None` where that is unknown, as behind a proxy that ends TLS, or where the
    /// proxy is trusted to have seen to it. Where [`OriginPolicy::Same`] does not say it, this counts there too.
    ///
    /// A request for an `https` or `wss` URI (an absolute-form target, `:scheme`) is misdirected where this is `false`:
    /// 421 (RFC 9110 §7.4). One for `http` or `ws` is served over TLS too: a gateway that adds TLS keeps the scheme.
    pub secure: Option<bool>,
    /// The authorities that this server answers for: a request to another is misdirected, 421 (RFC 9110 §7.4). `None`:
    /// every one.
    ///
    /// Without a list, a page whose own name leads to this server's address is of the same origin
    /// ([`OriginPolicy::Same`]), and a request that was meant for another server of the same address or proxy is
    /// answered (RFC 6455 §4.2.1 item 2).
    pub authorities: Option<Authorities<'p>>,
    /// The authority to look for in [`Options::authorities`] in place of the request's own: what a trusted proxy that
    /// rewrites `Host` says it was asked for (RFC 7239 §5.3).
    pub authority: Option<&'p str>,
    /// Accept an HTTP/1.1 request without `Sec-WebSocket-Key`, and answer it without `Sec-WebSocket-Accept`: for a
    /// proxy that takes handshakes over HTTP/2, where there is no key (RFC 8441 §5), and brings them here over
    /// HTTP/1.1.
    ///
    /// Only for a server that nobody but such a proxy can reach. The key is how a server knows that a request was meant
    /// as a handshake and was not made by another kind of client (RFC 6455 §1.3, §10.8). A key that is malformed or
    /// came twice is refused all the same, and [`Accepted::tolerated`] tells which handshakes had none.
    pub danger_no_key: bool,
    /// Field lines that are added to the answer.
    pub fields: ExtraFields<'p>,
    /// The limits of what a peer can make grow.
    pub limits: Limits,
}

impl Options<'_> {
    /// The defaults.
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
            // The own ones are no secret.
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

/// Reads and validates a request from the start of `buf`; `None` means that more bytes are needed.
///
/// Call it again with the same `scan` when more bytes have arrived behind those of `buf`. Bytes behind the head
/// ([`Request::head_len`]) are not looked at: they belong to the WebSocket connection.
///
/// # Errors
///
/// What is wrong with the request, in the order of RFC 9112 (syntax, `Host`, the length of a body) and RFC 6455 §4.2.1.
/// An error for which [`RequestError::is_not_upgrade`] holds is that of an HTTP request that asks for something else.
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

/// Calls `each` with the fields that an application adds to an answer, as far as the HTTP version has them.
fn for_each_added(fields: &ExtraFields<'_>, bootstrap: Bootstrap, each: &mut dyn FnMut(&str, &[u8])) {
    let mut add = |field: Field<'_>| each(core::str::from_utf8(field.name).unwrap_or_default(), field.value);
    match bootstrap {
        Bootstrap::Upgrade => fields.iter().for_each(&mut add),
        Bootstrap::ExtendedConnect => fields.over_stream().for_each(&mut add),
    }
}

/// The validation of a head that has been read.
impl<'a> TryFrom<&RequestHead<'a>> for Request<'a> {
    type Error = RequestError;

    fn try_from(head: &RequestHead<'a>) -> Result<Self, RequestError> {
        Self::from_parts(&head.parts, &head.lines)
    }
}
