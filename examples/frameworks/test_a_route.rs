//! Tests of a route of axum's, without a port: the router at one end of a pipe in memory, our client at the other.
//!
//! ```sh
//! cargo run -p frameworks --example test_a_route
//! ```

use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::any;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, copy, duplex, split};
use websocket_upgrade::axum::Upgrade;
use websocket_upgrade::{ClientOptions, Refused, ServerOptions, upgrade_on};

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The application that is tested.
fn app() -> Result<Router> {
    let options = ServerOptions::new().subprotocol("chat")?;
    Ok(Router::new().route("/chat", any(chat)).with_state(Arc::new(options)))
}

/// Sends back what it receives.
async fn chat(State(options): State<Arc<ServerOptions>>, upgrade: Upgrade) -> Response {
    upgrade.options(options).on_upgrade(async |upgraded| {
        let (mut reader, mut writer) = split(upgraded.into_stream());
        let _ = copy(&mut reader, &mut writer).await;
        let _ = writer.shutdown().await;
    })
}

/// A connection to the application.
fn connect() -> Result<DuplexStream> {
    let (near, far) = duplex(4096);
    let service = TowerToHyperService::new(app()?);
    tokio::spawn(async move {
        let http = Builder::new(TokioExecutor::new());
        http.serve_connection_with_upgrades(TokioIo::new(far), service).await
    });
    Ok(near)
}

/// In a project of your own, this is a `#[tokio::test]`.
async fn messages_come_back() -> Result {
    let options = ClientOptions::new().subprotocol("chat")?.subprotocol("superchat")?;
    let upgraded = upgrade_on(connect()?, "ws://test/chat", &options).await?;
    assert_eq!(upgraded.settings.subprotocol(), Some("chat"));
    let mut stream = upgraded.into_stream();
    stream.write_all(b"hello").await?;
    stream.shutdown().await?;
    let mut received = String::new();
    stream.read_to_string(&mut received).await?;
    assert_eq!(received, "hello");
    Ok(())
}

/// This too is a `#[tokio::test]`.
async fn pages_of_other_origins_are_refused() -> Result {
    let options = ClientOptions::new().origin("https://elsewhere.example")?;
    let error = upgrade_on(connect()?, "ws://test/chat", &options).await.expect_err("refused");
    assert_eq!(error.refused().map(Refused::status), Some(403));
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    messages_come_back().await?;
    pages_of_other_origins_are_refused().await?;
    println!("both tests hold");
    Ok(())
}
