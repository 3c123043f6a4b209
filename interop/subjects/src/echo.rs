//! The echo of each codec.

use std::io;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Message, WebSocket};
use websocket_upgrade::Upgraded;
use yawc::{OpCode, Options, Role};

use crate::outcome::Result;

/// Listens, and prints the URL.
pub(crate) async fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on ws://{}/", listener.local_addr()?);
    Ok(listener)
}

/// Hands over to yawc, with compression if it is agreed, and echoes.
pub(crate) async fn with_deflate<S, H>(upgraded: Upgraded<S, H>, role: Role) -> Result
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let agreed = upgraded.settings.permessage_deflate();
    let mut codec = Options::default();
    if let Some(agreed) = agreed {
        codec = codec.with_balanced_compression();
        if agreed.must_not_compress {
            codec = codec.with_compression_threshold(usize::MAX);
        }
    }
    let (stream, agreed) = (upgraded.into_stream(), agreed.map(|agreed| agreed.to_string()));
    let mut socket = yawc::WebSocket::from_stream_with_extensions(stream, role, agreed.as_deref(), codec)?;
    while let Some(frame) = socket.next().await {
        if matches!(frame.opcode(), OpCode::Text | OpCode::Binary) {
            socket.send(frame).await?;
        }
    }
    // Over HTTP/2 the stream ends in order, too, unless the other side has left it without a close frame.
    let _ = timeout(Duration::from_secs(1), socket.close()).await;
    Ok(())
}

/// Echoes with tokio-tungstenite.
pub(crate) async fn with_tungstenite<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: WebSocketStream<S>,
) -> Result {
    while let Some(message) = socket.next().await {
        let message = message?;
        if is_data(&message) {
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// Echoes with tungstenite, on a blocking stream.
pub(crate) fn blocking<S: io::Read + io::Write>(mut socket: WebSocket<S>) -> Result {
    use tokio_tungstenite::tungstenite::Error;
    loop {
        match socket.read() {
            Ok(message) if is_data(&message) => socket.send(message)?,
            Ok(_) => {}
            Err(Error::ConnectionClosed) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

fn is_data(message: &Message) -> bool {
    message.is_text() || message.is_binary()
}
