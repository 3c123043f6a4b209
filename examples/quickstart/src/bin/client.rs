//! A client that sends one message, and shows what comes back.

use std::error::Error;

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use websocket_upgrade::{ClientOptions, create_upgrade_request};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).unwrap_or("ws://127.0.0.1:9001/".to_owned());
    let options = ClientOptions::new().subprotocol("chat")?;
    let upgraded = create_upgrade_request(&url, &options).await?; // the error says where it failed, and why
    println!("agreed on {:?}", upgraded.settings.subprotocol()); // Some("chat")
    let mut socket = WebSocketStream::from_raw_socket(upgraded.into_stream(), Role::Client, None).await;
    socket.send("hello".into()).await?;
    if let Some(message) = socket.next().await {
        println!("received {}", message?); // hello
    }
    Ok(socket.close(None).await?)
}
