//! The library, with every check and limit.

use std::sync::LazyLock;

use futures_util::FutureExt;
use websocket_upgrade::{ClientOptions, ServerOptions};
use websocket_upgrade_proto::Limits;
use websocket_upgrade_proto::client::{self, Event, Handshake};
use websocket_upgrade_proto::head::Scan;
use websocket_upgrade_proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade_proto::server;
use websocket_upgrade_proto::uri::Uri;

use crate::floor::RESPONSE;
use crate::runtime;
use crate::wire::{self, Wire};

const URL: &str = "ws://server.example.com/chat";
const DEFLATE: PermessageDeflate = PermessageDeflate::new(Codec::ZLIB);

/// Returns the length of the 101, with permessage-deflate negotiated, or 0 for a rejection.
pub(crate) fn server(request: &'static [u8], out: &mut [u8]) -> usize {
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
pub(crate) fn client(_: &'static [u8], out: &mut [u8]) -> usize {
    let Ok(uri) = Uri::parse(URL) else { return 0 };
    let Ok(request) = client::Request::new(&uri, &client::Options::new()) else { return 0 };
    let mut handshake = Handshake::new(request, b"the sample nonce");
    let len = handshake.encode_h1(out).unwrap_or(0);
    let mut response = *RESPONSE;
    match handshake.receive(&mut response) {
        Ok(Event::Accepted { .. }) => len,
        _ => 0,
    }
}

/// Makes options with permessage-deflate only.
pub(crate) fn with_deflate() -> ServerOptions {
    ServerOptions::new().permessage_deflate(DEFLATE).unwrap_or_default()
}

/// As [`server()`], with the driver for tokio.
pub(crate) fn tokio_server(request: &'static [u8], _: &mut [u8]) -> usize {
    static OPTIONS: LazyLock<ServerOptions> = LazyLock::new(with_deflate);
    let accept = || websocket_upgrade::tokio::accept(Wire::from_client(request), &OPTIONS).now_or_never();
    match runtime::within(accept) {
        Some(Ok(_)) => wire::accepted(),
        _ => 0,
    }
}

/// As [`client()`], with the driver for tokio and a random nonce.
pub(crate) fn tokio_client(_: &'static [u8], _: &mut [u8]) -> usize {
    static OPTIONS: LazyLock<ClientOptions> = LazyLock::new(ClientOptions::new);
    let upgrade = || websocket_upgrade::tokio::upgrade_on(Wire::from_server(), URL, &OPTIONS).now_or_never();
    match runtime::within(upgrade) {
        Some(Ok(_)) => wire::sent(),
        _ => 0,
    }
}

/// Returns the length of a head that is complete at once, or 0 if it is refused.
pub(crate) fn whole(request: &'static [u8], _: &mut [u8]) -> usize {
    match server::read(request, &mut Scan::default(), &Limits::new()) {
        Ok(Some(request)) => request.head_len(),
        _ => 0,
    }
}

/// Returns the length of a head that is read again after every byte, or 0 if it is refused.
pub(crate) fn byte_by_byte(request: &'static [u8], _: &mut [u8]) -> usize {
    let (mut scan, limits) = (Scan::default(), Limits::new());
    for end in 1..=request.len() {
        match server::read(request.get(..end).unwrap_or_default(), &mut scan, &limits) {
            Ok(None) => {}
            Ok(Some(request)) => return request.head_len(),
            Err(_) => return 0,
        }
    }
    0
}
