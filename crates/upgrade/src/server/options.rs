//! The options of a server.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use websocket_upgrade_proto as proto;

use proto::Limits;
#[cfg(driver)]
use proto::authority::Authorities;
use proto::authority::AuthorityError;
use proto::extension::Extension;
use proto::permessage_deflate::PermessageDeflate;
#[cfg(driver)]
use proto::server;

#[cfg(driver)]
use super::forwarded::Forwarded;
use super::origins::Origins;
#[cfg(driver)]
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
    /// Supports nothing beyond plain WebSocket, accepts the same origin alone; 10 seconds for everything.
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

    /// Supports a subprotocol. Of those that both sides have, the first of the client's list is used.
    ///
    /// # Errors
    ///
    /// If the name is not a token, or supported already.
    pub fn subprotocol(mut self, name: &str) -> Result<Self, OptionsError> {
        self.supported.subprotocol(name)?;
        Ok(self)
    }

    /// Refuses a client with which no subprotocol is shared: 400.
    #[must_use]
    pub fn require_subprotocol(mut self) -> Self {
        self.require_subprotocol = true;
        self
    }

    /// Supports an extension that is a name and nothing else (RFC 6455 §9.1).
    ///
    /// # Errors
    ///
    /// If the name is not a token, or supported already.
    pub fn extension(mut self, name: &str) -> Result<Self, OptionsError> {
        self.supported.plain(name)?;
        Ok(self)
    }

    /// Supports permessage-deflate (RFC 7692). Only if the codec that takes over can do it.
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

    /// Adds a field line to the answer that accepts. Connection-specific fields, such as `Keep-Alive`, are left out
    /// over HTTP/2 (RFC 9113 §8.2.2).
    ///
    /// # Errors
    ///
    /// If the name is not a token, or one that the handshake sets itself; if the value has a control character.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, OptionsError> {
        push_line(&mut self.lines, name, value.as_ref())?;
        Ok(self)
    }

    /// Which origins are accepted, in one value; the options below are its simple forms.
    #[must_use]
    pub fn origins(mut self, origins: Origins) -> Self {
        self.origins = origins;
        self
    }

    /// Accepts pages of this origin, and of those named before, instead of the same origin: `https://example.com`, a
    /// pattern as [`Origins::allow`] has it, `file://` or `null` (RFC 6455 §10.2).
    ///
    /// # Errors
    ///
    /// If it is neither a serialised origin nor such a pattern.
    pub fn origin(mut self, origin: &str) -> Result<Self, OptionsError> {
        self.origins = self.origins.without_same().allow(origin)?;
        Ok(self)
    }

    /// Accepts pages of every origin: any web page can connect in the name of its visitors, with their cookies.
    #[must_use]
    pub fn danger_any_origin(mut self) -> Self {
        self.origins = self.origins.with_any();
        self
    }

    /// The authorities that this server answers for, and those named before: hosts and ports, and patterns of such, as
    /// [`Authorities`] has them. A request to another gets 421 (RFC 9110 §7.4). Unless some are named, every one is
    /// answered.
    ///
    /// A name without a port is that at the scheme's own port, as in an origin: name `localhost:8080` or `localhost:*`
    /// where the server listens at another one.
    ///
    /// This is what keeps other sites' pages out that were loaded under a name of their own and have it lead to this
    /// server's address since (DNS rebinding): to a browser and to [`Origins::same`] they are of the same origin. It
    /// is for servers that such a page can reach and its author can't: at a loopback address, or within a private
    /// network.
    ///
    /// What a trusted proxy says it was asked for ([`Origins::trusted_proxy`]) counts in place of `Host`.
    ///
    /// ```
    /// use websocket_upgrade::ServerOptions;
    /// let options = ServerOptions::new().authorities(["localhost:*", "127.0.0.1:*", "[::1]:*"])?;
    /// # Ok::<(), websocket_upgrade::OptionsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If one is neither a host and perhaps a port nor such a pattern.
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

    /// Whether clients come over TLS: then the same origin must be `https`, otherwise `http`. Where they don't, a
    /// request for an `https` or `wss` URI gets 421 (RFC 9110 §7.4). Where it is not said, as behind a proxy that ends
    /// TLS, both are taken.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.origins = self.origins.secure(secure);
        self
    }

    /// Accepts an HTTP/1.1 request without `Sec-WebSocket-Key`, answered without `Sec-WebSocket-Accept`, and says so
    /// in the handshake's event.
    ///
    /// Only behind a proxy that takes extended CONNECT, which has no key (RFC 8441 §5), and hands it on over HTTP/1.1
    /// without one; and only if nobody else can reach the server. The key shows that a request was made as a
    /// handshake, and not by a form or a script that can't set it (RFC 6455 §1.3).
    #[must_use]
    pub fn danger_no_key(mut self) -> Self {
        self.no_key = true;
        self
    }

    /// The address of the connection's other end: who is trusted ([`Origins::trusted_proxy`]) depends on it. Set it
    /// for one connection, in a clone of what all have.
    #[must_use]
    pub fn peer(mut self, address: IpAddr) -> Self {
        self.peer = Some(address);
        self
    }

    /// The limits of what a client can make grow.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Bytes that a client that is refused may go on sending: 16 MiB. They are discarded, so that the connection can
    /// be closed without a reset that would erase the answer (RFC 9112 §9.6).
    #[must_use]
    pub fn discard(mut self, bytes: usize) -> Self {
        self.discarded = bytes;
        self
    }

    /// The time from the first call to the end of the answer, or of a refusal's close: 10 seconds.
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

    /// Runs `judge` with the core's options for this request. `lines` are added to the fields of these options.
    pub(crate) fn with_core<T>(
        &self,
        lines: &[u8],
        request: &server::Request<'_>,
        info: &HandshakeInfo,
        judge: impl FnOnce(&server::Options<'_>) -> T,
    ) -> T {
        let lines = [&self.lines, lines].concat();
        let trusted = self.origins.is_trusted(info.peer().or(self.peer));
        let forwarded = if trusted { Forwarded::of(request) } else { Forwarded::default() };
        let extensions = self.supported.extensions();
        let mut options = server::Options::new();
        options.subprotocols = self.supported.subprotocols();
        options.require_subprotocol = self.require_subprotocol;
        options.extensions = &extensions;
        options.origins = self.origins.policy(request, &forwarded);
        // A trusted proxy has checked that.
        options.secure = self.origins.secured().filter(|_| !trusted);
        options.authorities = self.authorities.as_deref().map(checked_authorities);
        options.authority = forwarded.host.as_deref();
        options.danger_no_key = self.no_key;
        options.fields = checked(&lines);
        options.limits = self.limits;
        judge(&options)
    }
}

/// Authorities that were checked one by one.
#[cfg(driver)]
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
