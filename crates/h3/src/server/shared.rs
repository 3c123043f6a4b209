//! What the requests of a connection share.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::mpsc;
use websocket_upgrade::ServerOptions;
use websocket_upgrade::gate::Gate;

use super::streams::Streams;

/// What the requests of a connection share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: ServerOptions,
    pub(super) peer: SocketAddr,
    pub(super) gate: Option<Gate>,
    pub(super) streams: Arc<Streams>,
}

/// Keeps the connection's task alive, and with it the connection.
#[derive(Clone, Debug)]
pub(super) struct User(
    // Held, and never used.
    #[allow(dead_code)] pub(super) mpsc::Sender<Infallible>,
);
