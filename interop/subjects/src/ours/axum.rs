//! In a route of axum, over HTTP/1.1 and HTTP/2.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::any;
use websocket_upgrade::ServerOptions;
use websocket_upgrade::axum::Upgrade;
use yawc::Role;

use crate::echo::{listen, with_deflate};
use crate::offer::server_options;
use crate::outcome::Result;

pub(crate) async fn serve(subprotocols: &[String]) -> Result {
    let options = Arc::new(server_options(subprotocols, true)?);
    let app = Router::new().route("/", any(upgrade)).with_state(options);
    Ok(axum::serve(listen().await?, app).await?)
}

async fn upgrade(State(options): State<Arc<ServerOptions>>, upgrade: Upgrade) -> Response {
    upgrade.options(options).on_upgrade(async |upgraded| {
        // An error of a connection is the client's affair.
        let _ = with_deflate(upgraded, Role::Server).await;
    })
}
