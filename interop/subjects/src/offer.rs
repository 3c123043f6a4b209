//! What a client shall offer.

use std::env;

use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade::{ClientOptions, ServerOptions};

use crate::Result;

/// What a client shall offer, as the conformance suite says in the environment.
#[derive(Clone)]
pub(crate) struct Offer {
    pub(crate) subprotocols: Vec<String>,
    deflate: bool,
}

impl Offer {
    pub(crate) fn from_environment() -> Self {
        let names = env::var("WS_SUBPROTOCOLS").unwrap_or_default();
        let subprotocols = names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Self { subprotocols, deflate: env::var_os("WS_DEFLATE").is_some_and(|value| value == "1") }
    }

    /// The same for a codec without compression.
    pub(crate) fn without_deflate(&self) -> Self {
        Self { deflate: false, ..self.clone() }
    }

    /// Options of our clients.
    pub(crate) fn options(&self) -> Result<ClientOptions> {
        let mut options = ClientOptions::new().no_proxy();
        for name in &self.subprotocols {
            options = options.subprotocol(name)?;
        }
        Ok(if self.deflate { options.permessage_deflate(DEFLATE)? } else { options })
    }
}

/// Options of our servers.
pub(crate) fn server_options(subprotocols: &[String], deflate: bool) -> Result<ServerOptions> {
    let mut options = ServerOptions::new();
    for name in subprotocols {
        options = options.subprotocol(name)?;
    }
    Ok(if deflate { options.permessage_deflate(DEFLATE)? } else { options })
}

/// The codec compresses with zlib.
const DEFLATE: PermessageDeflate = PermessageDeflate::new(Codec::ZLIB);
