//! What an attempt asks for, as options of our client.

use std::error::Error;
use std::fs;
use std::time::Duration;

use websocket_upgrade::proto::permessage_deflate::{Codec, Offer, PermessageDeflate};
use websocket_upgrade::{ClientOptions, TlsOptions};
use websocket_upgrade_conformance::case::Deflate;
use websocket_upgrade_conformance::client::Attempt;

/// Returns the options for an attempt.
pub(super) fn options(attempt: &Attempt) -> Result<ClientOptions, Box<dyn Error + Send + Sync>> {
    let mut options = ClientOptions::new().no_proxy();
    for name in &attempt.subprotocols {
        options = options.subprotocol(name)?;
    }
    let deflate = PermessageDeflate::new(Codec::FULL);
    options = match &attempt.deflate {
        Deflate::No => options,
        Deflate::Usual => options.permessage_deflate(deflate)?,
        Deflate::Params(params) => {
            let offer = Offer::parse(params).ok_or("parameters that are none")?;
            options.permessage_deflate(deflate.with_offer(offer)?)?
        }
    };
    // Without a wish of the suite, so much that a busy machine does not matter.
    options = options.deadline(attempt.timeout.unwrap_or(Duration::from_secs(60)));
    if let Some(ca) = &attempt.ca {
        let tls = TlsOptions::new().root_certificates(fs::read(ca)?)?.only_these_roots();
        options = options.tls(tls);
    }
    Ok(options)
}
