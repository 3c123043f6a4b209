//! What the options of both roles share. Each option is checked when it is given.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use websocket_upgrade_proto as proto;

use proto::ExtraFields;
use proto::authority::AuthorityError;
use proto::error::Excerpt;
use proto::extension::{Extension, NotAToken, Plain};
use proto::field::FieldError;
use proto::origin::{OriginError, OriginProblem};
use proto::subprotocol::{SubprotocolError, Subprotocols};

/// The time a handshake may take unless the options say otherwise.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// The HTTP versions that a client can use on a connection. TLS offers them by ALPN (RFC 7301).
#[cfg(any(dials, feature = "rustls"))]
#[cfg_attr(not(dials), allow(dead_code))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alpn {
    /// HTTP/1.1 alone: `h2` is never offered, or the server might take it.
    Http11,
    /// HTTP/2 rather than HTTP/1.1.
    #[cfg(feature = "http2")]
    Http2,
}

/// The subprotocols and extensions that a role offers or supports.
#[derive(Clone, Default)]
pub(crate) struct Supported {
    /// Separated by commas.
    subprotocols: String,
    extensions: Vec<Arc<dyn Extension>>,
}

impl Supported {
    pub(crate) fn subprotocol(&mut self, name: &str) -> Result<(), OptionsError> {
        SubprotocolError::check(name)?;
        let comma = if self.subprotocols.is_empty() { "" } else { ", " };
        let list = format!("{}{comma}{name}", self.subprotocols);
        Subprotocols::parse(&list)?;
        self.subprotocols = list;
        Ok(())
    }

    pub(crate) fn subprotocols(&self) -> Subprotocols<'_> {
        if self.subprotocols.is_empty() {
            return Subprotocols::NONE;
        }
        // Checked with every name that was added.
        Subprotocols::parse(&self.subprotocols).unwrap_or_default()
    }

    pub(crate) fn plain(&mut self, name: &str) -> Result<(), OptionsError> {
        self.add(Arc::new(Plain::new(name.to_owned()).map_err(|NotAToken| extension_error(name))?))
    }

    pub(crate) fn add(&mut self, extension: Arc<dyn Extension>) -> Result<(), OptionsError> {
        let name = extension.name();
        if Plain::new(name).is_err() || self.extensions.iter().any(|earlier| earlier.name() == name) {
            return Err(extension_error(name));
        }
        self.extensions.push(extension);
        Ok(())
    }

    pub(crate) fn extensions(&self) -> Vec<&dyn Extension> {
        self.extensions.iter().map(|extension| &**extension).collect()
    }

    /// Calls `with` with the extensions. The usual number of them, one at most, needs no allocation.
    pub(crate) fn with_extensions<T>(&self, with: impl FnOnce(&[&dyn Extension]) -> T) -> T {
        let (one, all);
        with(match &*self.extensions {
            [] => &[],
            [extension] => {
                one = [&**extension];
                &one
            }
            _ => {
                all = self.extensions();
                &all
            }
        })
    }
}

impl fmt::Debug for Supported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extensions: Vec<&str> = self.extensions.iter().map(|extension| extension.name()).collect();
        // A client may have a token among its subprotocols.
        write!(f, "{:?}, {extensions:?}", self.subprotocols())
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

/// As [`push_line`], for a client's request.
pub(crate) fn push_request_line(lines: &mut Vec<u8>, name: &str, value: &[u8]) -> Result<(), FieldError> {
    ExtraFields::check_request(name.as_bytes(), value)?;
    push_line(lines, name, value)
}

/// Lines that [`push_line`] has written.
pub(crate) fn checked(lines: &[u8]) -> ExtraFields<'_> {
    ExtraFields::from_lines(lines).unwrap_or_default()
}

/// One serialised origin, and no more.
pub(crate) fn check_origin(origin: &str) -> Result<(), OptionsError> {
    // A list may have patterns, but none is anyone's origin.
    if origin.contains('*') { Err(OptionsError(Problem::Origin)) } else { Ok(OriginError::check(origin)?) }
}

fn extension_error(name: &str) -> OptionsError {
    OptionsError(Problem::Extension(Excerpt::of_name(name)))
}

/// An option that is not valid: a name that is not a token or is given twice, a field that can't be added, and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionsError(Problem);

impl OptionsError {
    pub(crate) fn credentials() -> Self {
        Self(Problem::Credentials)
    }

    /// Shows nothing of the proxy's URL: it may have a password.
    #[cfg(feature = "proxy")]
    pub(crate) fn proxy(problem: &'static str) -> Self {
        Self(Problem::Proxy(problem))
    }

    #[cfg(dials)]
    pub(crate) fn place(place: &str) -> Self {
        Self(Problem::Place(Excerpt::of_place(place)))
    }

    #[cfg(feature = "rustls")]
    pub(crate) fn tls(problem: impl Into<String>) -> Self {
        Self(Problem::Tls(problem.into()))
    }

    pub(crate) fn network(network: &str) -> Self {
        Self(Problem::Network(Excerpt::of_place(network)))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Problem {
    Authority(AuthorityError),
    Credentials,
    Extension(Option<Excerpt>),
    Field(FieldError),
    Listed(OriginError),
    Network(Option<Excerpt>),
    Origin,
    #[cfg(dials)]
    Place(Option<Excerpt>),
    #[cfg(feature = "proxy")]
    Proxy(&'static str),
    Subprotocol(SubprotocolError),
    #[cfg(feature = "rustls")]
    Tls(String),
}

impl From<AuthorityError> for OptionsError {
    fn from(error: AuthorityError) -> Self {
        Self(Problem::Authority(error))
    }
}

impl From<FieldError> for OptionsError {
    fn from(error: FieldError) -> Self {
        Self(Problem::Field(error))
    }
}

impl From<OriginError> for OptionsError {
    fn from(error: OriginError) -> Self {
        Self(Problem::Listed(error))
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
            Problem::Authority(error) => error.fmt(f),
            Problem::Credentials => f.write_str("credentials: a character that they can't have"),
            Problem::Extension(Some(name)) => write!(f, "extension {name}: not a token, or named twice"),
            Problem::Extension(None) => f.write_str("extension: not a token, or named twice"),
            Problem::Field(error) => error.fmt(f),
            Problem::Listed(error) if error.problem() == OriginProblem::Every => {
                write!(f, "{error}, or accept every origin: danger_any_origin")
            }
            Problem::Listed(error) => error.fmt(f),
            Problem::Network(Some(network)) => {
                write!(f, "network {network}: neither an address nor a network")
            }
            Problem::Network(None) => f.write_str("network: neither an address nor a network"),
            Problem::Origin => f.write_str(
                "origin: a pattern is nobody's, expected null, or a scheme, a host and perhaps a port",
            ),
            #[cfg(dials)]
            Problem::Place(Some(place)) => write!(f, "place {place}: not a host and perhaps a port"),
            #[cfg(dials)]
            Problem::Place(None) => f.write_str("place: not a host and perhaps a port"),
            #[cfg(feature = "proxy")]
            Problem::Proxy(problem) => write!(f, "proxy: {problem}"),
            Problem::Subprotocol(error) => error.fmt(f),
            #[cfg(feature = "rustls")]
            Problem::Tls(problem) => write!(f, "TLS: {problem}"),
        }
    }
}

impl Error for OptionsError {}
