//! A server on axum that echoes messages at `/`, over HTTP/1.1 and HTTP/2, and answers plain HTTP at `/health`.
//!
//! ```sh
//! cargo run --release -p frameworks --example axum_echo -- --listen 127.0.0.1:9001 --subprotocol chat --deflate --tls
//! ```

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{any, get};
use clap::Parser;
use websocket_upgrade::ServerOptions;
use websocket_upgrade::axum::Upgrade;

mod kit;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Err(error) = run(&kit::Arguments::parse()).await;
    eprintln!("{error}");
    ExitCode::FAILURE
}

async fn run(arguments: &kit::Arguments) -> kit::Result<Infallible> {
    let app = Router::new()
        // A GET over HTTP/1.1, a CONNECT over HTTP/2.
        .route("/", any(echo))
        .route("/health", get(async || "healthy\n"))
        // A rejection of the extractor is a response too, so a layer sees it.
        .layer(map_response(async |response: Response| kit::watch(response)))
        .with_state(arguments.options()?);
    arguments.serve(app).await
}

async fn echo(State(options): State<Arc<ServerOptions>>, upgrade: Upgrade) -> Response {
    let version = upgrade.version();
    upgrade.options(options).on_upgrade(async move |upgraded| {
        eprintln!("accepted over {version:?}");
        if let Err(error) = kit::echo(upgraded).await {
            eprintln!("{error}");
        }
    })
}
