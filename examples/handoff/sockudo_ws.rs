//! Hands both ends over to sockudo-ws, with the compressed frames that came right behind the head.
//!
//! `cargo run -p handoff --example sockudo_ws`

use futures_util::{SinkExt, StreamExt};
use handoff::{EAGER_DEFLATED, Result, run};
use sockudo_ws::{CompressedWebSocketStream, Config, DeflateConfig, Message};
use tokio::net::TcpStream;
use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate, WindowBits};
use websocket_upgrade::{ClientOptions, ServerOptions, Upgraded, accept, create_upgrade_request};

const DEFLATE: PermessageDeflate =
    PermessageDeflate::new(Codec::ZLIB).server_max_window_bits(WindowBits::new(10).unwrap());

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    run(serve, connect, EAGER_DEFLATED).await
}

fn agreed<S, H>(side: &str, upgraded: &Upgraded<S, H>) -> Result<DeflateConfig> {
    let agreed = upgraded.settings.permessage_deflate().ok_or("no compression")?;
    // 0xc1: a text message, its bit RSV1 set because it is compressed.
    println!("{side}: {agreed}, behind the head {:02x?}", upgraded.read_buf().first());
    Ok(DeflateConfig {
        // A larger window than agreed can inflate, too. zlib begins with 9 bits.
        server_max_window_bits: agreed.server_max_window_bits.get().max(9).try_into()?,
        client_max_window_bits: agreed.client_max_window_bits.get().max(9).try_into()?,
        server_no_context_takeover: agreed.server_no_context_takeover,
        client_no_context_takeover: agreed.client_no_context_takeover,
        // By default, short messages are not compressed.
        compression_threshold: if agreed.must_not_compress { usize::MAX } else { 0 },
        ..DeflateConfig::default()
    })
}

/// Sends a message directly after the 101, so that the client finds its frame behind the head. Then echoes.
async fn serve(socket: TcpStream, expected: &str) -> Result {
    let options = ServerOptions::new().permessage_deflate(DEFLATE)?;
    let upgraded = accept(socket, &options).await?;
    let deflate = agreed("server", &upgraded)?;
    let (io, early) = upgraded.into_stream().into_parts();
    let mut socket =
        CompressedWebSocketStream::server_with_leftover(io, Config::default(), deflate, Some(early));
    socket.send(Message::text("welcome")).await?;
    check("server", socket.next().await, expected)?;
    Ok(socket.send(Message::text(expected)).await?)
}

async fn connect(url: &str) -> Result {
    let options = ClientOptions::new().permessage_deflate(DEFLATE)?;
    let upgraded = create_upgrade_request(url, &options).await?;
    let deflate = agreed("client", &upgraded)?;
    let (io, early) = upgraded.into_stream().into_parts();
    let mut socket =
        CompressedWebSocketStream::client_with_leftover(io, Config::default(), deflate, Some(early));
    socket.send(Message::text("round trip")).await?;
    check("client", socket.next().await, "welcome")?;
    check("client", socket.next().await, "round trip")
}

fn check(side: &str, message: Option<sockudo_ws::Result<Message>>, expected: &str) -> Result {
    let message = message.ok_or("no message")??.into_text().ok_or("not text")?;
    handoff::check(side, &message, expected)
}
