//! An echo server's end of a WebSocket, over any stream of tokio, with permessage-deflate.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use websocket_upgrade::proto::permessage_deflate::Agreement;
use websocket_upgrade_conformance::frame::{Frame, Kind};
use websocket_upgrade_conformance::proof::{Compression, Direction, Part, Received, Socket};
use websocket_upgrade_conformance::wire::{Arrival, Channel};

/// How long a client may say nothing.
const PATIENCE: Duration = Duration::from_secs(20);

/// A stream as a channel.
struct Stream<S> {
    stream: S,
    received: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Channel for Stream<S> {
    async fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok() && self.stream.flush().await.is_ok()
    }

    async fn receive(&mut self) -> Arrival {
        self.receive_within(PATIENCE).await
    }

    async fn receive_within(&mut self, time: Duration) -> Arrival {
        let mut buffer = vec![0; 4096];
        match timeout(time, self.stream.read(&mut buffer)).await {
            Ok(Ok(0)) => Arrival::End,
            Ok(Ok(length)) => {
                self.received.extend_from_slice(&buffer[..length]);
                Arrival::More
            }
            Ok(Err(_)) => Arrival::Broken,
            Err(_) => Arrival::Silence,
        }
    }

    fn received(&self) -> &[u8] {
        &self.received
    }

    fn consume(&mut self, length: usize) {
        self.received.drain(..length);
    }
}

/// Echoes messages until the client closes, or breaks the protocol.
pub(crate) async fn echo<S>(stream: S, early: &[u8], agreed: Option<Agreement>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    let compression = agreed.map(|agreed| {
        let direction = |bits, no_context| Direction { bits, no_context };
        let server = direction(agreed.server_max_window_bits.get(), agreed.server_no_context_takeover);
        let client = direction(agreed.client_max_window_bits.get(), agreed.client_no_context_takeover);
        Compression::new(server, client)
    });
    let mut channel = Stream { stream, received: early.to_vec() };
    let mut socket = Socket::new(&mut channel, Part::Server, compression);
    loop {
        let frame = match socket.receive().await {
            Ok(Received::Message { kind: Kind::Text, payload }) => {
                if socket.send_text(&payload).await.is_err() {
                    break;
                }
                continue;
            }
            Ok(Received::Message { kind, payload }) => Frame::new(kind, payload, false),
            Ok(Received::Pong(_)) => continue,
            Ok(Received::Close(code)) => Frame::close(code.unwrap_or(1000), false),
            Ok(Received::End(_)) => break,
            Err(_) => Frame::close(1002, false),
        };
        let closes = frame.kind == Kind::Close;
        if socket.send_frame(frame).await.is_err() || closes {
            break;
        }
    }
    let _ = channel.stream.shutdown().await;
}
