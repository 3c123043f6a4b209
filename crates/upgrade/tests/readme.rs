//! Checks that the code in the READMEs compiles and runs. The whole server is an example. The fragments are here, with
//! the parts that the READMEs leave out. They serve clients that are silent, of another origin, or leave early.

use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use websocket_upgrade::{ClientOptions, upgrade_on};

type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// `README.md` of the library: in the callback of an HTTP server.
mod callback {
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpStream;
    use websocket_upgrade::{ServerOptions, Socket, handle_upgrade_request, receive};

    use super::Result;

    pub(super) async fn server(io: TcpStream) -> Result {
        let incoming = receive(io, &ServerOptions::new()).await?;
        let request = incoming.head().to_http()?;
        let (_, socket) = incoming.into_http();
        let (stream, head) = socket.into_parts();
        let socket = Socket::with_read_buf(stream, head);
        let upgraded = handle_upgrade_request(&request, socket, &ServerOptions::new()).await?;
        upgraded.into_stream().read_to_end(&mut Vec::new()).await?;
        Ok(())
    }
}

/// `README.md` of the library: on axum.
mod route {
    use axum::Router;
    use axum::response::Response;
    use axum::routing::{any, get};
    use websocket_upgrade::ServerOptions;
    use websocket_upgrade::axum::Upgrade;
    use websocket_upgrade::tower::RefusalLayer;

    async fn chat(upgrade: Upgrade) -> Response {
        upgrade.options(ServerOptions::new()).on_upgrade(|upgraded| async move {
            let mut stream = upgraded.into_stream(); // AsyncRead + AsyncWrite, for any codec
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        })
    }

    pub(super) fn app() -> Router {
        let app: Router = Router::new()
            .route("/chat", any(chat)) // GET over HTTP/1.1, CONNECT over HTTP/2
            .route("/health", get(|| async { "healthy" }))
            .layer(RefusalLayer::new()); // a refused upgrade closes its connection, whatever response refuses it
        app
    }
}

/// `README.md` of the library: with a codec.
mod codec {
    use futures_util::StreamExt;
    use tokio::net::TcpStream;
    use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate};
    use websocket_upgrade::{ServerOptions, accept};
    use yawc::{Options, Role, WebSocket};

    use super::Result;

    #[rustfmt::skip]
    pub(super) async fn server(socket: TcpStream) -> Result {
        // The codec compresses with zlib: only what zlib supports is agreed.
        let options = ServerOptions::new().permessage_deflate(PermessageDeflate::new(Codec::ZLIB))?;
        let upgraded = accept(socket, &options).await?;
        let agreed = upgraded.settings.permessage_deflate().map(|agreed| agreed.to_string());
        let codec = if agreed.is_some() { Options::default().with_balanced_compression() } else { Options::default() };
        let stream = upgraded.into_stream();
        let mut socket = WebSocket::from_stream_with_extensions(stream, Role::Server, agreed.as_deref(), codec)?;
        while let Some(frame) = socket.next().await {
            println!("{:?}", frame.opcode());
        }
        Ok(())
    }
}

/// `README.md` of the library: behind the gate.
mod gate {
    use std::net::SocketAddr;

    use tokio::io::{copy, sink};
    use tokio::net::TcpStream;
    use websocket_upgrade::gate::{Gate, GateOptions};
    use websocket_upgrade::{OptionsError, Origins, ServerOptions};

    fn options() -> Result<(ServerOptions, Gate), OptionsError> {
        let origins = Origins::same().trusted_proxy("10.0.0.0/8")?.allow("https://*.example.com")?;
        Ok((ServerOptions::new().origins(origins), Gate::new(GateOptions::new().total(5000))))
    }

    /// In the task of a connection, instead of `accept`.
    #[rustfmt::skip]
    async fn serve(gate: Gate, socket: TcpStream, peer: SocketAddr, options: &ServerOptions) {
        let mut stream = match gate.accept(socket, peer.ip(), options).await {
            Ok(upgraded) => upgraded.into_stream(),
            Err(error) => return eprintln!("{peer}: {error}"), // 503, or why the request was rejected, is sent
        };
        let _ = copy(&mut stream, &mut sink()).await; // for any codec
    }

    /// At the end of the process.
    async fn end(gate: Gate) {
        gate.drain();
        gate.drained().await; // no handshake is under way any more
    }

    pub(super) async fn server(socket: TcpStream) -> super::Result {
        let (peer, (options, gate)) = (socket.peer_addr()?, options()?);
        serve(gate.clone(), socket, peer, &options).await;
        end(gate).await;
        Ok(())
    }
}

