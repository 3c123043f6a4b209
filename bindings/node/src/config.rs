//! The options, sent as JSON once for many handshakes, and their form in the core.
#![forbid(unsafe_code)]

use serde::Deserialize;
use serde::de::DeserializeOwned;
use websocket_upgrade_proto as proto;

use proto::authority::{Authorities, AuthorityError};
use proto::extension::Extension;
use proto::origin::{OriginError, OriginPolicy, OriginProblem, Origins};
use proto::subprotocol::{SubprotocolError, Subprotocols};
use proto::{ExtraFields, Limits, client, server};

use crate::extension::{Named, add_list};
use crate::text::{self, shown};

/// The options of either role. Those of the other role are ignored.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Source {
    extensions: Vec<ExtensionSource>,
    protocols: Vec<String>,
    require_protocol: bool,
    origin: Option<String>,
    origins: OriginsSource,
    same_origin_as: Option<String>,
    authorities: Option<Vec<String>>,
    danger_no_key: bool,
    headers: Vec<(String, String)>,
    limits: LimitsSource,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ExtensionSource {
    Name(String),
    Named(Named),
    List { list: String },
}

/// The origins that a server accepts: the same origin, a list, or all.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
enum OriginsSource {
    #[default]
    Same,
    List(Vec<String>),
    DangerAny,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct LimitsSource {
    head: Option<u32>,
    target: Option<u32>,
    fields: Option<u32>,
    offers: Option<u32>,
    interim: Option<u32>,
    refusal_body: Option<u32>,
    refusal_overhead: Option<u32>,
}

impl From<&LimitsSource> for Limits {
    fn from(source: &LimitsSource) -> Self {
        let mut limits = Self::new();
        let set = |limit: &mut usize, value: Option<u32>| {
            *limit = value.map_or(*limit, |value| usize::try_from(value).unwrap_or(usize::MAX));
        };
        set(&mut limits.head, source.head);
        set(&mut limits.target, source.target);
        set(&mut limits.fields, source.fields);
        set(&mut limits.offers, source.offers);
        set(&mut limits.interim, source.interim);
        set(&mut limits.refusal_body, source.refusal_body);
        set(&mut limits.refusal_overhead, source.refusal_overhead);
        limits
    }
}

/// Checked options, in the form that the core borrows.
#[derive(Default)]
pub(crate) struct Config {
    extensions: Vec<Box<dyn Extension>>,
    subprotocols: String,
    require_subprotocol: bool,
    origin: Option<String>,
    origins: OriginsSource,
    /// The list, separated by spaces.
    listed: String,
    same_as: Option<String>,
    /// The list, separated by spaces.
    authorities: Option<String>,
    danger_no_key: bool,
    lines: Vec<u8>,
    limits: Limits,
}

impl Config {
    pub(crate) fn parse(json: &[u8]) -> Result<Self, String> {
        let source: Source = from_json(json)?;
        let mut extensions = Vec::new();
        for extension in &source.extensions {
            match extension {
                ExtensionSource::Name(name) => {
                    extensions.push(Named::plain(name).build().map_err(|error| wrong(&error))?);
                }
                ExtensionSource::Named(named) => {
                    extensions.push(named.build().map_err(|error| wrong(&error))?);
                }
                ExtensionSource::List { list } => {
                    add_list(list, &mut extensions).map_err(|error| wrong(&error))?;
                }
            }
        }
        for (place, extension) in extensions.iter().enumerate() {
            let name = extension.name();
            if extensions.iter().take(place).any(|earlier| earlier.name() == name) {
                return Err(wrong(&format_args!("extension{}: named twice", shown(name))));
            }
        }
        for name in &source.protocols {
            SubprotocolError::check(name).map_err(|error| wrong(&error))?;
        }
        let subprotocols = source.protocols.join(", ");
        Subprotocols::parse(&subprotocols).map_err(|error| wrong(&error))?;
        let mut listed = String::new();
        if let OriginsSource::List(origins) = &source.origins {
            for origin in origins {
                OriginError::check(origin).map_err(|error| wrong(&origin_error(error)))?;
            }
            listed = origins.join(" ");
        }
        for authority in source.authorities.iter().flatten() {
            AuthorityError::check(authority).map_err(|error| wrong(&error))?;
        }
        Ok(Self {
            extensions,
            subprotocols,
            require_subprotocol: source.require_protocol,
            origin: source.origin,
            origins: source.origins,
            listed,
            same_as: source.same_origin_as,
            authorities: source.authorities.map(|authorities| authorities.join(" ")),
            danger_no_key: source.danger_no_key,
            lines: lines(&source.headers)?,
            limits: Limits::from(&source.limits),
        })
    }

