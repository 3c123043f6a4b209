//! In a server on hyper, over HTTP/1.1 and HTTP/2.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use websocket_upgrade::ServerOptions;
use websocket_upgrade::hyper::handle_upgrade_request;
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
            let mut server = auto::Builder::new(TokioExecutor::new());
            server.http1().timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(10));
            server.http2().enable_connect_protocol();
            let service = service_fn(|request| {
                let response = respond(request, &options).map(Full::new);
                async { Ok::<_, Infallible>(response) }
            });
            // An error of a connection is the client's affair.
            let _ = server.serve_connection_with_upgrades(TokioIo::new(socket), service).await;
        });
    }
}

fn respond(mut request: Request<Incoming>, options: &ServerOptions) -> Response<Bytes> {
    match handle_upgrade_request(&mut request, options) {
        Ok((response, upgrading)) => {
            tokio::spawn(async move {
                match upgrading.await {
                    Ok(upgraded) => with_deflate(upgraded, Role::Server).await,
                    Err(error) => Err(error.into()),
                }
            });
            response
        }
        Err(rejected) => rejected.into_http(),
    }
}
