//! Hands both ends over to soketto, with the frames that came right behind the head.
//!
//! `cargo run -p handoff --example soketto`

use bytes::BytesMut;
use futures_util::io::{AsyncRead, AsyncWrite};
use handoff::{EAGER, Result, run};
use soketto::Receiver;
use soketto::connection::{Builder, Mode};
use tokio::net::TcpStream;
use tokio_util::compat::TokioAsyncReadCompatExt;
use websocket_upgrade::{ClientOptions, ServerOptions, accept, create_upgrade_request};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    run(serve, connect, EAGER).await
}

/// Sends a message directly after the 101, so that the client finds its frame behind the head. Then echoes.
async fn serve(socket: TcpStream, expected: &str) -> Result {
    let upgraded = accept(socket, &ServerOptions::new()).await?;
    println!("server: {} bytes behind the request", upgraded.read_buf().len());
    // The codec uses the streams of futures-io, and reads first from its buffer.
    let (io, early) = upgraded.into_stream().into_parts();
    let mut codec = Builder::new(io.compat(), Mode::Server);
    codec.set_buffer(BytesMut::from(early));
    let (mut sender, mut receiver) = codec.finish();
    sender.send_text("welcome").await?;
    sender.flush().await?;
    receive("server", &mut receiver, expected).await?;
    sender.send_text(expected).await?;
    Ok(sender.flush().await?)
}

async fn connect(url: &str) -> Result {
    let upgraded = create_upgrade_request(url, &ClientOptions::new()).await?;
    println!("client: {} bytes behind the 101", upgraded.read_buf().len());
    let (io, early) = upgraded.into_stream().into_parts();
    let mut codec = Builder::new(io.compat(), Mode::Client);
    codec.set_buffer(BytesMut::from(early));
    let (mut sender, mut receiver) = codec.finish();
    sender.send_text("round trip").await?;
    sender.flush().await?;
    receive("client", &mut receiver, "welcome").await?;
    receive("client", &mut receiver, "round trip").await
}

async fn receive<S>(side: &str, receiver: &mut Receiver<S>, expected: &str) -> Result
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut message = Vec::new();
    receiver.receive_data(&mut message).await?;
    let message = String::from_utf8(message)?;
    handoff::check(side, &message, expected)
}
