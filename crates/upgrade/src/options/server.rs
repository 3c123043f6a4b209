//! What a server wants of a handshake.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use websocket_upgrade_proto as proto;

use proto::extension::Extension;
use proto::origin::OriginPolicy;
use proto::permessage_deflate::PermessageDeflate;
use proto::{Limits, server};

use super::{DEADLINE, OptionsError, Supported, checked, push_line};
use crate::caller::Caller;
use crate::origins::Origins;

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

    /// Adds a field line to the answer that accepts. Connection-specific fields, such as `Keep-Alive`, are left out over
    /// HTTP/2 (RFC 9113 §8.2.2).
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

    /// Whether clients come over TLS: then the same origin must be `https`, otherwise `http`. Where it is not said, as
    /// behind a proxy that ends TLS, both are taken.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.origins = self.origins.secure(secure);
        self
    }

    /// Accepts an HTTP/1.1 request without `Sec-WebSocket-Key`, answered without `Sec-WebSocket-Accept`, and says so in the
    /// handshake's event.
    ///
    /// Only behind a proxy that takes extended CONNECT, which has no key (RFC 8441 §5), and hands it on over HTTP/1.1
    /// without one; and only if nobody else can reach the server. The key shows that a request was made as a handshake,
    /// and not by a form or a script that can't set it (RFC 6455 §1.3).
    #[must_use]
    pub fn danger_no_key(mut self) -> Self {
        self.no_key = true;
        self
    }

    /// The address of the connection's other end: who is trusted ([`Origins::trusted_proxy`]) depends on it. Set it for
    /// one connection, in a clone of what all have.
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

    pub(crate) fn time(&self) -> Duration {
        self.deadline
    }

    pub(crate) fn bounds(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn discarded(&self) -> usize {
        self.discarded
    }

    pub(crate) fn lines(&self) -> &[u8] {
        &self.lines
    }

    pub(crate) fn peer_address(&self) -> Option<IpAddr> {
        self.peer
    }

    /// Runs `judge` with the core's options for this request, `lines` being the fields that are added.
    pub(crate) fn with_core<T>(
        &self,
        lines: &[u8],
        request: &server::Request<'_>,
        caller: &Caller,
        judge: impl FnOnce(&server::Options<'_>) -> T,
    ) -> T {
        let peer = caller.peer().or(self.peer);
        self.origins.with_policy(request, peer, |origins| self.with_origins(lines, origins, judge))
    }

    fn with_origins<T>(
        &self,
        lines: &[u8],
        origins: OriginPolicy<'_>,
        judge: impl FnOnce(&server::Options<'_>) -> T,
    ) -> T {
        let extensions = self.supported.extensions();
        let mut options = server::Options::new();
        options.subprotocols = self.supported.subprotocols();
        options.require_subprotocol = self.require_subprotocol;
        options.extensions = &extensions;
        options.origins = origins;
        options.danger_no_key = self.no_key;
        options.fields = checked(lines);
        options.limits = self.limits;
        judge(&options)
    }
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
            .field("require_subprotocol", &self.require_subprotocol)
            .field("headers", &checked(&self.lines))
            .field("origins", &self.origins)
            .field("danger_no_key", &self.no_key)
            .field("peer", &self.peer)
            .field("limits", &self.limits)
            .field("discard", &self.discarded)
            .field("deadline", &self.deadline)
            .finish()
    }
}
