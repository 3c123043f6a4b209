//! The drivers of the library, and the reading of growing heads, with every check and limit.

use std::sync::LazyLock;

use bench_core::proto::{DEFLATE, URL};
use futures_util::FutureExt;
use websocket_upgrade::{ClientOptions, ServerOptions};
use websocket_upgrade_proto::Limits;
use websocket_upgrade_proto::head::Scan;
use websocket_upgrade_proto::server;

use crate::runtime;
use crate::wire::{self, Wire};

/// Makes options with permessage-deflate only.
pub(crate) fn with_deflate() -> ServerOptions {
    ServerOptions::new().permessage_deflate(DEFLATE).unwrap_or_default()
}

/// As [`server`](bench_core::proto::server), with the driver for tokio.
pub(crate) fn tokio_server(request: &'static [u8], _: &mut [u8]) -> usize {
    static OPTIONS: LazyLock<ServerOptions> = LazyLock::new(with_deflate);
    let accept = || websocket_upgrade::tokio::accept(Wire::from_client(request), &OPTIONS).now_or_never();
    match runtime::within(accept) {
        Some(Ok(_)) => wire::accepted(),
        _ => 0,
    }
}

/// As [`client`](bench_core::proto::client), with the driver for tokio and a random nonce.
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
