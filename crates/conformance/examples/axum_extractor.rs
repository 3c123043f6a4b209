//! Runs the suite against an echo server on axum's own extractor, and prints the table.
//!
//! ```sh
//! cargo run -p websocket-upgrade-conformance --example axum_extractor
//! ```

use std::error::Error;

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::any;
use tokio::net::TcpListener;
use websocket_upgrade_conformance::server::ServerSuite;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("ws://{}/", listener.local_addr()?);
    let app = Router::new().route("/", any(route));
    tokio::spawn(async move { axum::serve(listener, app).await });

    let report = ServerSuite::new(&url)?.jobs(8).run().await;
    println!("{report}");
    Ok(())
}

async fn route(upgrade: WebSocketUpgrade) -> Response {
    upgrade.protocols(["chat"]).on_upgrade(echo)
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if matches!(message, Message::Text(_) | Message::Binary(_)) && socket.send(message).await.is_err() {
            return;
        }
    }
}
