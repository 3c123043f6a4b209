//! On streams of futures-io.

use std::sync::Arc;

use smol::Timer;
use smol::net::TcpListener;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_util::compat::FuturesAsyncReadCompatExt;
use websocket_upgrade::ClientOptions;
use websocket_upgrade::futures::{accept, create_upgrade_request};

use crate::echo::with_tungstenite;
use crate::offer::server_options;
use crate::outcome::Result;

pub(crate) async fn serve(subprotocols: &[String]) -> Result {
    let options = Arc::new(server_options(subprotocols, false)?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on ws://{}/", listener.local_addr()?);
    loop {
        let (socket, _) = listener.accept().await?;
        let options = Arc::clone(&options);
        let served = async move {
            let stream = accept(socket, &options, Timer::after).await?.into_stream().compat();
            with_tungstenite(WebSocketStream::from_raw_socket(stream, Role::Server, None).await).await
        };
        smol::spawn(served).detach();
    }
}

pub(crate) async fn connect(url: &str, options: ClientOptions) -> Result {
    let stream = create_upgrade_request(url, &options).await?.into_stream().compat();
    with_tungstenite(WebSocketStream::from_raw_socket(stream, Role::Client, None).await).await
}
