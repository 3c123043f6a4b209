//! Hands both ends over to yawc, with the compressed frames that came right behind the head.
//!
//! `cargo run -p handoff --example yawc`

use futures_util::{SinkExt, StreamExt};
use handoff::{EAGER_DEFLATED, Result, run};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade::{
    ClientOptions, ReplayStream, ServerOptions, Upgraded, accept, create_upgrade_request,
};
use yawc::{Frame, Options, Role, WebSocket};

const DEFLATE: PermessageDeflate = PermessageDeflate::new(Codec::ZLIB).server_no_context_takeover();

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    run(serve, connect, EAGER_DEFLATED).await
}

fn hand_over<S: AsyncRead + AsyncWrite + Unpin, H>(
    side: &str,
    upgraded: Upgraded<S, H>,
    role: Role,
) -> Result<WebSocket<ReplayStream<S>>> {
    let agreed = upgraded.settings.permessage_deflate().ok_or("no compression")?;
    // 0xc1: a text message, its bit RSV1 set because it is compressed.
    println!("{side}: {agreed}, behind the head {:02x?}", upgraded.read_buf().first());
    // The codec reads only from its stream. So the stream has to yield the bytes behind the head first.
    let (stream, mut options) = (upgraded.into_stream(), Options::default().with_balanced_compression());
    if agreed.must_not_compress {
        options = options.with_compression_threshold(usize::MAX);
    }
    Ok(WebSocket::from_stream_with_extensions(stream, role, Some(&agreed.to_string()), options)?)
}

/// Sends a message directly after the 101, so that the client finds its frame behind the head. Then echoes.
async fn serve(socket: TcpStream, expected: &str) -> Result {
    let options = ServerOptions::new().permessage_deflate(DEFLATE)?;
    let upgraded = accept(socket, &options).await?;
    let mut socket = hand_over("server", upgraded, Role::Server)?;
    socket.send(Frame::text("welcome")).await?;
    check("server", socket.next().await, expected)?;
    Ok(socket.send(Frame::text(expected.to_owned())).await?)
}

async fn connect(url: &str) -> Result {
    let options = ClientOptions::new().permessage_deflate(DEFLATE)?;
    let upgraded = create_upgrade_request(url, &options).await?;
    let mut socket = hand_over("client", upgraded, Role::Client)?;
    socket.send(Frame::text("round trip")).await?;
    check("client", socket.next().await, "welcome")?;
    check("client", socket.next().await, "round trip")
}

fn check(side: &str, frame: Option<Frame>, expected: &str) -> Result {
    let message = String::from_utf8(frame.ok_or("no message")?.into_payload().into())?;
    handoff::check(side, &message, expected)
}
