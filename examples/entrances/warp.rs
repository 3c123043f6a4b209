//! A WebSocket echo server on warp 0.4, with plain HTTP beside it.
//!
//! warp sets no deadline for the head of a request. Set one in a proxy in front of it.
//!
//! ```sh
//! cargo run --release -p entrances --example warp -- --listen 127.0.0.1:8080
//! ```

use std::{env, io, net::SocketAddr};

use futures_util::{StreamExt, TryStreamExt, future::ready};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};
use warp::{Filter, Reply, path::FullPath, reply::Response};
use websocket_upgrade::{ServerOptions, respond};

#[tokio::main]
async fn main() -> io::Result<()> {
    let listen = env::args().skip_while(|argument| argument != "--listen").nth(1);
    let listener = TcpListener::bind(listen.as_deref().unwrap_or("127.0.0.1:0")).await?;
    println!("listening on http://{}/", listener.local_addr()?);
    let options = ServerOptions::new(); // allows only pages of the same origin
    let head = warp::method().and(warp::path::full()).and(warp::header::headers_cloned());
    // Only a request of HTTP/1.1 with `Upgrade` has what hyper leaves for an upgrade.
    let upgrade = head.and(warp::addr::remote()).and(warp::ext::get::<OnUpgrade>()).map(
        move |method, path: FullPath, headers, peer: Option<SocketAddr>, on_upgrade| {
            let mut request = http::Request::new(());
            *request.method_mut() = method;
            *request.uri_mut() = path.as_str().parse().unwrap_or_default();
            *request.headers_mut() = headers;
            peer.and_then(|peer| request.extensions_mut().insert(peer));
            answer(&request, on_upgrade, &options)
        },
    );
    warp::serve(upgrade.or(warp::any().map(|| "plain HTTP\n"))).incoming(listener).run().await;
    Ok(())
}

fn answer(request: &http::Request<()>, on_upgrade: OnUpgrade, options: &ServerOptions) -> Response {
    match respond(request, None, options) {
        Ok((response, _settings)) => {
            tokio::spawn(echo(on_upgrade));
            response.map(|()| "").into_response()
        }
        Err(rejected) if rejected.is_not_upgrade() => "plain HTTP\n".into_response(),
        Err(rejected) => rejected.into_http().into_response(),
    }
}

async fn echo(on_upgrade: OnUpgrade) {
    let Ok(upgraded) = on_upgrade.await else { return }; // the client has gone
    let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
    let (sink, messages) = socket.split();
    let echoed = messages.try_filter(|message| ready(message.is_text() || message.is_binary()));
    let _ = echoed.forward(sink).await; // until the client closes
}
