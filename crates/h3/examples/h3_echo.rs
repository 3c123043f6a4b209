//! A server over HTTP/3: it echoes messages, and serves a page that opens a WebSocket on the same connection.
//!
//! ```sh
//! cargo run -p websocket-upgrade-h3 --example h3_echo -- --listen 127.0.0.1:9443 --subprotocol chat --deflate
//! ```
//!
//! A browser must be told to use HTTP/3 at once and to accept the certificate, since this server has no TCP port:
//! `deploy/README.md` has Chromium's flags.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::error::Error;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Parser;
use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, Method, Response, StatusCode};
use quinn::Endpoint;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::lookup_host;
use tokio::time::timeout;
use websocket_upgrade::gate::{Gate, GateOptions, Permit};
use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade::{HandleError, ServerOptions, Settings, Upgraded};
use websocket_upgrade_h3::{Connection, Incoming, Stream, server_config};
use yawc::{Frame, OpCode, Options, Role, WebSocket};

type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// Page and script.
const PAGE: &str = include_str!("../../../examples/frameworks/page.html");

/// The command line.
#[derive(Parser)]
pub(crate) struct Arguments {
    /// Where to listen; port 0 picks one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    listen: String,
    /// A certificate with its chain and its key, in PEM, instead of one that is made on the spot
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// A subprotocol to support
    #[arg(long, value_name = "NAME")]
    subprotocol: Vec<String>,
    /// Support permessage-deflate
    #[arg(long)]
    deflate: bool,
    /// Accept only pages of the server's own origin
    #[arg(long)]
    same_origin: bool,
    /// How long a client may be silent, or take nothing
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    deadline: Duration,
}

fn seconds(text: &str) -> Result<Duration> {
    Ok(Duration::try_from_secs_f64(text.parse()?)?)
}

/// What all connections share.
pub(crate) struct Server {
    options: ServerOptions,
    gate: Gate,
    deadline: Duration,
    page: String,
    /// The latest offers and answers, by the query of the handshake. A browser shows neither to its pages.
    handshakes: Mutex<VecDeque<(String, String)>>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Err(error) = run(&Arguments::parse()).await;
    eprintln!("{error}");
    ExitCode::FAILURE
}

async fn run(arguments: &Arguments) -> Result<Infallible> {
    let (endpoint, server) = arguments.listen().await?;
    println!("listening on https://{}/", endpoint.local_addr()?);
    Ok(serve(&endpoint, &server).await)
}

impl Arguments {
    pub(crate) async fn listen(&self) -> Result<(Endpoint, Arc<Server>)> {
        let mut options = ServerOptions::new().secure(true).deadline(self.deadline);
        if !self.same_origin {
            // Anyone may come: this is a server to try things with.
            options = options.danger_any_origin();
        }
        for name in &self.subprotocol {
            options = options.subprotocol(name)?;
        }
        if self.deflate {
            // yawc compresses with zlib.
            options = options.permessage_deflate(PermessageDeflate::new(Codec::ZLIB))?;
        }
        let address = lookup_host(&self.listen).await?.next().ok_or("a host without an address")?;
        let (certificates, key) = self.certificate(address)?;
        let endpoint = Endpoint::server(server_config(certificates, key)?, address)?;
        // Nothing in the name of a subprotocol means anything in a string of JavaScript.
        let page = PAGE.replace("[/* supported */]", &format!("{:?}", self.subprotocol));
        let gate = Gate::new(GateOptions::new());
        let server = Server { options, gate, deadline: self.deadline, page, handshakes: Mutex::default() };
        Ok((endpoint, Arc::new(server)))
    }

    fn certificate(
        &self,
        address: SocketAddr,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
        if let Some(file) = &self.certificate {
            let pem = fs::read(file)?;
            let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>()?;
            return Ok((certificates, PrivateKeyDer::from_pem_slice(&pem)?));
        }
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), address.ip().to_string()])?;
        Ok((vec![made.cert.der().clone()], made.signing_key.serialize_der().try_into()?))
    }
}

/// Serves every connection, in a task of its own.
pub(crate) async fn serve(endpoint: &Endpoint, server: &Arc<Server>) -> Infallible {
    loop {
        let Some(incoming) = endpoint.accept().await else {
            // Only a closed endpoint accepts none, and nobody closes this one.
            std::future::pending::<()>().await;
            continue;
        };
        let peer = incoming.remote_address();
        // A connection counts as a handshake until QUIC and HTTP/3 have begun.
        let permit = match server.gate.enter(peer.ip()) {
            Ok(permit) => permit,
            Err(why) => {
                eprintln!("{peer}: {why}");
                incoming.refuse();
                continue;
            }
        };
        let server = Arc::clone(server);
        tokio::spawn(async move {
            if let Err(error) = connection(incoming, permit, &server).await {
                eprintln!("{peer}: {error:#}");
            }
        });
    }
}

