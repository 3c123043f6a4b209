//! Hands both ends over to tokio-websockets, with the frames that came right behind the head.
//!
//! `cargo run -p handoff --example tokio_websockets`

use futures_util::{SinkExt, StreamExt};
use handoff::{EAGER, Result, run};
use tokio::net::TcpStream;
use tokio_websockets::{ClientBuilder, Message, ServerBuilder};
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
    let mut socket = ServerBuilder::new().serve(upgraded.into_stream());
    socket.send(Message::text("welcome")).await?;
    check("server", socket.next().await, expected)?;
    Ok(socket.send(Message::text(expected.to_owned())).await?)
}

async fn connect(url: &str) -> Result {
    let upgraded = create_upgrade_request(url, &ClientOptions::new()).await?;
    println!("client: {} bytes behind the 101", upgraded.read_buf().len());
    let mut socket = ClientBuilder::new().take_over(upgraded.into_stream());
    socket.send(Message::text("round trip")).await?;
    check("client", socket.next().await, "welcome")?;
    check("client", socket.next().await, "round trip")
}

fn check(side: &str, message: Option<Result<Message, tokio_websockets::Error>>, expected: &str) -> Result {
    let message = message.ok_or("no message")??;
    let message = message.as_text().ok_or("not text")?;
    handoff::check(side, message, expected)
}