    /// Returns the core's extensions, from which its options borrow.
    pub(crate) fn extensions(&self) -> Vec<&dyn Extension> {
        self.extensions.iter().map(|extension| &**extension).collect()
    }

    #[cfg(feature = "vectors")]
    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn client<'p>(&'p self, extensions: &'p [&'p dyn Extension]) -> client::Options<'p, 'p> {
        let mut options = client::Options::new();
        options.origin = self.origin.as_deref();
        options.subprotocols = self.subprotocols();
        options.extensions = extensions;
        options.fields = self.fields();
        options.limits = self.limits;
        options
    }

    /// Makes the core's options. `secure` says whether the request came over TLS, or is `None` if unknown.
    pub(crate) fn server<'p>(
        &'p self,
        extensions: &'p [&'p dyn Extension],
        secure: Option<bool>,
    ) -> server::Options<'p, 'p> {
        let mut options = server::Options::new();
        options.subprotocols = self.subprotocols();
        options.require_subprotocol = self.require_subprotocol;
        options.extensions = extensions;
        options.origins = match self.origins {
            OriginsSource::Same => OriginPolicy::Same { secure, authority: self.same_as.as_deref() },
            OriginsSource::List(_) => OriginPolicy::List(Origins::parse(&self.listed).unwrap_or_default()),
            OriginsSource::DangerAny => OriginPolicy::DangerAny,
        };
        // A trusted proxy has checked the scheme, and reports the authority.
        options.secure = secure.filter(|_| self.same_as.is_none());
        options.authority = self.same_as.as_deref();
        options.authorities =
            self.authorities.as_deref().map(|list| Authorities::parse(list).unwrap_or_default());
        options.danger_no_key = self.danger_no_key;
        options.fields = self.fields();
        options.limits = self.limits;
        options
    }

    // Both were checked when the options were read.

    fn subprotocols(&self) -> Subprotocols<'_> {
        if self.subprotocols.is_empty() {
            return Subprotocols::NONE;
        }
        Subprotocols::parse(&self.subprotocols).unwrap_or_default()
    }

    fn fields(&self) -> ExtraFields<'_> {
        if self.lines.is_empty() {
            return ExtraFields::NONE;
        }
        ExtraFields::from_lines(&self.lines).unwrap_or_default()
    }
}

/// Writes the added field lines. The core checks each of them.
pub(crate) fn lines(headers: &[(String, String)]) -> Result<Vec<u8>, String> {
    let mut lines = Vec::new();
    for (name, value) in headers {
        let value = text::bytes(value).ok_or_else(|| {
            wrong(&format_args!("field{}: a character of the value is no byte", shown(name)))
        })?;
        ExtraFields::check(name.as_bytes(), &value).map_err(|error| wrong(&error))?;
        lines.extend([name.as_bytes(), b": ", &value, b"\r\n"].concat());
    }
    Ok(lines)
}

/// Returns the message of an origin error. It names the option that accepts every origin, if the member means that.
fn origin_error(error: OriginError) -> String {
    match error.problem() {
        OriginProblem::Every => format!("{error}, or accept every origin: dangerAnyOrigin"),
        _ => error.to_string(),
    }
}

/// Makes the error of an invalid option.
pub(crate) fn wrong(problem: &dyn std::fmt::Display) -> String {
    problem.to_string()
}

/// Reads JSON that JavaScript has made from values that it has checked.
pub(crate) fn from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    // The messages of the JSON parser would not help the caller.
    serde_json::from_slice(json).map_err(|_| "options of other types".to_owned())
}
