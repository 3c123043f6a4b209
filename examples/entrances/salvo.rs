//! A WebSocket echo server on salvo 1, with plain HTTP beside it.
//!
//! ```sh
//! cargo run --release -p entrances --example salvo -- --listen 127.0.0.1:8080
//! ```

use std::{env, io, time::Duration};

use futures_util::{StreamExt, TryStreamExt, future::ready};
use salvo::conn::tcp::TcpAcceptor;
use salvo::fuse::FuseConfig;
use salvo::http::{ReqBody, ResBody};
use salvo::{Depot, FlowCtrl, Handler, Request, Response, Router, Server, async_trait};
use tokio::net::TcpListener;
use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};
use websocket_upgrade::ServerOptions;
use websocket_upgrade::hyper::{Upgrading, handle_upgrade_request};

#[tokio::main]
async fn main() -> io::Result<()> {
    let listen = env::args().skip_while(|argument| argument != "--listen").nth(1);
    let listener = TcpListener::bind(listen.as_deref().unwrap_or("127.0.0.1:0")).await?;
    println!("listening on http://{}/", listener.local_addr()?);
    let app = Router::with_path("{**}").goal(Answer(ServerOptions::new())); // allows only pages of the same origin
    let deadline = FuseConfig::default().with_http1_header_timeout(Duration::from_secs(10));
    Server::new(TcpAcceptor::try_from(listener)?).fuse_config(deadline).try_serve(app).await
}

struct Answer(ServerOptions);

#[async_trait]
impl Handler for Answer {
    async fn handle(&self, request: &mut Request, _: &mut Depot, response: &mut Response, _: &mut FlowCtrl) {
        let peer = request.remote_addr().clone().into_std();
        // The request as hyper has read it: what the upgrade needs is in its extensions.
        let Ok(mut request) = request.strip_to_hyper::<ReqBody>() else { return };
        peer.and_then(|peer| request.extensions_mut().insert(peer));
        match handle_upgrade_request(&mut request, &self.0) {
            Ok((accepted, upgrading)) => {
                tokio::spawn(echo(upgrading));
                response.merge_hyper(accepted.map(|_| ResBody::None));
            }
            Err(rejected) if rejected.is_not_upgrade() => response.render("plain HTTP\n"),
            Err(rejected) => response.merge_hyper(rejected.into_http()),
        }
    }
}

async fn echo(upgrading: Upgrading) {
    let Ok(upgraded) = upgrading.await else { return }; // the client has gone
    let socket = WebSocketStream::from_raw_socket(upgraded.into_stream(), Role::Server, None).await;
    let (sink, messages) = socket.split();
    let echoed = messages.try_filter(|message| ready(message.is_text() || message.is_binary()));
    let _ = echoed.forward(sink).await; // until the client closes
}
