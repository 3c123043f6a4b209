//! Hands connections of axum over to yawc, with compression, and echoes messages.
//!
//! ```sh
//! cargo run -p frameworks --example axum_yawc -- --listen 127.0.0.1:9001 --deflate
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
use websocket_upgrade::axum::Upgrade;
use websocket_upgrade::hyper::Stream;
use websocket_upgrade::{ServerOptions, Upgraded};
use yawc::{OpCode, Options, Result, Role, WebSocket};

mod kit;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Err(error) = run(&kit::Arguments::parse()).await;
    eprintln!("{error}");
    ExitCode::FAILURE
}

async fn run(arguments: &kit::Arguments) -> kit::Result<Infallible> {
    // `--deflate` agrees on compression, as far as zlib supports it.
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
    // The agreed parameters, with the client's hint.
    let agreed = upgraded.settings.permessage_deflate().map(|agreed| agreed.to_string());
    let codec =
        if agreed.is_some() { Options::default().with_balanced_compression() } else { Options::default() };
    // The codec reads only from its stream. So the stream has to yield the bytes behind the head first.
    let stream = upgraded.into_stream();
    let mut socket = WebSocket::from_stream_with_extensions(stream, Role::Server, agreed.as_deref(), codec)?;
    while let Some(frame) = socket.next().await {
        if matches!(frame.opcode(), OpCode::Text | OpCode::Binary) {
            socket.send(frame).await?;
        }
    }
    Ok(())
}
