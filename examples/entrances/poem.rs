//! A WebSocket echo server on poem 3, with plain HTTP beside it.
//!
//! ```sh
//! cargo run --release -p entrances --example poem -- --listen 127.0.0.1:8080
//! ```

use std::{env, io, time::Duration};

use futures_util::{StreamExt, TryStreamExt, future::ready};
use poem::endpoint::make;
use poem::listener::TcpAcceptor;
use poem::{Body, OnUpgrade, Request, Response, Server};
use tokio::net::TcpListener;
use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};
use websocket_upgrade::{ServerOptions, respond};

#[tokio::main]
async fn main() -> io::Result<()> {
    let listen = env::args().skip_while(|argument| argument != "--listen").nth(1);
    let listener = TcpListener::bind(listen.as_deref().unwrap_or("127.0.0.1:0")).await?;
    println!("listening on http://{}/", listener.local_addr()?);
    let options = ServerOptions::new(); // allows only pages of the same origin
    let app = make(move |request| ready(answer(request, &options)));
    // This ends a connection whose client sends nothing, but not one with half a head. An upgraded one may be idle.
    let server = Server::new_with_acceptor(TcpAcceptor::from_tokio(listener)?);
    server.idle_timeout(Duration::from_secs(10)).run(app).await
}

fn answer(request: Request, options: &ServerOptions) -> Response {
    let on_upgrade = request.take_upgrade();
    let peer = request.remote_addr().as_socket_addr().copied();
    let mut request: http::Request<_> = request.into();
    peer.and_then(|peer| request.extensions_mut().insert(peer));
    let Ok(on_upgrade) = on_upgrade else { return Response::from("plain HTTP\n") };
    match respond(&request, None, options) {
        Ok((response, _settings)) => {
            tokio::spawn(echo(on_upgrade));
            with(response)
        }
        Err(rejected) if rejected.is_not_upgrade() => Response::from("plain HTTP\n"),
        Err(rejected) => with(rejected.into_http()),
    }
}

fn with(response: http::Response<impl Into<Body>>) -> Response {
    let (parts, body) = response.into_parts();
    let mut response = Response::from((parts.status, body));
    *response.headers_mut() = parts.headers;
    response
}

async fn echo(on_upgrade: OnUpgrade) {
    let Ok(stream) = on_upgrade.await else { return }; // the client has gone
    let (sink, messages) = WebSocketStream::from_raw_socket(stream, Role::Server, None).await.split();
    let echoed = messages.try_filter(|message| ready(message.is_text() || message.is_binary()));
    let _ = echoed.forward(sink).await; // until the client closes
}
