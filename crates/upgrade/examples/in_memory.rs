//! Both ends in one process, without a socket: what a test of a program needs that speaks WebSocket.
//!
//! ```sh
//! cargo run --release -p websocket-upgrade --example in_memory
//! ```

use std::convert::Infallible;
use std::error::Error;
use std::future::ready;

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc::{Sender, channel};
use tower::service_fn;
use websocket_upgrade::{ClientOptions, Rejection, ServerOptions, create_upgrade_request, receive};

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    let (calls, mut called) = channel(1);
    let serve = async {
        while let Some(stream) = called.recv().await {
            serve(stream).await?;
        }
        Ok(())
    };
    tokio::try_join!(serve, connect(calls)).map(|((), ())| ())
}

/// The client, and the other end of every connection that it makes.
async fn connect(calls: Sender<DuplexStream>) -> Result {
    let transport = service_fn(move |_: http::Uri| {
        let (near, far) = duplex(4096);
        // If there is no server any more, the client reads the end.
        let _ = calls.try_send(far);
        ready(Ok::<_, Infallible>(TokioIo::new(near)))
    });
    let options = ClientOptions::new().transport(transport);
    let mut stream = create_upgrade_request("ws://test/echo", &options).await?.into_stream();
    stream.write_all(b"hello").await?;
    stream.shutdown().await?;
    let mut received = String::new();
    stream.read_to_string(&mut received).await?;
    println!("client: received {received:?}");

    let error = create_upgrade_request("ws://test/elsewhere", &options).await.expect_err("refused");
    println!("client: {}", error.reason());
    Ok(())
}

async fn serve(stream: DuplexStream) -> Result {
    let options = ServerOptions::new();
    let incoming = receive(stream, &options).await?;
    let path = incoming.path().to_owned();
    if path != "/echo" {
        println!("server: {path} is rejected");
        let rejection = Rejection::not_found().body(format!("there is no {path}\n"));
        return Ok(incoming.reject(rejection).await?);
    }
    println!("server: {path} is accepted");
    let mut stream = incoming.accept(&options).await?.into_stream();
    let mut received = Vec::new();
    stream.read_to_end(&mut received).await?;
    stream.write_all(&received).await?;
    Ok(stream.shutdown().await?)
}
