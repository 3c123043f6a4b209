//! Hands both ends over to fastwebsockets, with the frames that came right behind the head.
//!
//! `cargo run -p handoff --example fastwebsockets`

use std::error::Error;

use fastwebsockets::{Frame, Role, WebSocket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use websocket_upgrade::{ClientOptions, ServerOptions, accept, create_upgrade_request};

type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// RFC 6455 forbids to send before the 101 arrives; some do. Here "Hello" is in the segment of the request.
const EAGER: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\
    \x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::try_join!(serve(&listener, "round trip"), connect(&address))?;
    tokio::try_join!(serve(&listener, "Hello"), eager(&address))?;
    Ok(())
}

/// Greets before it lets go of the thread: the client finds the frame right behind the 101. Then echoes.
async fn serve(listener: &TcpListener, expected: &str) -> Result {
    let (socket, _) = listener.accept().await?;
    socket.set_nodelay(true)?;
    let upgraded = accept(socket, &ServerOptions::new()).await?;
    println!("server: {} bytes behind the request", upgraded.read_buf.len());
    // It reads from its stream alone: there the bytes that were read already have to come from.
    let mut socket = WebSocket::after_handshake(upgraded.into_stream(), Role::Server);
    socket.write_frame(Frame::text(b"welcome"[..].into())).await?;
    check("server", &socket.read_frame().await?, expected)?;
    Ok(socket.write_frame(Frame::text(expected.as_bytes().into())).await?)
}

async fn connect(address: &str) -> Result {
    let upgraded = create_upgrade_request(&format!("ws://{address}/"), &ClientOptions::new()).await?;
    println!("client: {} bytes behind the 101", upgraded.read_buf.len());
    let mut socket = WebSocket::after_handshake(upgraded.into_stream(), Role::Client);
    socket.write_frame(Frame::text(b"round trip"[..].into())).await?;
    check("client", &socket.read_frame().await?, "welcome")?;
    check("client", &socket.read_frame().await?, "round trip")
}

async fn eager(address: &str) -> Result<usize> {
    let mut socket = TcpStream::connect(address).await?;
    socket.write_all(EAGER).await?;
    socket.shutdown().await?;
    Ok(socket.read_to_end(&mut Vec::new()).await?)
}

fn check(side: &str, frame: &Frame<'_>, expected: &str) -> Result {
    let message = std::str::from_utf8(&frame.payload)?;
    println!("{side}: received {message:?}");
    if message == expected { Ok(()) } else { Err(format!("expected {expected:?}").into()) }
}
