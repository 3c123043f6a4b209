//! Hands connections of axum over to tokio-tungstenite, and echoes messages.
//!
//! ```sh
//! cargo run -p frameworks --example axum_tungstenite -- --listen 127.0.0.1:9001
//! ```

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::any;
use clap::Parser;
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Result;
use tokio_tungstenite::tungstenite::protocol::Role;
use websocket_upgrade::axum::Upgrade;
use websocket_upgrade::hyper::Stream;
use websocket_upgrade::{ServerOptions, Upgraded};

mod kit;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Err(error) = run(&kit::Arguments::parse()).await;
    eprintln!("{error}");
    ExitCode::FAILURE
}

async fn run(arguments: &kit::Arguments) -> kit::Result<Infallible> {
    // The codec has no compression, so `--deflate` has no effect.
    let app = Router::new()
        .route("/", any(upgrade))
        .layer(map_response(async |response: Response| kit::watch(response)))
        .with_state(arguments.options()?);
    arguments.serve(app).await
}

async fn upgrade(State(options): State<Arc<ServerOptions>>, upgrade: Upgrade) -> Response {
    upgrade.options(options).on_upgrade(async |upgraded| {
        if let Err(error) = echo(upgraded).await {
            eprintln!("{error}");
        }
    })
}

async fn echo(upgraded: Upgraded<Stream>) -> Result<()> {
    // The codec has a buffer for the bytes behind the head.
    let (io, early) = upgraded.into_stream().into_parts();
    let mut socket = WebSocketStream::from_partially_read(io, early.into(), Role::Server, None).await;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}
