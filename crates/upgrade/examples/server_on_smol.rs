//! A server on the streams of futures-io, to be copied: no client can hold it up or bring it down.
//!
//! ```sh
//! cargo run --release -p websocket-upgrade --example server_on_smol -- 127.0.0.1:9001
//! ```

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use smol::Timer;
use smol::io::{copy, sink};
use smol::net::{TcpListener, TcpStream};
use websocket_upgrade::ServerOptions;
use websocket_upgrade::futures::accept;

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result {
    let options = Arc::new(ServerOptions::new().subprotocol("chat")?);
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:0".to_owned());
    smol::block_on(async {
        let listener = TcpListener::bind(address).await?;
        println!("listening on ws://{}/", listener.local_addr()?);
        loop {
            match listener.accept().await {
                Ok((socket, peer)) => {
                    let options = Arc::clone(&options);
                    let served = async move {
                        if let Err(error) = serve(socket, &options).await {
                            eprintln!("{peer}: {error:#}");
                        }
                    };
                    smol::spawn(served).detach();
                }
                // All file descriptors are in use, for example. Soon one is free again.
                Err(error) => {
                    eprintln!("could not accept: {error}");
                    Timer::after(Duration::from_millis(100)).await;
                }
            }
        }
    })
}

async fn serve(socket: TcpStream, options: &ServerOptions) -> Result {
    socket.set_nodelay(true)?;
    let upgraded = accept(socket, options, Timer::after).await?; // 101, or the rejection, is sent
    let mut stream = upgraded.into_stream(); // AsyncRead + AsyncWrite, leftover bytes first: for any codec
    copy(&mut stream, &mut sink()).await?;
    Ok(())
}
