//! A client's options, and their check.

use core::fmt;

use crate::error::Excerpt;
use crate::extension::Extension;
use crate::field::{ExtraFields, Field, FieldError, FieldProblem};
use crate::limits::Limits;
use crate::origin;
use crate::rules::is_token;
use crate::shown::Shown;
use crate::subprotocol::Subprotocols;
use crate::uri::Uri;

/// What a client offers, and the fields that it adds. The default offers no subprotocols and no extensions.
///
/// The settings of a connection borrow `'p`, the names of the subprotocols, and not `'o`, all the rest.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct Options<'p, 'o> {
    /// The value of `Origin`: the origin of the code that connects (RFC 6455 §4.1 item 8). Only browsers must send
    /// it.
    pub origin: Option<&'o str>,
    /// The subprotocols offered, in order of preference.
    pub subprotocols: Subprotocols<'p>,
    /// The extensions offered, in order of preference.
    pub extensions: &'o [&'o dyn Extension],
    /// Field lines that are added to the request.
    pub fields: ExtraFields<'o>,
    /// The limits of everything that a peer can make grow.
    pub limits: Limits,
}

impl Options<'_, '_> {
    /// Returns the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks that a request to this URI can be made.
    pub(super) fn check(&self, uri: &Uri<'_>) -> Result<(), OptionsError> {
        let fields = &self.fields;
        let wrong = |problem, value| Err(OptionsError { problem, value: Excerpt::new(value) });
        for Field { name, value } in fields.iter() {
            ExtraFields::check_request(name, value).map_err(OptionsError::field)?;
        }
        if let Some(origin) = self.origin {
            if !origin::is_serialized(origin) {
                return wrong(OptionsProblem::Origin, Shown::told(origin.as_bytes()));
            }
        }
        if usize::from(self.origin.is_some()) + fields.count("Origin") > 1 {
            return wrong(OptionsProblem::OriginTwice, Shown::Length(0));
        }
        if usize::from(uri.has_userinfo()) + fields.count("Authorization") > 1 {
            return wrong(OptionsProblem::AuthorizationTwice, Shown::Length(0));
        }
        for (place, extension) in self.extensions.iter().enumerate() {
            let name = extension.name();
            let earlier = self.extensions.iter().take(place);
            if !is_token(name.as_bytes()) || earlier.into_iter().any(|earlier| earlier.name() == name) {
                return wrong(OptionsProblem::ExtensionName, Shown::name(name.as_bytes()));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Options<'_, '_> {
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
