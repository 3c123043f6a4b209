//! Hands both ends over to fastwebsockets, with the frames that came right behind the head.
//!
//! `cargo run -p handoff --example fastwebsockets`

use fastwebsockets::{Frame, Role, WebSocket};
use handoff::{EAGER, Result, run};
use tokio::net::TcpStream;
use websocket_upgrade::{ClientOptions, ServerOptions, accept, create_upgrade_request};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    run(serve, connect, EAGER).await
}

/// Sends a message directly after the 101, so that the client finds its frame behind the head. Then echoes.
async fn serve(socket: TcpStream, expected: &str) -> Result {
    let upgraded = accept(socket, &ServerOptions::new()).await?;
    println!("server: {} bytes behind the request", upgraded.read_buf().len());
    // The codec reads only from its stream. So the stream has to yield the bytes behind the head first.
    let mut socket = WebSocket::after_handshake(upgraded.into_stream(), Role::Server);
    socket.write_frame(Frame::text(b"welcome"[..].into())).await?;
    check("server", &socket.read_frame().await?, expected)?;
    Ok(socket.write_frame(Frame::text(expected.as_bytes().into())).await?)
}

async fn connect(url: &str) -> Result {
    let upgraded = create_upgrade_request(url, &ClientOptions::new()).await?;
    println!("client: {} bytes behind the 101", upgraded.read_buf().len());
    let mut socket = WebSocket::after_handshake(upgraded.into_stream(), Role::Client);
    socket.write_frame(Frame::text(b"round trip"[..].into())).await?;
    check("client", &socket.read_frame().await?, "welcome")?;
    check("client", &socket.read_frame().await?, "round trip")
}

fn check(side: &str, frame: &Frame<'_>, expected: &str) -> Result {
    let message = std::str::from_utf8(&frame.payload)?;
    handoff::check(side, message, expected)
}
