//! What a client shall offer, and what a server supports.

use std::env;
use std::fs;
use std::time::Duration;

use websocket_upgrade::proto::permessage_deflate::{Codec, Offer as Deflate, PermessageDeflate};
use websocket_upgrade::{ClientOptions, ServerOptions, TlsOptions};

use crate::outcome::Result;

/// What a client shall offer, as the conformance suite says in the environment.
pub(crate) struct Offer {
    pub(crate) subprotocols: Vec<String>,
    /// The parameters of permessage-deflate, if it shall be offered.
    deflate: Option<String>,
    timeout: Option<Duration>,
    /// A file with the certificate authority to trust.
    authority: Option<String>,
}

impl Offer {
    pub(crate) fn from_environment() -> Result<Self> {
        let names = env::var("WS_SUBPROTOCOLS").unwrap_or_default();
        let subprotocols = names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let usual = || "client_max_window_bits".to_owned();
        let deflate = env::var("WS_DEFLATE").ok();
        let deflate = deflate.map(|_| env::var("WS_DEFLATE_PARAMS").unwrap_or_else(|_| usual()));
        let seconds = env::var("WS_TIMEOUT").ok().map(|seconds| seconds.parse()).transpose()?;
        let authority = env::var("WS_CA").ok();
        Ok(Self { subprotocols, deflate, timeout: seconds.map(Duration::from_secs), authority })
    }

    /// The same for a codec without compression.
    pub(crate) fn without_deflate(self) -> Self {
        Self { deflate: None, ..self }
    }

    /// Options of our clients.
    pub(crate) fn options(&self) -> Result<ClientOptions> {
        let mut options = ClientOptions::new().no_proxy();
        for name in &self.subprotocols {
            options = options.subprotocol(name)?;
        }
        if let Some(params) = &self.deflate {
            let offer = Deflate::parse(params).ok_or("WS_DEFLATE_PARAMS has other parameters")?;
            options = options.permessage_deflate(PermessageDeflate::new(Codec::ZLIB).with_offer(offer)?)?;
        }
        if let Some(timeout) = self.timeout {
            options = options.deadline(timeout);
        }
        if let Some(file) = &self.authority {
            let tls = TlsOptions::new().root_certificates(fs::read(file)?)?.only_these_roots();
            options = options.tls(tls);
        }
        Ok(options)
    }
}

/// Options of our servers.
pub(crate) fn server_options(subprotocols: &[String], deflate: bool) -> Result<ServerOptions> {
    let mut options = ServerOptions::new();
    for name in subprotocols {
        options = options.subprotocol(name)?;
    }
    Ok(if deflate { options.permessage_deflate(PermessageDeflate::new(Codec::ZLIB))? } else { options })
}
