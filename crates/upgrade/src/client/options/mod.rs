//! The options of a client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use websocket_upgrade_proto as proto;

use proto::Limits;
#[cfg(driver)]
use proto::client;
use proto::extension::Extension;
use proto::permessage_deflate::PermessageDeflate;

use super::credentials::Credentials;
#[cfg(dials)]
use super::network::Network;
use super::report::Phase;
#[cfg(dials)]
use super::watch::{ClientEvent, Watcher};
use crate::options::{DEADLINE, OptionsError, Supported, check_origin, checked, push_request_line};

#[cfg(feature = "proxy")]
mod connector;
mod credentials;
#[cfg(dials)]
mod network;
#[cfg(feature = "http2")]
mod shared;
#[cfg(feature = "rustls")]
mod tls;

/// How long a client waits for more of a refusal's body, unless the options say otherwise. The body is only shown in
/// an error, so the error does not wait long for it.
const BODY_IDLE: Duration = Duration::from_secs(1);

/// The options of a client.
///
/// ```
/// use websocket_upgrade::ClientOptions;
/// let options = ClientOptions::new().extension("x-test")?.subprotocol("chat")?.header("Cookie", "id=1")?;
/// # Ok::<(), websocket_upgrade::OptionsError>(())
/// ```
#[derive(Clone)]
pub struct ClientOptions {
    offered: Supported,
    lines: Vec<u8>,
    origin: Option<String>,
    limits: Limits,
    deadline: Duration,
    phases: [Option<Duration>; Phase::TIMED.len()],
    body_idle: Duration,
    credentials: Credentials,
    #[cfg(dials)]
    watcher: Watcher,
    #[cfg(dials)]
    pub(crate) network: Network,
    #[cfg(feature = "rustls")]
    pub(crate) tls: crate::tls::Tls,
}

impl ClientOptions {
    /// Options that offer no subprotocol and no extension, with 10 seconds for everything.
    #[must_use]
    pub fn new() -> Self {
        Self {
            offered: Supported::default(),
            lines: Vec::new(),
            origin: None,
            limits: Limits::new(),
            deadline: DEADLINE,
            phases: [None; Phase::TIMED.len()],
            body_idle: BODY_IDLE,
            credentials: Credentials::default(),
            #[cfg(dials)]
            watcher: Watcher::default(),
            #[cfg(dials)]
            network: Network::default(),
            #[cfg(feature = "rustls")]
            tls: crate::tls::Tls::default(),
        }
    }

    /// Offers a subprotocol, after those offered before (RFC 6455 §4.1 item 10).
    ///
    /// # Errors
    ///
    /// If the name is not a token, or offered already.
    pub fn subprotocol(mut self, name: &str) -> Result<Self, OptionsError> {
        self.offered.subprotocol(name)?;
        Ok(self)
    }

    /// Offers an extension without parameters, by its name (RFC 6455 §9.1).
    ///
    /// # Errors
    ///
    /// If the name is not a token, or offered already.
    pub fn extension(mut self, name: &str) -> Result<Self, OptionsError> {
        self.offered.plain(name)?;
        Ok(self)
    }

    /// Offers permessage-deflate (RFC 7692). Offer it only if the codec supports it.
    ///
    /// # Errors
    ///
    /// If it is offered already.
    pub fn permessage_deflate(mut self, deflate: PermessageDeflate) -> Result<Self, OptionsError> {
        self.offered.add(Arc::new(deflate))?;
        Ok(self)
    }

    /// Offers an extension of your own.
    ///
    /// # Errors
    ///
    /// If its name is not a token, or offered already.
    pub fn custom_extension(mut self, extension: Arc<dyn Extension>) -> Result<Self, OptionsError> {
        self.offered.add(extension)?;
        Ok(self)
    }

    /// Adds a field line to the request.
    ///
    /// Only the URL's origin gets `Authorization`, `Cookie` and `Proxy-Authorization`. For other fields with secrets
    /// use [`ClientOptions::sensitive_header`]. Connection-specific fields, such as `Keep-Alive`, are left out over
    /// HTTP/2 (RFC 9113 §8.2.2).
    ///
    /// # Errors
    ///
    /// - If the name is not a token, or is one that the handshake sets itself.
    /// - If the value has a control character.
    /// - If it is `Expect`, `TE`, or an `Origin` that is not an origin
    ///   ([`ExtraFields::check_request`](crate::proto::ExtraFields::check_request)).
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, OptionsError> {
        push_request_line(&mut self.lines, name, value.as_ref())?;
        Ok(self)
    }

    /// Sends this origin, such as `https://example.com`: that of the code that connects (RFC 6455 §4.1 item 8).
    ///
    /// # Errors
    ///
    /// If it is not a serialised origin.
    pub fn origin(mut self, origin: &str) -> Result<Self, OptionsError> {
        check_origin(origin)?;
        self.origin = Some(origin.into());
        Ok(self)
    }

