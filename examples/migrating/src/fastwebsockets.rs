//! fastwebsockets: its server on hyper, and its client.

use crate::Result;
use ::fastwebsockets::{Frame, OpCode, WebSocket, WebSocketError};
use tokio::io::{AsyncRead, AsyncWrite};

/// Before.
pub mod before {
    use fastwebsockets::{WebSocket, WebSocketError, handshake, upgrade};
    use http::{Request, Response};
    use http_body_util::Empty;
    use hyper::body::{Bytes, Incoming};
    use hyper::upgrade::Upgraded;
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use tokio::net::TcpStream;

    use crate::Result;
    use crate::fastwebsockets::echo;

    /// A service of hyper's.
    ///
    /// # Errors
    ///
    /// If the request is no valid upgrade: hyper closes the connection.
    #[allow(clippy::unused_async)] // as hyper calls it
    pub async fn respond(mut request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, WebSocketError> {
        let (response, upgrading) = upgrade::upgrade(&mut request)?;
        tokio::spawn(async move { echo(upgrading.await?).await });
        Ok(response)
    }

    /// A client.
    ///
    /// # Errors
    ///
    /// If no connection comes about.
    pub async fn connect(io: TcpStream) -> Result<WebSocket<TokioIo<Upgraded>>> {
        let request = Request::get("http://example.com/chat")
            .header("Host", "example.com")
            .header("Upgrade", "websocket")
            .header("Connection", "upgrade")
            .header("Sec-WebSocket-Key", handshake::generate_key())
            .header("Sec-WebSocket-Version", "13")
            .body(Empty::<Bytes>::new())?;
        let (socket, _response) = handshake::client(&TokioExecutor::new(), request, io).await?;
        Ok(socket)
    }
}

/// After.
pub mod after {
    use std::convert::Infallible;

    use fastwebsockets::{Role, WebSocket};
    use http::{Request, Response};
    use http_body_util::Full;
    use hyper::body::{Bytes, Incoming};
    use tokio::net::TcpStream;
    use websocket_upgrade::hyper::handle_upgrade_request;
    use websocket_upgrade::{ClientOptions, ReplayStream, ServerOptions, upgrade_on};

    use crate::Result;
    use crate::fastwebsockets::echo;

    /// A service of hyper's.
    ///
    /// # Errors
    ///
    /// None: an invalid request is answered.
    #[allow(clippy::unused_async)] // as hyper calls it
    pub async fn respond(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let response = match handle_upgrade_request(&mut request, &ServerOptions::new()) {
            Ok((response, upgrading)) => {
                tokio::spawn(async move {
                    let stream = upgrading.await?.into_stream();
                    echo(WebSocket::after_handshake(stream, Role::Server)).await?;
                    Result::<()>::Ok(())
                });
                response
            }
            Err(rejected) => rejected.into_http(), // says why
        };
        Ok(response.map(Full::new))
    }

    /// A client.
    ///
    /// # Errors
    ///
    /// If no connection comes about.
    pub async fn connect(io: TcpStream) -> Result<WebSocket<ReplayStream<TcpStream>>> {
        let upgraded = upgrade_on(io, "ws://example.com/chat", &ClientOptions::new()).await?;
        Ok(WebSocket::after_handshake(upgraded.into_stream(), Role::Client))
    }
}

/// Sends messages back.
async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocket<S>) -> Result<(), WebSocketError> {
    loop {
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => {
                // A frame that was read keeps its mask: only the payload goes back.
                socket.write_frame(Frame::new(true, frame.opcode, None, frame.payload)).await?;
            }
            _ => {}
        }
    }
}
