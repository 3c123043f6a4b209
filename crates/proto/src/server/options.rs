//! A server's options.

use core::fmt;

use crate::authority::Authorities;
use crate::extension::Extension;
use crate::field::ExtraFields;
use crate::limits::Limits;
use crate::origin::OriginPolicy;
use crate::subprotocol::Subprotocols;

/// What a server supports and requires. The default supports no subprotocols and no extensions, and accepts its own
/// origin.
///
/// The settings of a connection borrow `'p`, the names of the subprotocols, and not `'o`, all the rest.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct Options<'p, 'o> {
    /// The supported subprotocols. Among them the client's order decides.
    pub subprotocols: Subprotocols<'p>,
    /// Whether a client that offers no supported subprotocol is refused.
    pub require_subprotocol: bool,
    /// The extensions that are supported, up to 64.
    pub extensions: &'o [&'o dyn Extension],
    /// Which origins are accepted.
    pub origins: OriginPolicy<'o>,
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
    pub authorities: Option<Authorities<'o>>,
    /// The authority to look up in [`Options::authorities`] instead of the request's own. A trusted proxy that
    /// rewrites `Host` reports it (RFC 7239 §5.3).
    pub authority: Option<&'o str>,
    /// Accepts an HTTP/1.1 request without `Sec-WebSocket-Key`, and answers it without `Sec-WebSocket-Accept`. This is
    /// for a proxy that receives handshakes over HTTP/2, where there is no key (RFC 8441 §5), and forwards them over
    /// HTTP/1.1.
    ///
    /// Use it only for a server that nothing but such a proxy can reach. The key proves that the client meant a
    /// WebSocket handshake and is not another kind of client (RFC 6455 §1.3, §10.8). A malformed or repeated key is
    /// still refused. [`Accepted::tolerated`](super::Accepted::tolerated) tells which handshakes had no key.
    pub danger_no_key: bool,
    /// Field lines that are added to the answer.
    pub fields: ExtraFields<'o>,
    /// The limits of everything that a peer can make grow.
    pub limits: Limits,
}

impl Options<'_, '_> {
    /// Returns the default options.
    pub fn new() -> Self {
        Self::default()
    }
}

impl fmt::Debug for Options<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
