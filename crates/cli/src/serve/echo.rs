//! The echo, by the codec yawc, until the client closes or the server ends.

use std::pin::pin;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::select;
use tokio::time::timeout;
use websocket_upgrade::Upgraded;
use yawc::close::CloseCode;
use yawc::{Frame, OpCode, Options, Role, WebSocket};

/// The longest message that is taken, 64 MiB.
const MESSAGE: usize = 64 << 20;

/// The time for a client to answer the server's close frame.
const FAREWELL: Duration = Duration::from_secs(1);

/// Sends the greeting, if there is one, and echoes text and binary messages. At `end` it closes the WebSocket with a
/// close frame.
pub(crate) async fn echo<S, H>(
    upgraded: Upgraded<S, H>,
    greeting: Option<&'static str>,
    end: impl Future<Output = ()>,
) -> yawc::Result<()>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let agreed = upgraded.settings.permessage_deflate().map(|agreed| agreed.to_string());
    let mut codec = Options::default().with_limits(MESSAGE, 2 * MESSAGE).with_utf8();
    if agreed.is_some() {
        codec = codec.with_balanced_compression();
    }
    // The codec reads only from its stream. So the stream has to yield the bytes behind the head first.
    let stream = upgraded.into_stream();
    let mut socket = WebSocket::from_stream_with_extensions(stream, Role::Server, agreed.as_deref(), codec)?;
    if let Some(greeting) = greeting {
        socket.send(Frame::text(greeting)).await?;
    }
    let mut end = pin!(end);
    loop {
        select! {
            () = &mut end => break,
            frame = socket.next() => match frame {
                Some(frame) if matches!(frame.opcode(), OpCode::Text | OpCode::Binary) => socket.send(frame).await?,
                Some(_) => {}
                None => return Ok(()),
            }
        }
    }
    let farewell = async {
        socket.send(Frame::close(CloseCode::Away, "")).await?;
        while socket.next().await.is_some() {}
        Ok(())
    };
    timeout(FAREWELL, farewell).await.unwrap_or(Ok(()))
}
