//! The library, with every check and limit on.

use websocket_upgrade_proto::client::{self, Event, Handshake};
use websocket_upgrade_proto::extension::Extension;
use websocket_upgrade_proto::head::Scan;
use websocket_upgrade_proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade_proto::server;
use websocket_upgrade_proto::uri::Uri;

use crate::floor::RESPONSE;

/// Bytes of the 101, permessage-deflate negotiated; 0 for a rejection.
pub(crate) fn server(request: &[u8], out: &mut [u8]) -> usize {
    const DEFLATE: PermessageDeflate = PermessageDeflate::new(Codec::ZLIB);
    let extensions: [&dyn Extension; 1] = [&DEFLATE];
    let mut options = server::Options::new();
    options.extensions = &extensions;
    let Ok(Some(request)) = server::read(request, &mut Scan::default(), &options.limits) else { return 0 };
    let Ok(accepted) = request.accept(&options) else { return 0 };
    accepted.encode_h1(out).unwrap_or(0)
}

/// Bytes of the request; 0 if the response is not accepted.
pub(crate) fn client(_: &[u8], out: &mut [u8]) -> usize {
    let Ok(uri) = Uri::parse("ws://server.example.com/chat") else { return 0 };
    let Ok(request) = client::Request::new(&uri, &client::Options::new()) else { return 0 };
    let mut handshake = Handshake::new(request, b"the sample nonce");
    let len = handshake.encode_h1(out).unwrap_or(0);
    let mut response = *RESPONSE;
    match handshake.receive(&mut response) {
        Ok(Event::Accepted { .. }) => len,
        _ => 0,
    }
}
