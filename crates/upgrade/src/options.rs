//! What an application wants of a handshake, checked where it is said.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use websocket_upgrade_proto as proto;

use proto::extension::{Extension, NotAToken, Plain};
use proto::field::FieldError;
use proto::origin::{OriginPolicy, Origins};
use proto::permessage_deflate::PermessageDeflate;
use proto::subprotocol::{SubprotocolError, Subprotocols};
use proto::{ExtraFields, Limits, client, server};

/// The time a handshake may take unless the options say otherwise.
const DEADLINE: Duration = Duration::from_secs(10);

/// The bytes that are discarded behind a refusal unless the options say otherwise.
const DISCARDED: usize = 16 * 1024 * 1024;

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
    origins: Accepted,
    secure: Option<bool>,
    limits: Limits,
    discarded: usize,
    deadline: Duration,
}

/// Which origins are accepted.
#[derive(Clone, Debug)]
enum Accepted {
    Same,
    List(String),
    Any,
}

impl ServerOptions {
    /// Supports nothing beyond plain WebSocket, accepts the same origin alone; 10 seconds for everything.
    #[must_use]
    pub fn new() -> Self {
        Self {
            supported: Supported::default(),
            require_subprotocol: false,
            lines: Vec::new(),
            origins: Accepted::Same,
            secure: None,
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

    /// Adds a field line to the answer that accepts.
    ///
    /// # Errors
    ///
    /// If the name is not a token, or one that the handshake sets itself; if the value has a control character.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, OptionsError> {
        push_line(&mut self.lines, name, value.as_ref())?;
        Ok(self)
    }

    /// Accepts pages of this origin, and of those named before, instead of the same origin: `https://example.com`, or
    /// `null` (RFC 6455 §10.2).
    ///
    /// # Errors
    ///
    /// If it is not a serialised origin.
    pub fn origin(mut self, origin: &str) -> Result<Self, OptionsError> {
        check_origin(origin)?;
        self.origins = match self.origins {
            Accepted::List(list) => Accepted::List(list + " " + origin),
            Accepted::Same | Accepted::Any => Accepted::List(origin.into()),
        };
        Ok(self)
    }

    /// Accepts pages of every origin: any web page can connect in the name of its visitors, with their cookies.
    #[must_use]
    pub fn danger_any_origin(mut self) -> Self {
        self.origins = Accepted::Any;
        self
    }

    /// Whether clients come over TLS: then the same origin must be `https`, otherwise `http`. Where it is not said, as
    /// behind a proxy that ends TLS, both are taken.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = Some(secure);
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

    /// Runs `judge` with the core's options, `lines` being the fields that are added.
    pub(crate) fn with_core<T>(&self, lines: &[u8], judge: impl FnOnce(&server::Options<'_>) -> T) -> T {
        let extensions = self.supported.extensions();
        let mut options = server::Options::new();
        options.subprotocols = self.supported.subprotocols();
        options.require_subprotocol = self.require_subprotocol;
        options.extensions = &extensions;
        options.origins = match &self.origins {
            Accepted::Same => OriginPolicy::Same { secure: self.secure },
            Accepted::List(list) => OriginPolicy::List(Origins::parse(list).unwrap_or_default()),
            Accepted::Any => OriginPolicy::DangerAny,
        };
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
            .field("secure", &self.secure)
            .field("limits", &self.limits)
            .field("discard", &self.discarded)
            .field("deadline", &self.deadline)
            .finish()
    }
}

/// What both roles bring to the negotiation.
#[derive(Clone, Default)]
struct Supported {
    /// With commas between them.
    subprotocols: String,
    extensions: Vec<Arc<dyn Extension>>,
}

impl Supported {
    fn subprotocol(&mut self, name: &str) -> Result<(), OptionsError> {
        SubprotocolError::check(name)?;
        let comma = if self.subprotocols.is_empty() { "" } else { ", " };
        let list = format!("{}{comma}{name}", self.subprotocols);
        Subprotocols::parse(&list)?;
        self.subprotocols = list;
        Ok(())
    }

    fn subprotocols(&self) -> Subprotocols<'_> {
        // Checked with every name that was added.
        Subprotocols::parse(&self.subprotocols).unwrap_or_default()
    }

    fn plain(&mut self, name: &str) -> Result<(), OptionsError> {
        self.add(Arc::new(Plain::new(name.to_owned()).map_err(|NotAToken| extension_error(name))?))
    }

    fn add(&mut self, extension: Arc<dyn Extension>) -> Result<(), OptionsError> {
        let name = extension.name();
        if Plain::new(name).is_err() || self.extensions.iter().any(|earlier| earlier.name() == name) {
            return Err(extension_error(name));
        }
        self.extensions.push(extension);
        Ok(())
    }

    fn extensions(&self) -> Vec<&dyn Extension> {
        self.extensions.iter().map(|extension| &**extension).collect()
    }
}

impl fmt::Debug for Supported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extensions: Vec<&str> = self.extensions.iter().map(|extension| extension.name()).collect();
        write!(f, "{:?}, {extensions:?}", self.subprotocols)
    }
}

/// Appends `name: value` to lines that are legal.
pub(crate) fn push_line(lines: &mut Vec<u8>, name: &str, value: &[u8]) -> Result<(), FieldError> {
    ExtraFields::check(name.as_bytes(), value)?;
    for piece in [name.as_bytes(), b": ", value, b"\r\n"] {
        lines.extend_from_slice(piece);
    }
    Ok(())
}

/// Lines that [`push_line`] has written.
pub(crate) fn checked(lines: &[u8]) -> ExtraFields<'_> {
    ExtraFields::from_lines(lines).unwrap_or_default()
}

/// One serialised origin, and no more.
fn check_origin(origin: &str) -> Result<(), OptionsError> {
    let single = !origin.is_empty() && !origin.contains(|char: char| char.is_ascii_whitespace());
    if single && Origins::parse(origin).is_ok() {
        Ok(())
    } else {
        Err(OptionsError(Problem::Origin(origin.into())))
    }
}

fn extension_error(name: &str) -> OptionsError {
    OptionsError(Problem::Extension(name.into()))
}

/// An option that can't be: a name that is no token or is there already, a field that can't be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionsError(Problem);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Problem {
    Extension(String),
    Field(FieldError),
    Origin(String),
    Subprotocol(SubprotocolError),
}

impl From<FieldError> for OptionsError {
    fn from(error: FieldError) -> Self {
        Self(Problem::Field(error))
    }
}

impl From<SubprotocolError> for OptionsError {
    fn from(error: SubprotocolError) -> Self {
        Self(Problem::Subprotocol(error))
    }
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Problem::Extension(name) => write!(f, "extension {name:?}: not a token, or named twice"),
            Problem::Field(error) => error.fmt(f),
            Problem::Origin(origin) => {
                write!(f, "origin {origin:?}: not null, nor a scheme, a host and perhaps a port")
            }
            Problem::Subprotocol(error) => error.fmt(f),
        }
    }
}

impl Error for OptionsError {}
