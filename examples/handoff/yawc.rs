//! Hands both ends over to yawc, with the compressed frames that came right behind the head.
//!
//! `cargo run -p handoff --example yawc`

use std::error::Error;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade::{
    ClientOptions, ReplayStream, ServerOptions, Upgraded, accept, create_upgrade_request,
};
use yawc::{Frame, Options, Role, WebSocket};

type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// RFC 6455 forbids to send before the 101 arrives; some do. Here "Hello" is in the segment of the request.
const EAGER: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: \
    permessage-deflate\r\n\r\n\xc1\x87\x37\xfa\x21\x3d\xc5\xb2\xec\xf4\xfe\xfd\x21";
const DEFLATE: PermessageDeflate = PermessageDeflate::new(Codec::ZLIB).server_no_context_takeover();

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::try_join!(serve(&listener, "round trip"), connect(&address))?;
    tokio::try_join!(serve(&listener, "Hello"), eager(&address))?;
    Ok(())
}

fn hand_over<S: AsyncRead + AsyncWrite + Unpin, H>(
    side: &str,
    upgraded: Upgraded<S, H>,
    role: Role,
) -> Result<WebSocket<ReplayStream<S>>> {
    let agreed = upgraded.settings.permessage_deflate().ok_or("no compression")?.to_string();
    // 0xc1: a text message, its bit RSV1 set because it is compressed.
    println!("{side}: {agreed}, behind the head {:02x?}", upgraded.read_buf.first());
    // It reads from its stream alone: there the bytes that were read already have to come from.
    let (stream, options) = (upgraded.into_stream(), Options::default().with_balanced_compression());
    Ok(WebSocket::from_stream_with_extensions(stream, role, Some(&agreed), options)?)
}

/// Greets before it lets go of the thread: the client finds the frame right behind the 101. Then echoes.
async fn serve(listener: &TcpListener, expected: &str) -> Result {
    let options = ServerOptions::new().permessage_deflate(DEFLATE)?;
    let (socket, _) = listener.accept().await?;
    socket.set_nodelay(true)?;
    let upgraded = accept(socket, &options).await?;
    let mut socket = hand_over("server", upgraded, Role::Server)?;
    socket.send(Frame::text("welcome")).await?;
    check("server", socket.next().await, expected)?;
    Ok(socket.send(Frame::text(expected.to_owned())).await?)
}

async fn connect(address: &str) -> Result {
    let options = ClientOptions::new().permessage_deflate(DEFLATE)?;
    let upgraded = create_upgrade_request(&format!("ws://{address}/"), &options).await?;
    let mut socket = hand_over("client", upgraded, Role::Client)?;
    socket.send(Frame::text("round trip")).await?;
    check("client", socket.next().await, "welcome")?;
    check("client", socket.next().await, "round trip")
}

async fn eager(address: &str) -> Result<usize> {
    let mut socket = TcpStream::connect(address).await?;
    socket.write_all(EAGER).await?;
    socket.shutdown().await?;
    Ok(socket.read_to_end(&mut Vec::new()).await?)
}

fn check(side: &str, frame: Option<Frame>, expected: &str) -> Result {
    let message = String::from_utf8(frame.ok_or("no message")?.into_payload().into())?;
    println!("{side}: received {message:?}");
    if message == expected { Ok(()) } else { Err(format!("expected {expected:?}").into()) }
}
