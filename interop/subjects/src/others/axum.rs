//! axum's own extractor, over HTTP/1.1 and HTTP/2.

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::any;

use crate::echo::listen;
use crate::outcome::Result;

pub(crate) async fn serve(subprotocols: Vec<String>) -> Result {
    let app = Router::new().route("/", any(upgrade)).with_state(subprotocols);
    Ok(axum::serve(listen().await?, app).await?)
}

async fn upgrade(State(subprotocols): State<Vec<String>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.protocols(subprotocols).on_upgrade(echo)
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if matches!(message, Message::Text(_) | Message::Binary(_)) && socket.send(message).await.is_err() {
            return;
        }
    }
}
