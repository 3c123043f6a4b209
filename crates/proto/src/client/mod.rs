//! The client's side of the opening handshake (RFC 6455 §4.1).
//!
//! ```
//! use websocket_upgrade_proto::client::{Event, Handshake, Options, Request};
//! use websocket_upgrade_proto::uri::Uri;
//!
//! let uri = Uri::parse("ws://example.com/chat")?;
//! let request = Request::new(&uri, &Options::new())?;
//! let nonce = *b"the sample nonce"; // 16 random bytes, new ones every time
//! let mut handshake = Handshake::new(request, &nonce);
//! let mut head = [0; 512];
//! let len = handshake.encode_h1(&mut head)?;
//! assert!(head[..len].starts_with(b"GET /chat HTTP/1.1\r\nHost: example.com\r\n"));
//!
//! let mut received = *b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
//!     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
//! match handshake.receive(&mut received)? {
//!     Event::Accepted { settings, .. } => assert_eq!(settings.subprotocol(), None),
//!     _ => unreachable!("this is a 101"),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::fmt;

use crate::error::Excerpt;
use crate::extension::{self, Extension};
use crate::field::{ExtraFields, Field, FieldError, FieldProblem};
use crate::key::Key;
use crate::limits::Limits;
use crate::origin;
use crate::rules::is_token;
use crate::shown::Shown;
use crate::subprotocol::Subprotocols;
use crate::uri::Uri;
use crate::write::{BufferTooSmall, Writer};

mod body;
mod connect;
mod handshake;
#[cfg(feature = "http")]
mod http;
mod reason;
mod verify;

pub use body::{Body, BodyState, Truncation};
pub use connect::{ExtendedConnect, Verdict};
pub use handshake::{Event, Handshake, Progress};
pub use reason::{ResponseError, ResponseReason};

/// What a client offers, and the fields that it adds. The default offers no subprotocols and no extensions.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct Options<'p> {
    /// The value of `Origin`: the origin of the code that connects (RFC 6455 §4.1 item 8). Only browsers must send it.
    pub origin: Option<&'p str>,
    /// The subprotocols offered, in order of preference.
    pub subprotocols: Subprotocols<'p>,
    /// The extensions offered, in order of preference.
    pub extensions: &'p [&'p dyn Extension],
    /// Field lines that are added to the request.
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

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, subprotocols, extensions, fields, limits } = self;
        f.debug_struct("Options")
            .field("origin", &origin.map(|origin| Excerpt::new(Shown::told(origin.as_bytes()))))
            .field("subprotocols", subprotocols)
            .field("extensions", &extensions.len())
            .field("fields", fields)
            .field("limits", limits)
            .finish()
    }
}

/// A checked request to upgrade. It can be encoded, and a response can be verified against it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'p> {
    uri: Uri<'p>,
    options: Options<'p>,
}

impl<'p> Request<'p> {
    /// Builds a request to this URI (RFC 6455 §4.1).
    ///
    /// # Errors
    ///
    /// If options contradict each other or can't be written. An example is an added field that
    /// [`ExtraFields::check_request`] refuses.
    pub fn new(uri: &Uri<'p>, options: &Options<'p>) -> Result<Self, OptionsError> {
        let fields = &options.fields;
        let wrong = |problem, value| Err(OptionsError { problem, value: Excerpt::new(value) });
        for Field { name, value } in fields.iter() {
            ExtraFields::check_request(name, value).map_err(OptionsError::field)?;
        }
        if let Some(origin) = options.origin {
            if !origin::is_serialized(origin) {
                return wrong(OptionsProblem::Origin, Shown::told(origin.as_bytes()));
            }
        }
        if usize::from(options.origin.is_some()) + fields.count("Origin") > 1 {
            return wrong(OptionsProblem::OriginTwice, Shown::Length(0));
        }
        if usize::from(uri.has_userinfo()) + fields.count("Authorization") > 1 {
            return wrong(OptionsProblem::AuthorizationTwice, Shown::Length(0));
        }
        for (place, extension) in options.extensions.iter().enumerate() {
            let name = extension.name();
            let earlier = options.extensions.iter().take(place);
            if !is_token(name.as_bytes()) || earlier.into_iter().any(|earlier| earlier.name() == name) {
                return wrong(OptionsProblem::ExtensionName, Shown::name(name.as_bytes()));
            }
        }
        Ok(Self { uri: *uri, options: *options })
    }

