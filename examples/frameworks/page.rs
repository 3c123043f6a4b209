//! Serves a page that opens a WebSocket to its own server and shows what was offered, answered and agreed, or why it
//! failed. It offers the subprotocols that the server supports; `/?offer=chat` makes it offer something else.
//!
//! ```sh
//! cargo run -p frameworks --example page -- --listen 127.0.0.1:8080 --subprotocol chat --deflate
//! ```

use std::collections::VecDeque;
use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{RawQuery, Request, State};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{Html, Response};
use axum::routing::{any, get};
use clap::Parser;
use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, Version};
use websocket_upgrade::axum::Upgrade;
use websocket_upgrade::hyper::Stream;
use websocket_upgrade::{Rejected, ServerOptions, Upgraded};
use yawc::{Frame, OpCode, Result};

mod kit;

/// Page and script.
const PAGE: &str = include_str!("page.html");

/// The latest offers and answers, by the query of the handshake. A browser shows neither to its pages.
type Handshakes = Arc<Mutex<VecDeque<(String, String)>>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Err(error) = run(&kit::Arguments::parse()).await;
    eprintln!("{error}");
    ExitCode::FAILURE
}

async fn run(arguments: &kit::Arguments) -> kit::Result<Infallible> {
    let (options, handshakes) = (arguments.options()?, Handshakes::default());
    // Nothing in the name of a subprotocol means anything in a string of JavaScript.
    let page = PAGE.replace("[/* supported */]", &format!("{:?}", arguments.subprotocol));
    let app = Router::new()
        .route("/socket", any(socket))
        .layer(from_fn_with_state(Arc::clone(&handshakes), note))
        .with_state(options)
        .route("/handshake", get(handshake))
        .with_state(handshakes)
        .route("/", get(async || Html(page)))
        .route("/health", get(async || "healthy\n"))
        // A rejection of the extractor is a response too, so a layer sees it.
        .layer(map_response(async |response: Response| kit::watch(response)));
    arguments.serve(app).await
}

/// Notes what is offered and answered.
async fn note(State(handshakes): State<Handshakes>, request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let offered = fields(request.headers());
    let response = next.run(request).await;
    let rejected = response.extensions().get().and_then(Rejected::error);
    let answered = match rejected {
        Some(error) => format!("{}\n{error}\n", response.status()),
        None => format!("{}\n{}", response.status(), fields(response.headers())),
    };
    let mut handshakes = handshakes.lock().unwrap_or_else(PoisonError::into_inner);
    handshakes.push_front((query, format!("{offered}\n{answered}")));
    handshakes.truncate(100);
    drop(handshakes);
    response
}

/// The fields of a handshake, a line each.
fn fields(headers: &HeaderMap) -> String {
    let shown = ["host", "origin", "sec-websocket-protocol", "sec-websocket-extensions"];
    let fields = headers.iter().filter(|(name, _)| shown.contains(&name.as_str()));
    let lines =
        fields.map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    lines.collect::<Vec<_>>().concat()
}

/// The notes on a handshake.
async fn handshake(State(handshakes): State<Handshakes>, RawQuery(query): RawQuery) -> String {
    let handshakes = handshakes.lock().unwrap_or_else(PoisonError::into_inner);
    let noted = handshakes.iter().find(|(of, _)| query.as_ref() == Some(of));
    noted.map(|(_, text)| text.clone()).unwrap_or_default()
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

/// Sends the HTTP version of the handshake, then echoes.
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