/// Serves an application of axum over HTTP/1.1 and HTTP/2.
async fn served(app: Router, io: TcpStream) -> Result {
    let http = Builder::new(TokioExecutor::new());
    http.serve_connection_with_upgrades(TokioIo::new(io), TowerToHyperService::new(app)).await
}

type Serving = Pin<Box<dyn Future<Output = Result> + Send>>;

/// Returns a function for each fragment that serves one connection.
fn fragments() -> [fn(TcpStream) -> Serving; 4] {
    [
        |io| Box::pin(callback::server(io)),
        |io| Box::pin(served(route::app(), io)),
        |io| Box::pin(codec::server(io)),
        |io| Box::pin(gate::server(io)),
    ]
}

#[tokio::test]
async fn the_fragments_serve() -> Result {
    for (index, serve) in fragments().into_iter().enumerate() {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket));
            }
        });
        let silent = TcpStream::connect(address).await?;
        let mut early = TcpStream::connect(address).await?;
        early.write_all(b"GET /chat HTTP/1.1\r\nHost:").await?;
        early.set_zero_linger()?;
        drop(early);
        let elsewhere = ClientOptions::new().origin("https://elsewhere.example")?;
        let error = handshake(address, &elsewhere).await.expect_err("another origin");
        assert!(error.to_string().contains("403"), "{index}: {error}");
        handshake(address, &ClientOptions::new()).await?;
        drop(silent);
        accepting.abort();
    }
    Ok(())
}

async fn handshake(address: SocketAddr, options: &ClientOptions) -> Result {
    let url = format!("ws://{address}/chat");
    upgrade_on(TcpStream::connect(address).await?, &url, options).await?;
    Ok(())
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the block of code below this line of the text.
fn block(readme: &str, above: &str) -> String {
    let (_, below) = readme.split_once(above).unwrap_or_else(|| panic!("{above:?} is gone"));
    let (_, block) = below.split_once("```rust").unwrap_or_default();
    let (block, _) = block.split_once("```").unwrap_or_default();
    block.split_once('\n').map(|(_, code)| code.to_owned()).unwrap_or_default()
}

#[test]
fn the_server_is_the_example() {
    let example = read("examples/server_on_tokio.rs");
    let (_, code) = example.split_once("\n\n").expect("a header");
    assert_eq!(block(&read("README.md"), "\n## A server\n"), code);
}

#[test]
fn the_fragments_are_those_of_the_readme() {
    let source = squeezed(&read("tests/readme.rs"));
    for (readme, above) in [
        ("README.md", "Inside an HTTP server's upgrade callback"),
        ("README.md", "\n## hyper, tower, axum\n"),
        ("README.md", "\n## A codec\n"),
        ("README.md", "\n## Many clients, and a proxy\n"),
    ] {
        let mut rest = source.as_str();
        // Imports stand elsewhere here, and the function around a fragment has another name.
        let other =
            |line: &&str| ["use ", "async fn run(", "-> "].iter().all(|begin| !line.starts_with(begin));
        for line in block(&read(readme), above).lines().filter(other) {
            let (_, behind) = rest.split_once(&squeezed(line)).unwrap_or_else(|| panic!("{above}: {line}"));
            rest = behind;
        }
    }
}

/// The commands that add the library name features that exist, and none that is on anyway.
#[test]
fn the_commands_add_features_that_exist() {
    let manifest = read("Cargo.toml");
    let features = manifest.split_once("[features]").and_then(|(_, behind)| behind.split_once("\n\n"));
    let (features, _) = features.expect("a table of features");
    let by_default = features.lines().find(|line| line.starts_with("default = ")).expect("a default");
    for file in ["README.md", "../../README.md", "../../docs/migrating.md"] {
        let text = read(file);
        let added = text.lines().filter_map(|line| line.strip_prefix("cargo add websocket-upgrade"));
        assert!(added.clone().count() > 0, "{file} adds nothing");
        let named =
            added.filter_map(|line| line.split_once("--features ")).flat_map(|(_, names)| names.split(','));
        for name in named {
            assert!(features.contains(&format!("\n{name} = ")), "{file}: there is no feature {name}");
            assert!(!by_default.contains(&format!("\"{name}\"")), "{file}: {name} is on by default");
        }
    }
}

/// Removes white space, and what is added to a function here.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<String>().replace("pub(super)", "")
}
