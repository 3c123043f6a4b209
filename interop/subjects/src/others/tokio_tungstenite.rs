//! tokio-tungstenite. Its server leaves the subprotocol to the application, so none is supported here.

use tokio_tungstenite::tungstenite::ClientRequestBuilder;
use tokio_tungstenite::{accept_async, connect_async};

use crate::echo::{listen, with_tungstenite};
use crate::offer::Offer;
use crate::outcome::Result;

pub(crate) async fn serve() -> Result {
    let listener = listen().await?;
    loop {
        let (socket, _) = listener.accept().await?;
        tokio::spawn(async move {
            match accept_async(socket).await {
                Ok(socket) => with_tungstenite(socket).await,
                Err(error) => Err(error.into()),
            }
        });
    }
}

pub(crate) async fn connect(url: &str, offer: &Offer) -> Result {
    let request = offer
        .subprotocols
        .iter()
        .fold(ClientRequestBuilder::new(url.parse()?), ClientRequestBuilder::with_sub_protocol);
    let (socket, _) = connect_async(request).await?;
    with_tungstenite(socket).await
}
