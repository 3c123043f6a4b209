//! tokio-websockets. Its server leaves the subprotocol to the application, so none is supported here.

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_websockets::{ClientBuilder, ServerBuilder, WebSocketStream};

use crate::echo::listen;
use crate::offer::Offer;
use crate::outcome::Result;

pub(crate) async fn serve() -> Result {
    let listener = listen().await?;
    loop {
        let (socket, _) = listener.accept().await?;
        tokio::spawn(async move {
            match ServerBuilder::new().accept(socket).await {
                Ok((_, socket)) => echo(socket).await,
                Err(error) => Err(error.into()),
            }
        });
    }
}

pub(crate) async fn connect(url: &str, offer: &Offer) -> Result {
    let mut client = ClientBuilder::new().uri(url)?;
    if !offer.subprotocols.is_empty() {
        let value = offer.subprotocols.join(", ").try_into()?;
        client = client.add_header("sec-websocket-protocol".try_into()?, value)?;
    }
    let (socket, _) = client.connect().await?;
    echo(socket).await
}

async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocketStream<S>) -> Result {
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}