/// Serves a connection. Once it has asked for nothing for so long, it is drained: the streams that are there go on.
async fn connection(incoming: quinn::Incoming, permit: Permit, server: &Arc<Server>) -> Result {
    let quic = timeout(server.deadline, incoming).await.map_err(|_| "no handshake of QUIC in time")??;
    let mut connection = Connection::new(quic, &server.options).await?.gated(server.gate.clone());
    drop(permit);
    loop {
        match timeout(server.deadline, connection.accept()).await {
            Ok(Some(Ok(incoming))) => {
                let (peer, server) = (connection.remote_address(), Arc::clone(server));
                tokio::spawn(async move {
                    if let Err(error) = answer(incoming, &server).await {
                        eprintln!("{peer}: {error:#}");
                    }
                });
            }
            Ok(Some(Err(error))) => eprintln!("{}: {error:#}", connection.remote_address()),
            Ok(None) => return Ok(()),
            Err(_) => connection.drain(),
        }
    }
}

async fn answer(incoming: Incoming, server: &Server) -> Result {
    if !incoming.is_upgrade() {
        let answered = timeout(server.deadline, plain(incoming, server)).await;
        return answered.map_err(|_| "the client takes no answer")?;
    }
    let query = incoming.query().unwrap_or_default().to_owned();
    let (is_page, offered) = (incoming.path() == "/socket", fields(incoming.head().headers()));
    match incoming.accept(&server.options).await {
        Ok(upgraded) => {
            server.note(query, &offered, &agreed(&upgraded.settings));
            eprintln!("accepted over HTTP/3.0: {:?}", upgraded.settings);
            echo(upgraded, is_page, server.deadline).await
        }
        Err(error) => {
            if let HandleError::Rejected(why) = &error {
                server.note(query, &offered, &format!("{}\n{why}\n", why.reason().status()));
            }
            Err(error.into())
        }
    }
}

/// Answers plain HTTP.
async fn plain(incoming: Incoming, server: &Server) -> Result {
    let request = incoming.into_http();
    let (method, target) = (request.head().method(), request.head().uri());
    eprintln!("{method} {}", target.path());
    let is_read = [Method::GET, Method::HEAD].contains(method);
    let (status, kind, body) = match target.path() {
        _ if !is_read => (StatusCode::METHOD_NOT_ALLOWED, "text/plain", "GET and HEAD only\n".to_owned()),
        "/" => (StatusCode::OK, "text/html", server.page.clone()),
        "/health" => (StatusCode::OK, "text/plain", "healthy\n".to_owned()),
        "/handshake" => (StatusCode::OK, "text/plain", server.noted(target.query().unwrap_or_default())),
        _ => (StatusCode::NOT_FOUND, "text/plain", "not found\n".to_owned()),
    };
    let mut response = Response::builder().status(status).header("content-type", kind);
    if !is_read {
        response = response.header("allow", "GET, HEAD");
    }
    Ok(request.respond(response.body(body)?).await?)
}

impl Server {
    /// Notes what was offered and answered.
    fn note(&self, query: String, offered: &str, answered: &str) {
        let mut handshakes = self.handshakes.lock().unwrap_or_else(PoisonError::into_inner);
        handshakes.push_front((query, format!("{offered}\n{answered}")));
        handshakes.truncate(100);
    }

    fn noted(&self, query: &str) -> String {
        let handshakes = self.handshakes.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = handshakes.iter().find(|(of, _)| query == of);
        noted.map(|(_, text)| text.clone()).unwrap_or_default()
    }
}

/// The fields of a handshake, a line each.
fn fields(headers: &HeaderMap) -> String {
    let shown = ["host", "origin", "sec-websocket-protocol", "sec-websocket-extensions"];
    let fields = headers.iter().filter(|(name, _)| shown.contains(&name.as_str()));
    let lines =
        fields.map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    lines.collect::<Vec<_>>().concat()
}

/// The status, and the fields that say what was agreed.
fn agreed(settings: &Settings) -> String {
    let subprotocol = settings.subprotocol().map(|name| format!("sec-websocket-protocol: {name}\n"));
    let extensions = Some(settings.extensions()).filter(|extensions| !extensions.is_empty());
    let extensions = extensions.map(|list| format!("sec-websocket-extensions: {}\n", list.as_str()));
    ["200 OK\n".to_owned(), subprotocol.unwrap_or_default(), extensions.unwrap_or_default()].concat()
}

/// Echoes text and binary messages. The page is told the version of HTTP first.
async fn echo(upgraded: Upgraded<Stream, http::Request<()>>, is_page: bool, deadline: Duration) -> Result {
    let agreed = upgraded.settings.permessage_deflate().map(|agreed| agreed.to_string());
    // Messages of up to 64 MiB.
    let mut codec = Options::default().with_limits(64 << 20, 128 << 20);
    if agreed.is_some() {
        codec = codec.with_balanced_compression();
    }
    let stream = upgraded.into_stream();
    let mut socket = WebSocket::from_stream_with_extensions(stream, Role::Server, agreed.as_deref(), codec)?;
    if is_page {
        socket.send(Frame::text("version: HTTP/3.0")).await?;
    }
    while let Some(frame) = socket.next().await {
        if matches!(frame.opcode(), OpCode::Text | OpCode::Binary) {
            // A client that reads nothing holds up its own stream alone, but not for ever.
            let sent = timeout(deadline, socket.send(frame)).await;
            sent.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "the client reads nothing"))??;
        }
    }
    // A stream that is dropped without its end is reset.
    let _ = timeout(deadline, socket.close()).await;
    Ok(())
}
