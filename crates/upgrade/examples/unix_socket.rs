//! A connector of one's own: the client's way to the server is a Unix socket, whatever the host in the URL.
//!
//! ```sh
//! cargo run --release -p websocket-upgrade --example unix_socket
//! ```

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs, process};

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tower::service_fn;
use websocket_upgrade::{ClientOptions, ServerOptions, accept, create_upgrade_request};

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    let folder = env::temp_dir().join(format!("websocket-upgrade-{}", process::id()));
    fs::create_dir(&folder)?;
    let met = meet(folder.join("socket")).await;
    fs::remove_dir_all(&folder)?;
    met
}

async fn meet(path: PathBuf) -> Result {
    let listener = UnixListener::bind(&path)?;
    tokio::try_join!(serve(&listener), connect(path))?;
    Ok(())
}

async fn connect(path: PathBuf) -> Result {
    // It is called with `http://daemon.local:80/`, and gives a stream of hyper's runtime traits.
    let transport = service_fn(move |uri: http::Uri| {
        println!("client: to {uri}");
        let connecting = UnixStream::connect(path.clone());
        async { connecting.await.map(TokioIo::new) }
    });
    let options = ClientOptions::new().transport(transport).subprotocol("chat")?;
    let upgraded = create_upgrade_request("ws://daemon.local/events", &options).await?;
    println!("client: agreed on {:?}", upgraded.settings.subprotocol());
    let mut stream = upgraded.into_stream();
    stream.write_all(b"hello from the client").await?;
    stream.shutdown().await?;
    let mut received = String::new();
    stream.read_to_string(&mut received).await?;
    println!("client: received {received:?}");
    Ok(())
}

async fn serve(listener: &UnixListener) -> Result {
    let (socket, _) = listener.accept().await?;
    let upgraded = accept(socket, &ServerOptions::new().subprotocol("chat")?).await?;
    println!("server: asked for {}", upgraded.head.target().path());
    let mut stream = upgraded.into_stream();
    let mut received = String::new();
    stream.read_to_string(&mut received).await?;
    println!("server: received {received:?}");
    stream.write_all(b"hello from the server").await?;
    stream.shutdown().await?;
    Ok(())
}
