//! What the servers among the examples share: the command line, TLS, and the echo; `serving.rs` has the connections.

// Each example uses only a part of this.
#![allow(dead_code)]

use std::convert::Infallible;
use std::error::Error;
use std::future::pending;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use clap::Parser;
use futures_util::{SinkExt, StreamExt};
use http::{Request, Response, StatusCode};
use hyper::body::{Body, Incoming};
use rustls::ServerConfig;
use rustls::crypto::ring;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::select;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::Service;
use websocket_upgrade::proto::permessage_deflate::{Codec, PermessageDeflate};
use websocket_upgrade::{Origins, Rejected, ReplayStream, ServerOptions, Upgraded};
use yawc::close::CloseCode;
use yawc::{Frame, OpCode, Options, Role, WebSocket};

pub(crate) mod serving;

pub(crate) type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// The command line.
// Independent flags of the command line.
#[allow(clippy::struct_excessive_bools)]
#[derive(Parser)]
pub(crate) struct Arguments {
    /// Where to listen; port 0 picks one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    listen: String,
    /// A subprotocol to support
    #[arg(long, value_name = "NAME")]
    pub(crate) subprotocol: Vec<String>,
    /// Support permessage-deflate
    #[arg(long)]
    deflate: bool,
    /// Accept only pages of the server's own origin
    #[arg(long)]
    same_origin: bool,
    /// Trust a proxy at this address or in this network: its fields tell the authority of a request
    #[arg(long, value_name = "ADDRESS")]
    trusted_proxy: Vec<String>,
    /// Accept HTTP/1.1 requests without a key, from a proxy that sends none
    #[arg(long)]
    danger_no_key: bool,
    /// Speak TLS, with a certificate made on the spot
    #[arg(long)]
    tls: bool,
    /// How long a client may be silent
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) deadline: Duration,
}

impl Arguments {
    pub(crate) fn options(&self) -> Result<Arc<ServerOptions>> {
        let mut origins = Origins::same();
        for address in &self.trusted_proxy {
            origins = origins.trusted_proxy(address)?;
        }
        let mut options = ServerOptions::new().origins(origins);
        if self.tls {
            // Without TLS nothing is said: a proxy in front may have it, and ask for `https`.
            options = options.secure(true);
        }
        if !self.same_origin {
            // Anyone may come: this is a server to try things with.
            options = options.danger_any_origin();
        }
        if self.danger_no_key {
            options = options.danger_no_key();
        }
        for name in &self.subprotocol {
            options = options.subprotocol(name)?;
        }
        if self.deflate {
            // yawc compresses with zlib.
            options = options.permessage_deflate(PermessageDeflate::new(Codec::ZLIB))?;
        }
        Ok(Arc::new(options))
    }

    /// Listens, and prints the address; with TLS if the command line asks for it.
    pub(crate) async fn listen(&self) -> Result<(TcpListener, Option<TlsAcceptor>)> {
        let bound = TcpListener::bind(&self.listen).await;
        let listener = bound.map_err(|error| format!("could not listen on {}: {error}", self.listen))?;
        let address = listener.local_addr()?;
        let tls = if self.tls { Some(self_signed(address)?) } else { None };
        println!("listening on {}://{address}/", if self.tls { "wss" } else { "ws" });
        Ok((listener, tls))
    }

    /// Listens and serves.
    pub(crate) async fn serve<S, B>(&self, service: S) -> Result<Infallible>
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send + 'static,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (listener, tls) = self.listen().await?;
        Ok(serving::serve(&listener, tls, self.deadline, service).await)
    }
}

fn seconds(text: &str) -> Result<Duration> {
    Ok(Duration::try_from_secs_f64(text.parse()?)?)
}

/// TLS with a self-signed certificate, for HTTP/2 and HTTP/1.1 (RFC 7301).
fn self_signed(address: SocketAddr) -> Result<TlsAcceptor> {
    let names = vec!["localhost".to_owned(), address.ip().to_string()];
    let certified = rcgen::generate_simple_self_signed(names)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth();
    let key = certified.signing_key.serialize_der().try_into()?;
    let mut config = config.with_single_cert(vec![certified.cert.der().clone()], key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The answer to plain HTTP.
pub(crate) fn plain(path: &str, healthy: bool) -> Response<Bytes> {
    let (status, body) = match path {
        "/health" if healthy => (StatusCode::OK, "healthy\n"),
        "/health" => (StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
        _ => (StatusCode::NOT_FOUND, "not found\n"),
    };
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
}

/// Says why a request was rejected.
pub(crate) fn say_why(rejected: &Rejected) {
    let reason = rejected.error().map(|error| format!(": {error}")).unwrap_or_default();
    eprintln!("{rejected} over {:?}{reason}", rejected.version());
}

/// Logs a response that rejects a handshake, and passes on every response.
pub(crate) fn watch<B>(response: Response<B>) -> Response<B> {
    response.extensions().get().inspect(|rejected| say_why(rejected));
    response
}

/// Hands over to yawc, with compression if it is agreed.
pub(crate) fn hand_over<S>(upgraded: Upgraded<S>) -> yawc::Result<WebSocket<ReplayStream<S>>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let agreed = upgraded.settings.permessage_deflate().map(|agreed| agreed.to_string());
    // Messages of up to 64 MiB.
    let mut codec = Options::default().with_limits(64 << 20, 128 << 20);
    if agreed.is_some() {
        codec = codec.with_balanced_compression();
    }
    WebSocket::from_stream_with_extensions(upgraded.into_stream(), Role::Server, agreed.as_deref(), codec)
}

/// Echoes text and binary messages.
pub(crate) async fn echo<S>(upgraded: Upgraded<S>) -> yawc::Result<()>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    echo_until(upgraded, pending()).await
}

/// Echoes until `end`, then closes the WebSocket with a close frame.
pub(crate) async fn echo_until<S>(upgraded: Upgraded<S>, end: impl Future<Output = ()>) -> yawc::Result<()>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut socket = hand_over(upgraded)?;
    let mut end = pin!(end);
    loop {
        select! {
            () = &mut end => break,
            frame = socket.next() => match frame {
                Some(frame) if matches!(frame.opcode(), OpCode::Text | OpCode::Binary) => socket.send(frame).await?,
                Some(_) => {}
                None => return Ok(()),
            }
        }
    }
    socket.send(Frame::close(CloseCode::Away, "")).await?;
    // Up to the client's own.
    let answer = async { while socket.next().await.is_some() {} };
    let _ = timeout(Duration::from_secs(1), answer).await;
    Ok(())
}
