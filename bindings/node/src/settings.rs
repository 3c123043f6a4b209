//! The agreed settings as an object.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use serde::Serialize;
use websocket_upgrade_proto as proto;

use proto::extension::{Member, Params};

/// The agreed settings. It is an empty object if nothing is shared.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    /// The subprotocol in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<String>,
    /// The extensions in use, in the order of the response.
    #[serde(skip_serializing_if = "Option::is_none")]
    extensions: Option<Vec<Extension>>,
    /// The parameters of permessage-deflate with the client's hints, if it is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    permessage_deflate: Option<Agreement>,
}

/// A name, or a name and its parameters.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Extension {
    Plain(String),
    WithParams { name: String, params: BTreeMap<String, Value> },
}

/// The value of a parameter: `true` for one without a value.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Value {
    Flag(bool),
    Token(String),
}

/// The parameters of permessage-deflate (RFC 7692 §7.1).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Agreement {
    /// Whether the server drops its window after every message.
    server_no_context_takeover: bool,
    /// Whether the client drops its window after every message.
    client_no_context_takeover: bool,
    /// The largest window that the server compresses with.
    server_max_window_bits: u8,
    /// The largest window that the client compresses with.
    client_max_window_bits: u8,
    /// Whether this side must send all messages uncompressed.
    must_not_compress: bool,
}

impl Settings {
    /// Returns the settings in a word if they are usual ones: 0 if nothing is shared, or permessage-deflate alone,
    /// without parameters in the response. Its lowest bits are 1, the two of the takeover, and whether this side must
    /// not compress. From the 8th and 16th bit on there are the window bits of the server and the client.
    ///
    /// To write JSON and to parse it costs more than the rest of a handshake.
    pub(crate) fn word(settings: &proto::Settings<'_>) -> Option<u32> {
        if settings.subprotocol().is_some() {
            return None;
        }
        let mut extensions = settings.extensions().iter();
        let Some(first) = extensions.next() else {
            return Some(0);
        };
        if extensions.next().is_some() || !first.params().is_empty() {
            return None;
        }
        let agreement = settings.permessage_deflate()?;
        Some(
            1 | u32::from(agreement.server_no_context_takeover) << 1
                | u32::from(agreement.client_no_context_takeover) << 2
                | u32::from(agreement.must_not_compress) << 3
                | u32::from(agreement.server_max_window_bits.get()) << 8
                | u32::from(agreement.client_max_window_bits.get()) << 16,
        )
    }
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
            must_not_compress: agreement.must_not_compress,
        });
        Self { protocol, extensions: Some(extensions.iter().map(extension).collect()), permessage_deflate }
    }
}

/// Converts a member of a list.
pub(crate) fn extension(member: Member<'_>) -> Extension {
    let name = member.name().to_owned();
    if member.params().is_empty() {
        return Extension::Plain(name);
    }
    Extension::WithParams { name, params: params(member.params()) }
}

fn params(params: Params<'_>) -> BTreeMap<String, Value> {
    let value = |value: Option<_>| match value {
        Some(value) => Value::Token(ToString::to_string(&value)),
        None => Value::Flag(true),
    };
    params.into_iter().map(|param| (param.name().to_owned(), value(param.value()))).collect()
}
