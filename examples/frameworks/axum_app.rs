//! An application on axum: REST routes, a WebSocket route that sends every change to all clients, and static files.
//!
//! ```sh
//! cargo run -p frameworks --example axum_app -- 127.0.0.1:8080
//! curl -d 'hello' http://127.0.0.1:8080/api/notes
//! ```

use std::collections::VecDeque;
use std::env;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{any, get};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio::select;
use tokio::sync::broadcast;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use tower_http::services::ServeDir;
use tower_http::timeout::TimeoutLayer;
use websocket_upgrade::axum::Upgrade;
use websocket_upgrade::{Rejected, ServerOptions};

/// Instead of `axum::serve`, which has no deadline for a silent client.
#[path = "kit/serving.rs"]
mod serving;

/// Files for browsers.
const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/static");

/// The state that all requests share.
struct Notes {
    all: Mutex<VecDeque<String>>,
    added: broadcast::Sender<String>,
    options: Arc<ServerOptions>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Arc::new(ServerOptions::new().subprotocol("notes")?);
    let notes = Arc::new(Notes { all: Mutex::default(), added: broadcast::Sender::new(16), options });
    let app = Router::new()
        .route("/api/notes", get(list).post(add))
        .route("/live", any(live))
        .route("/health", get(async || "healthy\n"))
        .fallback_service(ServeDir::new(FILES))
        // A note of which not all comes.
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, serving::DEADLINE))
        .layer(map_response(log))
        .with_state(notes);
    let listener = TcpListener::bind(env::args().nth(1).as_deref().unwrap_or("127.0.0.1:0")).await?;
    println!("listening on http://{}/", listener.local_addr()?);
    match serving::serve(&listener, None, serving::DEADLINE, app).await {}
}

/// Says why a handshake was rejected.
async fn log(response: Response) -> Response {
    if let Some(error) = response.extensions().get().and_then(Rejected::error) {
        eprintln!("rejected with status {}: {error}", response.status());
    }
    response
}

async fn list(State(notes): State<Arc<Notes>>) -> String {
    let mut all = notes.all.lock().unwrap_or_else(PoisonError::into_inner);
    all.make_contiguous().join("\n")
}

async fn add(State(notes): State<Arc<Notes>>, note: String) -> StatusCode {
    let mut all = notes.all.lock().unwrap_or_else(PoisonError::into_inner);
    all.push_back(note.clone());
    // Those before are forgotten: nobody can fill the memory.
    if all.len() > 100 {
        all.pop_front();
    }
    drop(all);
    // That nobody listens is no error.
    let _ = notes.added.send(note);
    StatusCode::CREATED
}

/// Sends every note that is added from now on as a message.
async fn live(State(notes): State<Arc<Notes>>, upgrade: Upgrade) -> Response {
    let mut added = notes.added.subscribe();
    upgrade.options(Arc::clone(&notes.options)).on_upgrade(async move |upgraded| {
        let (io, early) = upgraded.into_stream().into_parts();
        let mut socket = WebSocketStream::from_partially_read(io, early.into(), Role::Server, None).await;
        loop {
            select! {
                // A client that has fallen too far behind, or takes nothing any more, is given up.
                note = added.recv() => {
                    let Ok(note) = note else { return };
                    let Ok(Ok(())) = timeout(serving::DEADLINE, socket.send(note.into())).await else { return };
                }
                // It has nothing to say, but its pings are answered, and its end is heard.
                message = socket.next() => {
                    let Some(Ok(_)) = message else { return };
                }
            }
        }
    })
}
