//! The options of a server.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use websocket_upgrade_proto as proto;

use proto::Limits;
use proto::authority::{Authorities, AuthorityError};
use proto::extension::Extension;
use proto::permessage_deflate::PermessageDeflate;
use proto::server;

use super::forwarded::Forwarded;
use super::origins::Origins;
use crate::observe::handshake_info::HandshakeInfo;
use crate::options::{DEADLINE, OptionsError, Supported, checked, push_line};

/// The bytes that are discarded behind a refusal unless the options say otherwise.
const DISCARDED: usize = 16 * 1024 * 1024;

/// The options of a server.
///
/// ```
/// use websocket_upgrade::ServerOptions;
/// let options = ServerOptions::new().extension("x-test")?.subprotocol("chat")?.origin("https://example.com")?;
/// # Ok::<(), websocket_upgrade::OptionsError>(())
/// ```
#[derive(Clone)]
pub struct ServerOptions {
    supported: Supported,
    require_subprotocol: bool,
    lines: Vec<u8>,
    origins: Origins,
    /// Separated by spaces.
    authorities: Option<String>,
    no_key: bool,
    peer: Option<IpAddr>,
    limits: Limits,
    discarded: usize,
    deadline: Duration,
}

impl ServerOptions {
    /// Options without subprotocols and extensions. Only the same origin is accepted, and there are 10 seconds for
    /// everything.
    #[must_use]
    pub fn new() -> Self {
        Self {
            supported: Supported::default(),
            require_subprotocol: false,
            lines: Vec::new(),
            origins: Origins::same(),
            authorities: None,
            no_key: false,
            peer: None,
            limits: Limits::new(),
            discarded: DISCARDED,
            deadline: DEADLINE,
        }
    }

    /// Supports a subprotocol. The first one of the client's list that the server supports is used.
    ///
    /// # Errors
    ///
    /// If the name is not a token, or supported already.
    pub fn subprotocol(mut self, name: &str) -> Result<Self, OptionsError> {
        self.supported.subprotocol(name)?;
        Ok(self)
    }

    /// Refuses a client with 400 if it offers no subprotocol that the server supports.
    #[must_use]
    pub fn require_subprotocol(mut self) -> Self {
        self.require_subprotocol = true;
        self
    }

    /// Supports an extension without parameters, by its name (RFC 6455 §9.1).
    ///
    /// # Errors
    ///
    /// If the name is not a token, or supported already.
    pub fn extension(mut self, name: &str) -> Result<Self, OptionsError> {
        self.supported.plain(name)?;
        Ok(self)
    }

    /// Supports permessage-deflate (RFC 7692). Add it only if the codec supports it.
    ///
    /// # Errors
    ///
    /// If it is supported already.
    pub fn permessage_deflate(mut self, deflate: PermessageDeflate) -> Result<Self, OptionsError> {
        self.supported.add(Arc::new(deflate))?;
        Ok(self)
    }

    /// Supports an extension of your own.
    ///
    /// # Errors
    ///
    /// If its name is not a token, or supported already.
    pub fn custom_extension(mut self, extension: Arc<dyn Extension>) -> Result<Self, OptionsError> {
        self.supported.add(extension)?;
        Ok(self)
    }

