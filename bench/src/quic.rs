//! The server over HTTP/3 that the measured clients connect to. It accepts every client, and echoes bytes.

use std::io;
use std::net::Ipv4Addr;
use std::sync::LazyLock;

use quinn::Endpoint;
use websocket_upgrade::ServerOptions;
use websocket_upgrade_h3::{Connection, handle_upgrade_request, server_config_with};

use crate::echo::{STREAMS, echo};
use crate::serve::{on_one_thread, say};

/// Runs a process that serves on one thread, with this configuration of TLS. It prints its port and a word.
pub(crate) fn serve(config: rustls::ServerConfig, word: &str) -> io::Result<()> {
    on_one_thread(async {
        let endpoint = Endpoint::server(server_config_with(config)?, (Ipv4Addr::LOCALHOST, 0).into())?;
        say(endpoint.local_addr()?.port(), word)?;
        while let Some(incoming) = endpoint.accept().await {
            // The result is ignored, since it is up to the client how a connection ends.
            tokio::spawn(async move {
                let _ = connection(incoming).await;
            });
        }
        Ok(())
    })
}

async fn connection(incoming: quinn::Incoming) -> io::Result<()> {
    static OPTIONS: LazyLock<ServerOptions> = LazyLock::new(ServerOptions::new);
    let mut connection = Connection::new(incoming.await?, &OPTIONS).await?.max_streams(STREAMS);
    while let Some(request) = connection.accept().await {
        let Ok(request) = request else { continue };
        tokio::spawn(async move {
            if let Ok(upgraded) = handle_upgrade_request(request, &OPTIONS).await {
                let _ = echo(upgraded.into_stream()).await;
            }
        });
    }
    Ok(())
}
