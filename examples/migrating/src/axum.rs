//! axum's own extractor.

/// Before.
pub mod before {
    use axum::Router;
    use axum::extract::ws::{WebSocket, WebSocketUpgrade};
    use axum::response::Response;
    use axum::routing::any;

    async fn chat(upgrade: WebSocketUpgrade) -> Response {
        upgrade.protocols(["chat"]).on_upgrade(echo)
    }

    async fn echo(mut socket: WebSocket) {
        while let Some(Ok(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                return;
            }
        }
    }

    /// The service.
    pub fn app() -> Router {
        Router::new().route("/chat", any(chat))
    }
}

/// After.
pub mod after {
    use std::sync::Arc;

    use axum::Router;
    use axum::extract::State;
    use axum::response::Response;
    use axum::routing::any;
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::protocol::Role;
    use websocket_upgrade::axum::Upgrade;
    use websocket_upgrade::hyper::Stream;
    use websocket_upgrade::tower::RefusalLayer;
    use websocket_upgrade::{OptionsError, ServerOptions, Upgraded};

    async fn chat(State(options): State<Arc<ServerOptions>>, upgrade: Upgrade) -> Response {
        upgrade.options(options).on_upgrade(echo)
    }

    async fn echo(upgraded: Upgraded<Stream>) {
        let stream = upgraded.into_stream();
        let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
        while let Some(Ok(message)) = socket.next().await {
            if socket.send(message).await.is_err() {
                return;
            }
        }
    }

    /// The service.
    ///
    /// # Errors
    ///
    /// None: the subprotocol is a token.
    pub fn app() -> Result<Router, OptionsError> {
        let options = ServerOptions::new().subprotocol("chat")?;
        let app = Router::new().route("/chat", any(chat)).layer(RefusalLayer::new());
        Ok(app.with_state(Arc::new(options)))
    }
}
