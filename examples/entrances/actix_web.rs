//! A WebSocket echo server on actix-web 4, with plain HTTP beside it.
//!
//! ```sh
//! cargo run --release -p entrances --example actix_web -- --listen 127.0.0.1:8080
//! ```

use std::{env, io, time::Duration};

use actix_web::web::{Bytes, Data, Payload, to};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, body::BodyStream, http as http_02, rt::spawn};
use futures_util::{StreamExt, TryStreamExt, future::ready};
use tokio::io::{duplex, join};
use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};
use tokio_util::io::{ReaderStream, StreamReader};
use websocket_upgrade::{ServerOptions, respond};

#[tokio::main]
async fn main() -> io::Result<()> {
    let listen = env::args().skip_while(|argument| argument != "--listen").nth(1);
    let options = Data::new(ServerOptions::new()); // allows only pages of the same origin
    let app = move || App::new().app_data(options.clone()).default_service(to(answer));
    let server = HttpServer::new(app).client_request_timeout(Duration::from_secs(10));
    let server = server.bind(listen.as_deref().unwrap_or("127.0.0.1:0"))?;
    server.addrs().iter().for_each(|address| println!("listening on http://{address}/"));
    server.run().await
}

async fn answer(request: HttpRequest, payload: Payload, options: Data<ServerOptions>) -> HttpResponse {
    // actix-web has the types of `http` 0.2, so everything is converted by name.
    let is_10 = request.version() == http_02::Version::HTTP_10;
    let parsed = http::Request::builder().method(request.method().as_str()).uri(request.uri().to_string());
    let parsed = parsed.version(if is_10 { http::Version::HTTP_10 } else { http::Version::HTTP_11 });
    let mut parsed = request.peer_addr().into_iter().fold(parsed, http::request::Builder::extension);
    for (name, value) in request.headers() {
        parsed = parsed.header(name.as_str(), value.as_bytes());
    }
    let Ok(parsed) = parsed.body(()) else { return HttpResponse::BadRequest().force_close().finish() };
    let response = match respond(&parsed, None, &options) {
        Ok((response, _settings)) => response.map(|()| Bytes::new()),
        Err(rejected) if rejected.is_not_upgrade() => return HttpResponse::Ok().body("plain HTTP\n"),
        Err(rejected) => rejected.into_http(),
    };
    let status = http_02::StatusCode::from_u16(response.status().as_u16()).unwrap_or_default();
    let mut answer = HttpResponse::build(status);
    for (name, value) in response.headers() {
        answer.append_header((name.as_str(), value.as_bytes()));
    }
    if response.status() != http::StatusCode::SWITCHING_PROTOCOLS {
        return answer.force_close().body(response.into_body()); // actix-web writes `Connection` itself
    }
    // The payload is what the client sends, and the body is what it receives.
    let (body, writer) = duplex(4096);
    let stream = join(StreamReader::new(payload.map_err(io::Error::other)), writer);
    spawn(async {
        let (sink, messages) = WebSocketStream::from_raw_socket(stream, Role::Server, None).await.split();
        let echoed = messages.try_filter(|message| ready(message.is_text() || message.is_binary()));
        let _ = echoed.forward(sink).await; // until the client closes
    });
    answer.upgrade("websocket").body(BodyStream::new(ReaderStream::new(body)))
}
