//! The core, with every check and limit.

use std::sync::LazyLock;

use websocket_upgrade_proto::client::{self, Event, Handshake};
use websocket_upgrade_proto::head::Scan;
use websocket_upgrade_proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade_proto::server;
use websocket_upgrade_proto::uri::Uri;

use crate::requests::{NONCE, RESPONSE};

/// What the clients connect to.
pub const URL: &str = "ws://server.example.com/chat";

/// The extension that the servers negotiate.
pub const DEFLATE: PermessageDeflate = PermessageDeflate::new(Codec::ZLIB);

/// Returns the length of the 101, with permessage-deflate negotiated, or 0 for a rejection.
pub fn server(request: &'static [u8], out: &mut [u8]) -> usize {
    // They are made once, as in a service.
    static OPTIONS: LazyLock<server::Options<'static, 'static>> = LazyLock::new(|| {
        let mut options = server::Options::new();
        options.extensions = &[&DEFLATE];
        options
    });
    let options = &*OPTIONS;
    let Ok(Some(request)) = server::read(request, &mut Scan::default(), &options.limits) else { return 0 };
    let Ok(accepted) = request.accept(options) else { return 0 };
    accepted.encode_h1(out).unwrap_or(0)
}

/// Returns the length of the request, or 0 if the response is not accepted.
pub fn client(_: &'static [u8], out: &mut [u8]) -> usize {
    let Ok(uri) = Uri::parse(URL) else { return 0 };
    let Ok(request) = client::Request::new(&uri, &client::Options::new()) else { return 0 };
    let mut handshake = Handshake::new(request, NONCE);
    let len = handshake.encode_h1(out).unwrap_or(0);
    let mut response = *RESPONSE;
    match handshake.receive(&mut response) {
        Ok(Event::Accepted { .. }) => len,
        _ => 0,
    }
}
