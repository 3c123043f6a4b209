//! fastwebsockets, on hyper. It leaves the subprotocol to the application, so its server supports none here.

use std::convert::Infallible;

use fastwebsockets::handshake::generate_key;
use fastwebsockets::upgrade::{UpgradeFut, upgrade};
use fastwebsockets::{FragmentCollector, OpCode, WebSocket, handshake};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::echo::listen;
use crate::offer::Offer;
use crate::outcome::Result;

pub(crate) async fn serve() -> Result {
    let listener = listen().await?;
    loop {
        let (socket, _) = listener.accept().await?;
        tokio::spawn(async move {
            let service = service_fn(async |mut request| Ok::<_, Infallible>(respond(&mut request)));
            http1::Builder::new().serve_connection(TokioIo::new(socket), service).with_upgrades().await
        });
    }
}

fn respond(request: &mut Request<Incoming>) -> Response<Empty<Bytes>> {
    if let Ok((response, upgrading)) = upgrade(request) {
        tokio::spawn(upgraded(upgrading));
        response
    } else {
        let mut response = Response::new(Empty::new());
        *response.status_mut() = StatusCode::BAD_REQUEST;
        response
    }
}

async fn upgraded(upgrading: UpgradeFut) -> Result {
    echo(upgrading.await?).await
}

pub(crate) async fn connect(url: &str, offer: &Offer) -> Result {
    let uri: Uri = url.parse()?;
    let authority = uri.authority().ok_or("no authority")?.as_str();
    let mut request = Request::get(uri.path())
        .header("Host", authority)
        .header("Upgrade", "websocket")
        .header("Connection", "upgrade")
        .header("Sec-WebSocket-Key", generate_key())
        .header("Sec-WebSocket-Version", "13");
    if !offer.subprotocols.is_empty() {
        request = request.header("Sec-WebSocket-Protocol", offer.subprotocols.join(", "));
    }
    let socket = TcpStream::connect(authority).await?;
    let request = request.body(Empty::<Bytes>::new())?;
    let (socket, _) = handshake::client(&TokioExecutor::new(), request, socket).await?;
    echo(socket).await
}

async fn echo<S: AsyncRead + AsyncWrite + Unpin>(socket: WebSocket<S>) -> Result {
    let mut socket = FragmentCollector::new(socket);
    loop {
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => socket.write_frame(frame).await?,
            _ => {}
        }
    }
}