    /// Sets the limits of what a server can send.
    ///
    /// The limits of a head's bytes, of interim responses and of a refusal's body also apply to a proxy's answer to
    /// CONNECT. That answer's head may always have 8 KiB and 100 field lines.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the time for everything together: name lookup, connection, proxy, TLS, request, response and a refusal's
    /// body, including all redirects. The default is 10 seconds.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the time for one phase. The deadline for everything still applies. By default a phase has no time of its
    /// own.
    #[must_use]
    pub fn phase_deadline(mut self, phase: Phase, deadline: Duration) -> Self {
        if let Some(slot) = phase.index().and_then(|index| self.phases.get_mut(index)) {
            *slot = Some(deadline);
        }
        self
    }

    /// Sets how long the client waits for the next bytes of a refusal's body. The default is 1 second.
    ///
    /// The client reports a refusal when its body has ended, when the body reaches the limit
    /// [`refusal_body`](Limits::refusal_body), or when no bytes have come for this time. In the last two cases the
    /// refusal is marked as [`truncated`](crate::Refused::truncated). The [`deadline`](ClientOptions::deadline) still
    /// applies. A proxy's refusal is read in the same way.
    ///
    /// For a redirect that is followed, and for a 401 with a hook, the client does not wait for the body. They have
    /// only the bytes that came with the head.
    #[must_use]
    pub fn refusal_body_idle(mut self, time: Duration) -> Self {
        self.body_idle = time;
        self
    }

    /// Calls this function with the events of a connection as they happen, for tools that show a handshake: phases,
    /// the bytes of the request, and the bytes that are received. It must not block.
    ///
    /// Only clients that connect by themselves have events, not those on a stream that is there. Events have
    /// everything that goes over the connection, credentials and cookies too.
    ///
    /// ```
    /// use websocket_upgrade::{ClientEvent, ClientOptions};
    ///
    /// let options = ClientOptions::new().watch(|event| {
    ///     if let ClientEvent::Received(bytes) = event {
    ///         println!("{}", bytes.escape_ascii());
    ///     }
    /// });
    /// ```
    #[cfg(dials)]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))))]
    #[must_use]
    pub fn watch(mut self, watch: impl Fn(ClientEvent<'_>) + Send + Sync + 'static) -> Self {
        self.watcher = Watcher(Some(Arc::new(watch)));
        self
    }

    #[cfg(parsed_heads)]
    pub(crate) fn bounds(&self) -> &Limits {
        &self.limits
    }

    fn push_line(&mut self, name: &str, value: &[u8]) -> Result<(), OptionsError> {
        Ok(push_request_line(&mut self.lines, name, value)?)
    }
}

#[cfg(dials)]
impl ClientOptions {
    pub(crate) fn time(&self) -> Duration {
        self.deadline
    }

    pub(crate) fn watcher(&self) -> &Watcher {
        &self.watcher
    }

    /// The options for another origin, if they differ there.
    #[allow(clippy::unnecessary_wraps)]
    #[cfg_attr(not(feature = "rustls"), allow(clippy::unused_self))] // without TLS there is no difference
    pub(crate) fn elsewhere(&self) -> Option<Self> {
        #[cfg(feature = "rustls")]
        return Some(Self { tls: self.tls.elsewhere().clone(), ..self.clone() });
        #[cfg(not(feature = "rustls"))]
        None
    }
}

#[cfg(driver)]
impl ClientOptions {
    /// The time for more of a refusal's body.
    pub(crate) fn body_idle(&self) -> Duration {
        self.body_idle
    }

    /// The time for a phase alone.
    pub(crate) fn phase_time(&self, phase: Phase) -> Option<Duration> {
        *self.phases.get(phase.index()?)?
    }

    /// The time for the opening handshake on a stream that is connected already.
    pub(crate) fn handshake_time(&self) -> Duration {
        self.phase_time(Phase::Handshake).map_or(self.deadline, |time| time.min(self.deadline))
    }

    /// The field lines that the caller adds.
    pub(crate) fn lines(&self) -> &[u8] {
        &self.lines
    }

    pub(crate) fn extensions(&self) -> Vec<&dyn Extension> {
        self.offered.extensions()
    }

    /// The core's options. `extensions` are [`ClientOptions::extensions`], and `lines` are the field lines to add.
    pub(crate) fn core<'p>(
        &'p self,
        extensions: &'p [&'p dyn Extension],
        lines: &'p [u8],
    ) -> client::Options<'p, 'p> {
        let mut options = client::Options::new();
        options.origin = self.origin.as_deref();
        options.subprotocols = self.offered.subprotocols();
        options.extensions = extensions;
        options.fields = checked(lines);
        options.limits = self.limits;
        options
    }
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Of the fields the names alone: values may be secrets.
        let headers: Vec<_> = checked(&self.lines)
            .iter()
            .map(|field| String::from_utf8_lossy(field.name).into_owned())
            .collect();
        f.debug_struct("ClientOptions")
            .field("offered", &self.offered)
            .field("headers", &headers)
            .field("origin", &self.origin)
            .field("limits", &self.limits)
            .field("deadline", &self.deadline)
            .field("refusal_body_idle", &self.body_idle)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}
