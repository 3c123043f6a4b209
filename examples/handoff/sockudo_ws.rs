//! Hands both ends over to sockudo-ws, with the compressed frames that came right behind the head.
//!
//! `cargo run -p handoff --example sockudo_ws`

use std::error::Error;

use futures_util::{SinkExt, StreamExt};
use sockudo_ws::{CompressedWebSocketStream, Config, DeflateConfig, Message};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate, WindowBits};
use websocket_upgrade::{ClientOptions, ServerOptions, Upgraded, accept, create_upgrade_request};

type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// RFC 6455 forbids to send before the 101 arrives; some do. Here "Hello" is in the segment of the request.
const EAGER: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: \
    permessage-deflate\r\n\r\n\xc1\x87\x37\xfa\x21\x3d\xc5\xb2\xec\xf4\xfe\xfd\x21";
const DEFLATE: PermessageDeflate =
    PermessageDeflate::new(Codec::ZLIB).server_max_window_bits(WindowBits::new(10).unwrap());

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::try_join!(serve(&listener, "round trip"), connect(&address))?;
    tokio::try_join!(serve(&listener, "Hello"), eager(&address))?;
    Ok(())
}

fn agreed<S, H>(side: &str, upgraded: &Upgraded<S, H>) -> Result<DeflateConfig> {
    let agreed = upgraded.settings.permessage_deflate().ok_or("no compression")?;
    // 0xc1: a text message, its bit RSV1 set because it is compressed.
    println!("{side}: {agreed}, behind the head {:02x?}", upgraded.read_buf.first());
    Ok(DeflateConfig {
        server_max_window_bits: agreed.server_max_window_bits.get().try_into()?,
        client_max_window_bits: agreed.client_max_window_bits.get().try_into()?,
        server_no_context_takeover: agreed.server_no_context_takeover,
        client_no_context_takeover: agreed.client_no_context_takeover,
        compression_threshold: 0, // or else short messages are sent as they are
        ..DeflateConfig::default()
    })
}

/// Greets before it lets go of the thread: the client finds the frame right behind the 101. Then echoes.
async fn serve(listener: &TcpListener, expected: &str) -> Result {
    let options = ServerOptions::new().permessage_deflate(DEFLATE)?;
    let (socket, _) = listener.accept().await?;
    socket.set_nodelay(true)?;
    let upgraded = accept(socket, &options).await?;
    let deflate = agreed("server", &upgraded)?;
    let (io, early) = (upgraded.io, Some(upgraded.read_buf));
    let mut socket = CompressedWebSocketStream::server_with_leftover(io, Config::default(), deflate, early);
    socket.send(Message::text("welcome")).await?;
    check("server", socket.next().await, expected)?;
    Ok(socket.send(Message::text(expected)).await?)
}

async fn connect(address: &str) -> Result {
    let options = ClientOptions::new().permessage_deflate(DEFLATE)?;
    let upgraded = create_upgrade_request(&format!("ws://{address}/"), &options).await?;
    let deflate = agreed("client", &upgraded)?;
    let (io, early) = (upgraded.io, Some(upgraded.read_buf));
    let mut socket = CompressedWebSocketStream::client_with_leftover(io, Config::default(), deflate, early);
    socket.send(Message::text("round trip")).await?;
    check("client", socket.next().await, "welcome")?;
    check("client", socket.next().await, "round trip")
}

async fn eager(address: &str) -> Result<usize> {
    let mut socket = TcpStream::connect(address).await?;
    socket.write_all(EAGER).await?;
    socket.shutdown().await?;
    Ok(socket.read_to_end(&mut Vec::new()).await?)
}

fn check(side: &str, message: Option<sockudo_ws::Result<Message>>, expected: &str) -> Result {
    let message = message.ok_or("no message")??.into_text().ok_or("not text")?;
    println!("{side}: received {message:?}");
    if message == expected { Ok(()) } else { Err(format!("expected {expected:?}").into()) }
}
