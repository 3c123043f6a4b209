//! On blocking streams.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use tokio_tungstenite::tungstenite::WebSocket;
use tokio_tungstenite::tungstenite::protocol::Role;
use websocket_upgrade::ClientOptions;
use websocket_upgrade::blocking::{accept, create_upgrade_request};

use crate::echo;
use crate::offer::server_options;
use crate::outcome::Result;

pub(crate) fn serve(subprotocols: &[String]) -> Result {
    let options = Arc::new(server_options(subprotocols, false)?);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on ws://{}/", listener.local_addr()?);
    loop {
        let (socket, _) = listener.accept()?;
        let options = Arc::clone(&options);
        thread::spawn(move || {
            let stream = accept(socket, &options)?.into_stream();
            echo::blocking(WebSocket::from_raw_socket(stream, Role::Server, None))
        });
    }
}

pub(crate) fn connect(url: &str, options: &ClientOptions) -> Result {
    let stream = create_upgrade_request(url, options)?.into_stream();
    echo::blocking(WebSocket::from_raw_socket(stream, Role::Client, None))
}
