//! What a client wants of a handshake.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use websocket_upgrade_proto as proto;

use proto::extension::Extension;
use proto::permessage_deflate::PermessageDeflate;
use proto::{Limits, client};

use super::{DEADLINE, OptionsError, Supported, check_origin, checked, push_line};

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
    #[cfg(feature = "rustls")]
    pub(crate) tls: crate::tls::Tls,
}

impl ClientOptions {
    /// Offers nothing beyond plain WebSocket; 10 seconds for everything.
    #[must_use]
    pub fn new() -> Self {
        Self {
            offered: Supported::default(),
            lines: Vec::new(),
            origin: None,
            limits: Limits::new(),
            deadline: DEADLINE,
            #[cfg(feature = "rustls")]
            tls: crate::tls::Tls::default(),
        }
    }

    /// Offers a subprotocol, behind those offered before (RFC 6455 §4.1 item 10).
    ///
    /// # Errors
    ///
    /// If the name is not a token, or offered already.
    pub fn subprotocol(mut self, name: &str) -> Result<Self, OptionsError> {
        self.offered.subprotocol(name)?;
        Ok(self)
    }

    /// Offers an extension that is a name and nothing else (RFC 6455 §9.1).
    ///
    /// # Errors
    ///
    /// If the name is not a token, or offered already.
    pub fn extension(mut self, name: &str) -> Result<Self, OptionsError> {
        self.offered.plain(name)?;
        Ok(self)
    }

    /// Offers permessage-deflate (RFC 7692). Only if the codec that takes over can do it.
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
    /// # Errors
    ///
    /// If the name is not a token, or one that the handshake sets itself; if the value has a control character.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, OptionsError> {
        push_line(&mut self.lines, name, value.as_ref())?;
        Ok(self)
    }

    /// The origin of the code that connects (RFC 6455 §4.1 item 8), such as `https://example.com`.
    ///
    /// # Errors
    ///
    /// If it is not a serialised origin.
    pub fn origin(mut self, origin: &str) -> Result<Self, OptionsError> {
        check_origin(origin)?;
        self.origin = Some(origin.into());
        Ok(self)
    }

    /// The limits of what the server can make grow.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The time for everything together: name, connection, TLS, request, response and a refusal's body. 10 seconds.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The TLS configuration, instead of the platform's verifier and no client certificate.
    #[cfg(feature = "rustls")]
    #[must_use]
    pub fn tls_config(mut self, config: Arc<::rustls::ClientConfig>) -> Self {
        self.tls = crate::tls::Tls::new(config);
        self
    }

    pub(crate) fn time(&self) -> Duration {
        self.deadline
    }

    pub(crate) fn extensions(&self) -> Vec<&dyn Extension> {
        self.offered.extensions()
    }

    /// The core's options; `extensions` are this one's, in a place of the caller's.
    pub(crate) fn core<'p>(&'p self, extensions: &'p [&'p dyn Extension]) -> client::Options<'p> {
        let mut options = client::Options::new();
        options.origin = self.origin.as_deref();
        options.subprotocols = self.offered.subprotocols();
        options.extensions = extensions;
        options.fields = checked(&self.lines);
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
        f.debug_struct("ClientOptions")
            .field("offered", &self.offered)
            .field("headers", &checked(&self.lines))
            .field("origin", &self.origin)
            .field("limits", &self.limits)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
