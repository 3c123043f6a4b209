//! Every server is asked by every client, and the document quotes what is compiled.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use fastwebsockets::{Frame, WebSocket};
use futures_util::{SinkExt, StreamExt};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use migrating::{
    Result, axum as with_axum, fastwebsockets as with_fastwebsockets, tungstenite as with_tungstenite,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;

const SERVERS: [&str; 6] = [
    "tungstenite before",
    "tungstenite after",
    "axum before",
    "axum after",
    "fastwebsockets before",
    "fastwebsockets after",
];

async fn serve(name: &str, io: TcpStream) -> Result {
    match name {
        "tungstenite before" => echo(with_tungstenite::before::serve(io).await?).await,
        "tungstenite after" => match with_tungstenite::after::serve(io).await? {
            Some(socket) => echo(socket).await,
            None => Ok(()),
        },
        "axum before" => on_hyper(with_axum::before::app(), io).await,
        "axum after" => on_hyper(with_axum::after::app()?, io).await,
        "fastwebsockets before" => {
            let service = service_fn(with_fastwebsockets::before::respond);
            Ok(http1::Builder::new().serve_connection(TokioIo::new(io), service).with_upgrades().await?)
        }
        "fastwebsockets after" => {
            let service = service_fn(with_fastwebsockets::after::respond);
            Ok(http1::Builder::new().serve_connection(TokioIo::new(io), service).with_upgrades().await?)
        }
        _ => Err(name.into()),
    }
}

async fn on_hyper(app: Router, io: TcpStream) -> Result {
    let service = hyper_util::service::TowerToHyperService::new(app);
    Ok(http1::Builder::new().serve_connection(TokioIo::new(io), service).with_upgrades().await?)
}

async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocketStream<S>) -> Result {
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

const CLIENTS: [&str; 4] =
    ["tungstenite before", "tungstenite after", "fastwebsockets before", "fastwebsockets after"];

/// What comes back for "hello".
async fn ask(name: &str, address: SocketAddr) -> Result<String> {
    let url = format!("ws://{address}/chat");
    match name {
        "tungstenite before" => greet(with_tungstenite::before::connect(&url).await?).await,
        "tungstenite after" => greet(with_tungstenite::after::connect(&url).await?).await,
        "fastwebsockets before" => {
            say(with_fastwebsockets::before::connect(TcpStream::connect(address).await?).await?).await
        }
        "fastwebsockets after" => {
            say(with_fastwebsockets::after::connect(TcpStream::connect(address).await?).await?).await
        }
        _ => Err(name.into()),
    }
}

async fn greet<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocketStream<S>) -> Result<String> {
    socket.send("hello".into()).await?;
    Ok(socket.next().await.ok_or("no message")??.to_string())
}

async fn say<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocket<S>) -> Result<String> {
    socket.write_frame(Frame::text(b"hello"[..].into())).await?;
    let frame = socket.read_frame().await?;
    Ok(String::from_utf8(frame.payload.to_vec())?)
}

#[tokio::test]
async fn every_server_is_asked_by_every_client() -> Result {
    for server in SERVERS {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(async move {
            while let Ok((io, _)) = listener.accept().await {
                tokio::spawn(serve(server, io));
            }
        });
        for client in CLIENTS {
            // These servers write no subprotocol; tokio-tungstenite's client asks for one and insists on it.
            if server.starts_with("fastwebsockets") && client.starts_with("tungstenite before") {
                continue;
            }
            // Its server answers with a subprotocol whatever is offered, and nothing was.
            if server == "tungstenite before" && client == "fastwebsockets after" {
                let error = ask(client, address).await.expect_err("not offered").to_string();
                assert!(error.contains("a subprotocol that was not offered"), "{error}");
                continue;
            }
            let heard =
                ask(client, address).await.map_err(|error| format!("{client} to {server}: {error}"))?;
            assert_eq!(heard, "hello", "{client} to {server}");
        }
        accepting.abort();
    }
    Ok(())
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn the_document_quotes_what_is_compiled() {
    let sources: Vec<String> = ["tungstenite", "axum", "fastwebsockets"]
        .map(|name| squeezed(&read(&format!("src/{name}.rs"))))
        .into();
    let document = read("../../docs/migrating.md");
    let blocks: Vec<&str> =
        document.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 10, "{} blocks", blocks.len());
    for block in blocks {
        let quoted = sources.iter().any(|source| {
            let mut rest = source.as_str();
            block.lines().all(|line| match rest.split_once(&squeezed(line)) {
                Some((_, behind)) => {
                    rest = behind;
                    true
                }
                None => false,
            })
        });
        assert!(quoted, "not in the sources:\n{block}");
    }
}
