//! Hands both ends over to tokio-tungstenite, with the frames that came right behind the head.
//!
//! `cargo run -p handoff --example tokio_tungstenite`

use futures_util::{SinkExt, StreamExt};
use handoff::{EAGER, Result, run};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{self, Message};
use websocket_upgrade::{ClientOptions, ServerOptions, accept, create_upgrade_request};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    run(serve, connect, EAGER).await
}

/// Sends a message directly after the 101, so that the client finds its frame behind the head. Then echoes.
async fn serve(socket: TcpStream, expected: &str) -> Result {
    let upgraded = accept(socket, &ServerOptions::new()).await?;
    println!("server: {} bytes behind the request", upgraded.read_buf().len());
    // The codec has a buffer for the bytes behind the head.
    let (io, early) = upgraded.into_stream().into_parts();
    let mut socket = WebSocketStream::from_partially_read(io, early.into(), Role::Server, None).await;
    socket.send("welcome".into()).await?;
    check("server", socket.next().await, expected)?;
    Ok(socket.send(expected.into()).await?)
}

async fn connect(url: &str) -> Result {
    let upgraded = create_upgrade_request(url, &ClientOptions::new()).await?;
    println!("client: {} bytes behind the 101", upgraded.read_buf().len());
    let (io, early) = upgraded.into_stream().into_parts();
    let mut socket = WebSocketStream::from_partially_read(io, early.into(), Role::Client, None).await;
    socket.send("round trip".into()).await?;
    check("client", socket.next().await, "welcome")?;
    check("client", socket.next().await, "round trip")
}

fn check(side: &str, message: Option<Result<Message, tungstenite::Error>>, expected: &str) -> Result {
    let message = message.ok_or("no message")??.to_string();
    handoff::check(side, &message, expected)
}
