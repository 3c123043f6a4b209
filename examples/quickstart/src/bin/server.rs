//! A server that sends every message back.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use websocket_upgrade::{ServerOptions, accept};

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result {
    let options = Arc::new(ServerOptions::new().subprotocol("chat")?);
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:9001".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}/", listener.local_addr()?);
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                let options = Arc::clone(&options);
                tokio::spawn(async move {
                    if let Err(error) = echo(socket, &options).await {
                        eprintln!("{peer}: {error:#}");
                    }
                });
            }
            // All file descriptors are in use, for example. One is free again soon.
            Err(error) => {
                eprintln!("could not accept: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn echo(socket: TcpStream, options: &ServerOptions) -> Result {
    socket.set_nodelay(true)?;
    let upgraded = accept(socket, options).await?; // within 10 seconds; a bad request has been answered
    let stream = upgraded.into_stream(); // frames from here on: any codec takes it
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}