    /// Returns the limits for the response.
    pub fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// Writes the request (RFC 6455 §4.1) and returns its length in bytes.
    ///
    /// # Errors
    ///
    /// If the request does not fit; the error has the number of bytes needed.
    pub fn encode_h1(&self, key: &Key, dst: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let mut out = Writer::new(dst);
        // Writing to `out` never fails: a full writer only counts.
        out.put(b"GET ");
        let target = self.uri.write_target(&mut out);
        out.put(b" HTTP/1.1\r\nHost: ");
        let authority = self.uri.write_authority(&mut out);
        debug_assert!(target.and(authority).is_ok());
        out.put(
            b"\r\nUpgrade: websocket\r\n\
              Connection: Upgrade\r\n\
              Sec-WebSocket-Version: 13\r\n\
              Sec-WebSocket-Key: ",
        );
        out.put(key.as_bytes());
        out.put(b"\r\n");
        self.put_fields(&mut out);
        out.put(self.options.fields.as_bytes());
        out.put(b"\r\n");
        out.finish()
    }

    /// Writes the field lines of an extended CONNECT in the form of HTTP/1.1, and returns their length in bytes.
    #[cfg(feature = "http")]
    pub(crate) fn encode_connect(&self, dst: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let mut out = Writer::new(dst);
        out.put(b"Sec-WebSocket-Version: 13\r\n");
        self.put_fields(&mut out);
        for Field { name, value } in self.options.fields.over_stream() {
            out.put_all(&[name, b": ", value, b"\r\n"]);
        }
        out.finish()
    }

    /// Returns the URI of the request.
    #[cfg(feature = "http")]
    pub(crate) fn uri(&self) -> &Uri<'p> {
        &self.uri
    }

    /// Writes the field lines that are the same in every HTTP version, without the added ones.
    #[inline]
    fn put_fields(&self, out: &mut Writer<'_>) {
        let Options { origin, subprotocols, extensions, .. } = &self.options;
        if let Some(origin) = origin {
            out.put_all(&[b"Origin: ", origin.as_bytes(), b"\r\n"]);
        }
        if self.uri.has_userinfo() {
            out.put(b"Authorization: ");
            self.uri.write_authorization(out);
            out.put(b"\r\n");
        }
        let mut before: &[u8] = b"Sec-WebSocket-Protocol: ";
        for name in subprotocols.iter() {
            out.put_all(&[before, name.as_bytes()]);
            before = b", ";
        }
        if before == b", " {
            out.put(b"\r\n");
        }
        let start = out.len();
        out.put(b"Sec-WebSocket-Extensions: ");
        if extension::write_offers(extensions, out) > 0 {
            out.put(b"\r\n");
        } else {
            out.truncate(start);
        }
    }
}

/// The error for options that can't make a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionsError {
    problem: OptionsProblem,
    value: Option<Excerpt>,
}

impl OptionsError {
    fn field(error: FieldError) -> Self {
        Self { problem: OptionsProblem::Field(error.problem), value: error.name }
    }

    /// Returns what is wrong.
    pub fn problem(&self) -> OptionsProblem {
        self.problem
    }
}

/// What is wrong with a client's options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionsProblem {
    /// `Authorization` is twice among the added fields, or is added while the URI has user information.
    AuthorizationTwice,
    /// The name of an extension is not a token, or two extensions have the same name.
    ExtensionName,
    /// An added field that a request can't have: see [`ExtraFields::check_request`].
    Field(FieldProblem),
    /// The origin is neither `null` nor a scheme, a host and an optional port.
    Origin,
    /// `Origin` is twice among the added fields, or is added while the option is set.
    OriginTwice,
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value =
            |f: &mut fmt::Formatter<'_>| self.value.map_or(Ok(()), |value| write!(f, ", got {value}"));
        match self.problem {
            OptionsProblem::AuthorizationTwice => {
                f.write_str("Authorization: given twice, as a field or as user information of the URI")
            }
            OptionsProblem::Field(problem) => FieldError { problem, name: self.value }.fmt(f),
            OptionsProblem::ExtensionName => {
                f.write_str("extension: not a token, or named twice")?;
                value(f)
            }
            OptionsProblem::Origin => {
                f.write_str("Origin: not null, nor a scheme, a host and perhaps a port")?;
                value(f)
            }
            OptionsProblem::OriginTwice => f.write_str("Origin: given twice, as a field or as an option"),
        }
    }
}

impl core::error::Error for OptionsError {}
