//! A server on the streams of tokio, to be copied: no client can hold it up or bring it down.
//!
//! ```sh
//! cargo run --release -p websocket-upgrade --example server_on_tokio -- 127.0.0.1:9001
//! ```

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use websocket_upgrade::{Rejection, ServerOptions, receive};

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    let options = Arc::new(ServerOptions::new().subprotocol("chat")?.origin("https://example.com")?);
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}/", listener.local_addr()?);
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                let options = Arc::clone(&options);
                tokio::spawn(async move {
                    if let Err(error) = serve(socket, &options).await {
                        eprintln!("{peer}: {error:#}");
                    }
                });
            }
            // All file descriptors are in use, for example. Soon one is free again.
            Err(error) => {
                eprintln!("could not accept: {error}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(socket: TcpStream, options: &ServerOptions) -> Result {
    socket.set_nodelay(true)?;
    let incoming = receive(socket, options).await?; // an error is answered already
    if !incoming.is_upgrade() {
        let (_head, socket) = incoming.into_http(); // plain HTTP: a health check, say
        return Ok(socket.into_stream().write_all(HEALTHY).await?);
    }
    let mut incoming = incoming.check(options).await?; // the origin first: a foreign page gets 403 here
    if incoming.head().field("authorization").is_none() {
        return Ok(incoming.reject(Rejection::unauthorized("Bearer")).await?);
    }
    incoming.header("Set-Cookie", "seen=1")?;
    let upgraded = incoming.accept(options).await?; // 101, or the rejection, is sent
    let mut stream = upgraded.into_stream(); // AsyncRead + AsyncWrite, leftover bytes first: for any codec
    copy(&mut stream, &mut sink()).await?;
    Ok(())
}

const HEALTHY: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 8\r\n\r\nhealthy\n";