    /// Adds a field line to the response that accepts. Connection-specific fields, such as `Keep-Alive`, are left out
    /// over HTTP/2 and HTTP/3 (RFC 9113 §8.2.2, RFC 9114 §4.2).
    ///
    /// # Errors
    ///
    /// If the name is not a token or is one that the handshake sets itself, or if the value has a control character.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, OptionsError> {
        push_line(&mut self.lines, name, value.as_ref())?;
        Ok(self)
    }

    /// Sets which origins are accepted. [`origin`](Self::origin), [`danger_any_origin`](Self::danger_any_origin) and
    /// [`secure`](Self::secure) change this value.
    #[must_use]
    pub fn origins(mut self, origins: Origins) -> Self {
        self.origins = origins;
        self
    }

    /// Accepts this origin, together with those named before, instead of the same origin (RFC 6455 §10.2).
    ///
    /// It is an origin such as `https://example.com`, a pattern as in [`Origins::allow`], `file://` or `null`.
    ///
    /// # Errors
    ///
    /// If it is neither a serialised origin nor such a pattern.
    pub fn origin(mut self, origin: &str) -> Result<Self, OptionsError> {
        self.origins = self.origins.without_same().allow(origin)?;
        Ok(self)
    }

    /// Accepts every origin: any web page can connect in the name of its visitors, with their cookies.
    #[must_use]
    pub fn danger_any_origin(mut self) -> Self {
        self.origins = self.origins.with_any();
        self
    }

    /// Adds authorities that this server serves: hosts with ports, and patterns as in [`Authorities`]. A request to
    /// another authority gets 421 (RFC 9110 §7.4). By default every authority is served.
    ///
    /// An authority without a port means the scheme's default port, as in an origin. Name `localhost:8080` or
    /// `localhost:*` if the server listens on another port.
    ///
    /// This option protects against DNS rebinding: a page is loaded from its author's host name, and then this name
    /// is changed to the address of this server. For the browser and for [`Origins::same`] such a page has the same
    /// origin as the server. The option is needed if the page can reach the server and its author can't: on a
    /// loopback address or in a private network.
    ///
    /// If a trusted proxy forwards the authority ([`Origins::trusted_proxy`]), it is compared instead of `Host`.
    ///
    /// ```
    /// use websocket_upgrade::ServerOptions;
    /// let options = ServerOptions::new().authorities(["localhost:*", "127.0.0.1:*", "[::1]:*"])?;
    /// # Ok::<(), websocket_upgrade::OptionsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If one is neither a host, with or without a port, nor such a pattern.
    ///
    /// [`Authorities`]: proto::authority::Authorities
    pub fn authorities(
        mut self,
        authorities: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, OptionsError> {
        let listed = self.authorities.get_or_insert_default();
        for authority in authorities {
            let authority = authority.as_ref();
            AuthorityError::check(authority)?;
            listed.push_str(authority);
            listed.push(' ');
        }
        Ok(self)
    }

    /// Sets whether clients connect over TLS.
    ///
    /// With `true` the same origin must be `https`. With `false` it must be `http`, and a request for an `https` or
    /// `wss` URI gets 421 (RFC 9110 §7.4). By default both are accepted. Leave it so behind a proxy that ends TLS.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.origins = self.origins.secure(secure);
        self
    }

    /// Accepts an HTTP/1.1 request without `Sec-WebSocket-Key`. The response has no `Sec-WebSocket-Accept` then, and
    /// the handshake's event says so.
    ///
    /// Use it only behind a proxy that receives extended CONNECT, which has no key (RFC 8441 §5), and forwards it
    /// over HTTP/1.1 without a key; and only if nobody else can reach the server. The key shows that the request is
    /// a handshake, and does not come from a form or a script, which can't set it (RFC 6455 §1.3).
    #[must_use]
    pub fn danger_no_key(mut self) -> Self {
        self.no_key = true;
        self
    }

    /// Sets the address of the other end of one connection, which decides whether it is a trusted proxy
    /// ([`Origins::trusted_proxy`]). Set it in a clone of the options for each connection.
    #[must_use]
    pub fn peer(mut self, address: IpAddr) -> Self {
        self.peer = Some(address);
        self
    }

    /// Sets the limits of what a client can send.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how many bytes of a refused client are read and discarded before the connection is closed. The default is
    /// 16 MiB. Without this the close could be a reset, which erases the answer (RFC 9112 §9.6).
    #[must_use]
    pub fn discard(mut self, bytes: usize) -> Self {
        self.discarded = bytes;
        self
    }

    /// Sets the time from the first call to the end of the answer, including the close after a refusal. The default is
    /// 10 seconds.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }
}

#[cfg(driver)]
impl ServerOptions {
    pub(crate) fn time(&self) -> Duration {
        self.deadline
    }

    pub(crate) fn bounds(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn discarded(&self) -> usize {
        self.discarded
    }

    pub(crate) fn peer_address(&self) -> Option<IpAddr> {
        self.peer
    }
}

impl ServerOptions {
    /// What is known of a request besides its head. The peer is looked up only if the decision depends on it.
    pub(crate) fn info_of<B>(&self, request: &http::Request<B>) -> HandshakeInfo {
        if self.origins.trusts_any() {
            HandshakeInfo::of_request(request, self.peer)
        } else {
            HandshakeInfo::of_version(request.version(), self.peer)
        }
    }

    /// Runs `judge` with the core's options for this request. `lines` are added to the fields of these options.
    pub(crate) fn with_core<T>(
        &self,
        lines: &[u8],
        request: &server::Request<'_>,
        info: &HandshakeInfo,
        judge: impl FnOnce(&server::Options<'_, '_>) -> T,
    ) -> T {
        let lines = match (self.lines.as_slice(), lines) {
            (lines, []) | ([], lines) => Cow::Borrowed(lines),
            (first, second) => Cow::Owned([first, second].concat()),
        };
        let trusted = self.origins.is_trusted(info.peer().or(self.peer));
        let forwarded = if trusted { Forwarded::of(request) } else { Forwarded::default() };
        self.supported.with_extensions(|extensions| {
            let mut options = server::Options::new();
            options.subprotocols = self.supported.subprotocols();
            options.require_subprotocol = self.require_subprotocol;
            options.extensions = extensions;
            options.origins = self.origins.policy(request, &forwarded);
            // A trusted proxy has checked that.
            options.secure = self.origins.secured().filter(|_| !trusted);
            options.authorities = self.authorities.as_deref().map(checked_authorities);
            options.authority = forwarded.host.as_deref();
            options.danger_no_key = self.no_key;
            options.fields = checked(&lines);
            options.limits = self.limits;
            judge(&options)
        })
    }
}

/// Authorities that were checked one by one.
fn checked_authorities(list: &str) -> Authorities<'_> {
    Authorities::parse(list).unwrap_or_default()
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions")
            .field("supported", &self.supported)
            // A server's own subprotocols are no secret.
            .field("subprotocols", &self.supported.subprotocols().iter().collect::<Vec<_>>())
            .field("require_subprotocol", &self.require_subprotocol)
            .field("headers", &checked(&self.lines))
            .field("origins", &self.origins)
            .field("authorities", &self.authorities)
            .field("danger_no_key", &self.no_key)
            .field("peer", &self.peer)
            .field("limits", &self.limits)
            .field("discard", &self.discarded)
            .field("deadline", &self.deadline)
            .finish()
    }
}
