//! A WebSocket server that echoes text and binary messages, with the codec yawc.
//!
//! ```sh
//! cargo run --release -p commands --example echo -- --listen 127.0.0.1:9001 --subprotocol chat --deflate
//! ```

use std::convert::Infallible;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_io_timeout::TimeoutStream;
use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade::{ServerOptions, accept};
use yawc::{OpCode, Options, Role, WebSocket};

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Echoes every text and binary message.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 picks one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    listen: String,
    /// A subprotocol to support
    #[arg(long, value_name = "NAME")]
    subprotocol: Vec<String>,
    /// Support permessage-deflate
    #[arg(long)]
    deflate: bool,
    /// Accept only pages of the server's own origin
    #[arg(long)]
    same_origin: bool,
    /// The time for a handshake, and for a client that reads nothing
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    deadline: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Err(error) = run(&Arguments::parse()).await;
    eprintln!("{error}");
    ExitCode::FAILURE
}

async fn run(arguments: &Arguments) -> Result<Infallible> {
    let deadline = Duration::try_from_secs_f64(arguments.deadline)?;
    let mut options = ServerOptions::new().deadline(deadline);
    if !arguments.same_origin {
        // Anyone may come: this is a server to try things with.
        options = options.danger_any_origin();
    }
    for name in &arguments.subprotocol {
        options = options.subprotocol(name)?;
    }
    if arguments.deflate {
        // yawc compresses with zlib.
        options = options.permessage_deflate(PermessageDeflate::new(Codec::ZLIB))?;
    }
    let options = Arc::new(options);
    let bound = TcpListener::bind(&arguments.listen).await;
    let listener = bound.map_err(|error| format!("could not listen on {}: {error}", arguments.listen))?;
    println!("listening on ws://{}/", listener.local_addr()?);
    loop {
        let (socket, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            // All file descriptors are in use, for example. Soon one is free again.
            Err(error) => {
                eprintln!("could not accept: {error}");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let options = Arc::clone(&options);
        tokio::spawn(async move {
            if let Err(error) = serve(socket, &options, deadline).await {
                eprintln!("{peer}: {error:#}");
            }
        });
    }
}

async fn serve(socket: TcpStream, options: &ServerOptions, deadline: Duration) -> Result {
    socket.set_nodelay(true)?;
    let mut socket = TimeoutStream::new(socket);
    // A client that takes nothing for so long is given up.
    socket.set_write_timeout(Some(deadline));
    let upgraded = accept(Box::pin(socket), options).await?;
    let agreed = upgraded.settings.permessage_deflate().map(|agreed| agreed.to_string());
    // Messages of up to 64 MiB.
    let mut codec = Options::default().with_limits(64 << 20, 128 << 20);
    if agreed.is_some() {
        codec = codec.with_balanced_compression();
    }
    let stream = upgraded.into_stream();
    let mut socket = WebSocket::from_stream_with_extensions(stream, Role::Server, agreed.as_deref(), codec)?;
    while let Some(frame) = socket.next().await {
        if matches!(frame.opcode(), OpCode::Text | OpCode::Binary) {
            socket.send(frame).await?;
        }
    }
    Ok(())
}
