//! A server on blocking streams, a thread for each, to be copied: no client can hold it up or bring it down.
//!
//! ```sh
//! cargo run --release -p websocket-upgrade --example server_on_threads -- 127.0.0.1:9001
//! ```

use std::error::Error;
use std::io::{copy, sink};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use websocket_upgrade::ServerOptions;
use websocket_upgrade::blocking::accept;

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result {
    let options = Arc::new(ServerOptions::new().subprotocol("chat")?);
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address)?;
    println!("listening on ws://{}/", listener.local_addr()?);
    loop {
        let spawned = listener.accept().and_then(|(socket, peer)| {
            let options = Arc::clone(&options);
            thread::Builder::new().spawn(move || {
                if let Err(error) = serve(socket, &options) {
                    eprintln!("{peer}: {error:#}");
                }
            })
        });
        // Descriptors or threads are used up, for example: it takes a moment until there is one again.
        if let Err(error) = spawned {
            eprintln!("could not accept: {error}");
            thread::sleep(Duration::from_millis(100));
        }
    }
}

fn serve(socket: TcpStream, options: &ServerOptions) -> Result {
    socket.set_nodelay(true)?;
    let upgraded = accept(socket, options)?; // 101, or the rejection, is sent
    let mut stream = upgraded.into_stream(); // Read + Write, leftover bytes first: for any codec
    copy(&mut stream, &mut sink())?;
    Ok(())
}
