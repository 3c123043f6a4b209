//! tokio-tungstenite: its client, and its server with a look at the head.

/// Before.
pub mod before {
    use http::HeaderValue;
    use tokio::net::TcpStream;
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
    use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, accept_hdr_async, connect_async};

    use crate::Result;

    /// A client.
    ///
    /// # Errors
    ///
    /// If no connection comes about.
    pub async fn connect(url: &str) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>> {
        let mut request = url.into_client_request()?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("chat"));
        let (socket, response) = connect_async(request).await?;
        println!("{:?}", response.headers().get("Sec-WebSocket-Protocol"));
        Ok(socket)
    }

    /// A server.
    ///
    /// # Errors
    ///
    /// If the handshake fails.
    #[allow(clippy::result_large_err)]
    pub async fn serve(io: TcpStream) -> Result<WebSocketStream<TcpStream>> {
        let look = |request: &Request, mut response: Response| {
            if request.uri().path() != "/chat" {
                let mut refusal = ErrorResponse::new(None);
                *refusal.status_mut() = http::StatusCode::NOT_FOUND;
                return Err(refusal);
            }
            let chat = HeaderValue::from_static("chat"); // whatever the client offers
            response.headers_mut().insert("Sec-WebSocket-Protocol", chat);
            response.headers_mut().insert("X-Served-By", HeaderValue::from_static("demo"));
            Ok(response)
        };
        Ok(accept_hdr_async(io, look).await?)
    }
}

/// After.
pub mod after {
    use tokio::net::TcpStream;
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::protocol::Role;
    use websocket_upgrade::{
        ClientOptions, ClientStream, Rejection, ReplayStream, ServerOptions, create_upgrade_request, receive,
    };

    use crate::Result;

    /// A client.
    ///
    /// # Errors
    ///
    /// If no connection comes about.
    pub async fn connect(url: &str) -> Result<WebSocketStream<ReplayStream<ClientStream>>> {
        let options = ClientOptions::new().subprotocol("chat")?;
        let upgraded = create_upgrade_request(url, &options).await?;
        println!("{:?}", upgraded.settings.subprotocol());
        Ok(WebSocketStream::from_raw_socket(upgraded.into_stream(), Role::Client, None).await)
    }

    /// A server.
    ///
    /// # Errors
    ///
    /// If the handshake fails.
    pub async fn serve(io: TcpStream) -> Result<Option<WebSocketStream<ReplayStream<TcpStream>>>> {
        let options = ServerOptions::new().subprotocol("chat")?;
        let mut incoming = receive(io, &options).await?; // what is invalid has been answered
        if incoming.path() != "/chat" {
            incoming.reject(Rejection::not_found()).await?;
            return Ok(None);
        }
        incoming.header("X-Served-By", "demo")?;
        let upgraded = incoming.accept(&options).await?;
        Ok(Some(WebSocketStream::from_raw_socket(upgraded.into_stream(), Role::Server, None).await))
    }
}
