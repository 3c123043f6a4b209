//! The agreed settings as an object.

use std::collections::BTreeMap;

use napi::Either;
use napi_derive::napi;
use websocket_upgrade_proto as proto;

use proto::extension::{Member, Params};

/// The agreed settings. It is an empty object if nothing is shared.
#[napi(object, object_from_js = false)]
#[derive(Default)]
pub struct Settings {
    /// The subprotocol in use.
    pub protocol: Option<String>,
    /// The extensions in use, in the order of the response.
    pub extensions: Option<Vec<Extension>>,
    /// The parameters of permessage-deflate with the client's hints, if it is in use.
    pub permessage_deflate: Option<Agreement>,
}

/// A name, or a name and its parameters.
pub type Extension = Either<String, WithParams>;

/// An extension with its parameters.
#[napi(object, object_from_js = false)]
pub struct WithParams {
    /// The name.
    pub name: String,
    /// The parameters: `true` for one without a value.
    pub params: BTreeMap<String, Either<bool, String>>,
}

/// The parameters of permessage-deflate (RFC 7692 §7.1).
#[napi(object, object_from_js = false)]
pub struct Agreement {
    /// Whether the server drops its window after every message.
    pub server_no_context_takeover: bool,
    /// Whether the client drops its window after every message.
    pub client_no_context_takeover: bool,
    /// The largest window that the server compresses with.
    pub server_max_window_bits: u8,
    /// The largest window that the client compresses with.
    pub client_max_window_bits: u8,
}

impl From<&proto::Settings<'_>> for Settings {
    fn from(settings: &proto::Settings<'_>) -> Self {
        let protocol = settings.subprotocol().map(str::to_owned);
        let extensions = settings.extensions();
        if extensions.is_empty() {
            return Self { protocol, ..Self::default() };
        }
        let permessage_deflate = settings.permessage_deflate().map(|agreement| Agreement {
            server_no_context_takeover: agreement.server_no_context_takeover,
            client_no_context_takeover: agreement.client_no_context_takeover,
            server_max_window_bits: agreement.server_max_window_bits.get(),
            client_max_window_bits: agreement.client_max_window_bits.get(),
        });
        Self { protocol, extensions: Some(extensions.iter().map(extension).collect()), permessage_deflate }
    }
}

/// Converts a member of a list.
pub(crate) fn extension(member: Member<'_>) -> Extension {
    let name = member.name().to_owned();
    if member.params().is_empty() {
        return Either::A(name);
    }
    Either::B(WithParams { name, params: params(member.params()) })
}

fn params(params: Params<'_>) -> BTreeMap<String, Either<bool, String>> {
    let value = |value: Option<_>| match value {
        Some(value) => Either::B(ToString::to_string(&value)),
        None => Either::A(true),
    };
    params.into_iter().map(|param| (param.name().to_owned(), value(param.value()))).collect()
}
