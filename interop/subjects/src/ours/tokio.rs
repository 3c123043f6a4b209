//! On streams of tokio.

use std::sync::Arc;

use websocket_upgrade::{ClientOptions, accept, create_upgrade_request};
use yawc::Role;

use crate::echo::{listen, with_deflate};
use crate::offer::server_options;
use crate::outcome::Result;

pub(crate) async fn serve(subprotocols: &[String]) -> Result {
    let options = Arc::new(server_options(subprotocols, true)?);
    let listener = listen().await?;
    loop {
        let (socket, _) = listener.accept().await?;
        let options = Arc::clone(&options);
        tokio::spawn(async move {
            match accept(socket, &options).await {
                Ok(upgraded) => with_deflate(upgraded, Role::Server).await,
                Err(error) => Err(error.into()),
            }
        });
    }
}

pub(crate) async fn connect(url: &str, options: ClientOptions) -> Result {
    with_deflate(create_upgrade_request(url, &options).await?, Role::Client).await
}
