//! Both functions at work: a server and a client on loopback agree on an extension and a subprotocol and exchange
//! bytes, then share nothing, then the server refuses.
//!
//! ```sh
//! cargo run --release -p basics --example upgrade
//! ```

use std::error::Error;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use websocket_upgrade::{ClientOptions, ServerOptions, Settings, accept, create_upgrade_request};

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    println!("# Both sides support x-test and chat");
    let client = ClientOptions::new().extension("x-test")?.subprotocol("chat")?;
    let server = ServerOptions::new().extension("x-test")?.subprotocol("chat")?;
    meet(client, server).await?;

    println!("\n# They share nothing");
    let client = ClientOptions::new().extension("x-test")?.subprotocol("chat")?;
    meet(client, ServerOptions::new()).await?;

    println!("\n# The server refuses: the client is a page of another origin");
    let client = ClientOptions::new().origin("https://elsewhere.example")?;
    meet(client, ServerOptions::new()).await
}

/// Makes one connection between both sides.
async fn meet(client: ClientOptions, server: ServerOptions) -> Result {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("ws://{}/", listener.local_addr()?);
    let (client, server) = tokio::join!(connect(&url, &client), serve(&listener, &server));
    for (side, result) in [("client", client), ("server", server)] {
        if let Err(error) = result {
            println!("{side}: {error:#}");
        }
    }
    Ok(())
}

async fn connect(url: &str, options: &ClientOptions) -> Result {
    let upgraded = create_upgrade_request(url, options).await?;
    show("client", &upgraded.settings);
    let mut stream = upgraded.into_stream();
    stream.write_all(b"hello from the client").await?;
    stream.shutdown().await?;
    let mut received = String::new();
    stream.read_to_string(&mut received).await?;
    println!("client: received {received:?}");
    Ok(())
}

async fn serve(listener: &TcpListener, options: &ServerOptions) -> Result {
    let (socket, _) = listener.accept().await?;
    socket.set_nodelay(true)?;
    let upgraded = accept(socket, options).await?;
    show("server", &upgraded.settings);
    let mut stream = upgraded.into_stream();
    stream.write_all(b"hello from the server").await?;
    stream.shutdown().await?;
    let mut received = String::new();
    stream.read_to_string(&mut received).await?;
    println!("server: received {received:?}");
    Ok(())
}

fn show(side: &str, settings: &Settings) {
    if settings.is_empty() {
        println!("{side}: agreed on nothing");
    } else {
        let (subprotocol, extensions) = (settings.subprotocol().unwrap_or("-"), settings.extensions());
        println!("{side}: agreed on subprotocol {subprotocol}, extensions {}", extensions.as_str());
    }
}
