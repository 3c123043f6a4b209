//! The server for a request that hyper has read: the response to send, and the connection to come.

use bytes::Bytes;

use super::establish::{establish, take_upgrade};
use super::incoming::Incoming;
use super::judge::judge;
use super::upgrading::Upgrading;
use crate::observe::handshake_info::HandshakeInfo;
use crate::server::options::ServerOptions;
use crate::server::rejected::Rejected;
use crate::server::respond::decide;

/// Decides on a request that hyper has read. Returns the response to send, and a future of the connection.
///
/// # Errors
///
/// [`Rejected`], with the reason and the response to send. If [`Rejected::is_not_upgrade`] holds, the request does not
/// ask for WebSocket and is unchanged: answer it as plain HTTP.
pub fn handle_upgrade_request<B>(
    request: &mut http::Request<B>,
    options: &ServerOptions,
) -> Result<(http::Response<Bytes>, Upgrading), Rejected> {
    let info = options.info_of(request);
    let accepted = decide(judge(request).as_ref(), request.version(), options, b"", info)?;
    let on_upgrade = take_upgrade(request.extensions_mut());
    establish(accepted, on_upgrade, request.version(), info)
}

/// Validates a request that hyper has read, so that the application can look at it before it decides.
///
/// # Errors
///
/// As [`handle_upgrade_request`], except for errors that depend on the options.
pub fn receive<B>(request: &mut http::Request<B>) -> Result<Incoming<'_, B>, Rejected> {
    let info = HandshakeInfo::of_request(request, None);
    match judge(request) {
        Ok(_) => Ok(Incoming::new(request, info)),
        Err(error) => Err(Rejected::request(error, request.version(), info)),
    }
}
