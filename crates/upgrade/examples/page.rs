//! Serves a page that opens a WebSocket to its own server and shows what was agreed.
//!
//! ```sh
//! cargo run --example page -- --listen 127.0.0.1:8080 --subprotocol chat --deflate
//! ```

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::map_response;
use axum::response::{Html, Response};
use axum::routing::{any, get};
use clap::Parser;
use futures_util::{SinkExt, StreamExt};
use http::Version;
use websocket_upgrade::axum::Upgrade;
use websocket_upgrade::hyper::Stream;
use websocket_upgrade::{ServerOptions, Upgraded};
use yawc::{Frame, OpCode, Result};

mod kit;

/// Page and script.
const PAGE: &str = include_str!("page.html");

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Err(error) = run(&kit::Arguments::parse()).await;
    eprintln!("{error}");
    ExitCode::FAILURE
}

async fn run(arguments: &kit::Arguments) -> kit::Result<Infallible> {
    let app = Router::new()
        .route("/", get(async || Html(PAGE)))
        .route("/socket", any(socket))
        .route("/health", get(async || "healthy\n"))
        // What the extractor rejects is a response like others: a layer sees it.
        .layer(map_response(async |response: Response| kit::watch(response)))
        .with_state(arguments.options()?);
    arguments.serve(app).await
}

async fn socket(State(options): State<Arc<ServerOptions>>, upgrade: Upgrade) -> Response {
    let version = upgrade.version();
    upgrade.options(options).on_upgrade(async move |upgraded| {
        eprintln!("accepted over {version:?}: {:?}", upgraded.settings);
        if let Err(error) = talk(upgraded, version).await {
            eprintln!("{error}");
        }
    })
}

/// Says over which HTTP version the page has come, then echoes.
async fn talk(upgraded: Upgraded<Stream>, version: Version) -> Result<()> {
    let mut socket = kit::hand_over(upgraded)?;
    socket.send(Frame::text(format!("version: {version:?}"))).await?;
    while let Some(frame) = socket.next().await {
        if matches!(frame.opcode(), OpCode::Text | OpCode::Binary) {
            socket.send(frame).await?;
        }
    }
    Ok(())
}
