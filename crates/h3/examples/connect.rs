//! Connects to a WebSocket server and shows what was agreed, or why not: the example `connect` of `examples/commands`,
//! with HTTP/3 beside the other versions.
//!
//! ```sh
//! cargo run -p websocket-upgrade-h3 --example h3_echo -- --listen 127.0.0.1:9443
//! cargo run -p websocket-upgrade-h3 --example connect -- --http3 --report --insecure --send hello wss://127.0.0.1:9443/
//! ```

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use websocket_upgrade::proto::permessage_deflate::{Codec, Offer, PermessageDeflate};
use websocket_upgrade::{ClientOptions, Report, ResponseHead, TlsOptions, Upgraded, create_upgrade_request};
use websocket_upgrade_h3::{Endpoint, create_upgrade_request_on};
use yawc::close::CloseCode;
use yawc::{Frame, OpCode, Options, Role, WebSocket};

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Does the opening handshake and shows the agreed settings.
#[derive(Parser)]
#[allow(clippy::struct_excessive_bools)] // each is a flag
struct Arguments {
    /// A subprotocol to offer
    #[arg(long, value_name = "NAME")]
    subprotocol: Vec<String>,
    /// Offer permessage-deflate with these parameters (may be empty; several offers with commas between them)
    #[arg(long, value_name = "PARAMS")]
    deflate: Option<String>,
    /// An extension to offer, a plain name
    #[arg(long, value_name = "NAME")]
    extension: Vec<String>,
    /// A header to send
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// Wait up to 3 s for a text message and print it
    #[arg(long)]
    wait_message: bool,
    /// Ask over HTTP/2: prior knowledge with ws://, ALPN with wss://
    #[arg(long)]
    http2: bool,
    /// Ask over HTTP/3 and, where that is not possible, over HTTP/2 or HTTP/1.1
    #[arg(long, conflicts_with = "http2")]
    http3: bool,
    /// Print how the connection was made
    #[arg(long)]
    report: bool,
    /// Send a text message, wait up to 3 s for one and print it
    #[arg(long, value_name = "TEXT")]
    send: Option<String>,
    /// A proxy, instead of what the environment says
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// A header for the proxy's CONNECT
    #[arg(long, value_name = "NAME: VALUE")]
    proxy_header: Vec<String>,
    /// Connect to HOST2:PORT2 where the URL has HOST1:PORT1
    #[arg(long, value_name = "HOST1:PORT1=HOST2:PORT2")]
    connect_to: Vec<String>,
    /// Accept any certificate
    #[arg(long)]
    insecure: bool,
    /// Roots to trust beside the platform's, in PEM
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Follow so many redirects
    #[arg(long, value_name = "N", default_value_t = 0)]
    follow: usize,
    /// The time for everything
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    timeout: f64,
    /// ws:// or wss://
    url: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result {
    let options = options(arguments)?;
    if !arguments.http3 {
        let upgraded = create_upgrade_request(&arguments.url, &options).await?;
        let report = upgraded.report();
        return show(arguments, upgraded, &report).await;
    }
    let endpoint = Endpoint::new()?;
    let upgraded = create_upgrade_request_on(&endpoint, &arguments.url, &options).await?;
    if upgraded.get_ref().is_http3() {
        println!("version: HTTP/3");
    }
    let report = upgraded.get_ref().report();
    show(arguments, upgraded, &report).await?;
    // The server is told that the connection has ended.
    let _ = timeout(Duration::from_secs(3), endpoint.wait_idle()).await;
    Ok(())
}

async fn show<S: AsyncRead + AsyncWrite + Unpin>(
    arguments: &Arguments,
    upgraded: Upgraded<S, ResponseHead>,
    report: &Report,
) -> Result {
    println!("status: {}", upgraded.head.status());
    if let Some(subprotocol) = upgraded.settings.subprotocol() {
        println!("subprotocol: {subprotocol}");
    }
    let extensions = upgraded.settings.extensions();
    if !extensions.is_empty() {
        println!("extensions: {}", extensions.as_str());
    }
    if arguments.report {
        println!("report: {report}");
    }
    if arguments.wait_message || arguments.send.is_some() {
        let message = timeout(Duration::from_secs(3), first_text(upgraded, arguments.send.as_deref())).await;
        println!("message: {}", message.map_err(|_| "no text message within 3 s")??);
    }
    Ok(())
}

fn options(arguments: &Arguments) -> Result<ClientOptions> {
    let timeout = Duration::try_from_secs_f64(arguments.timeout)?;
    let mut options = ClientOptions::new().deadline(timeout).redirects(arguments.follow).tls(tls(arguments)?);
    if arguments.http2 {
        options = options.http2();
    }
    if let Some(proxy) = &arguments.proxy {
        options = options.proxy(proxy)?;
    }
    for name in &arguments.subprotocol {
        options = options.subprotocol(name)?;
    }
    for name in &arguments.extension {
        options = options.extension(name)?;
    }
    for header in &arguments.header {
        let (name, value) = field(header)?;
        options = options.header(name, value)?;
    }
    for header in &arguments.proxy_header {
        let (name, value) = field(header)?;
        options = options.proxy_header(name, value)?;
    }
    for places in &arguments.connect_to {
        let (from, to) = places.split_once('=').ok_or_else(|| format!("--connect-to {places:?}: no ="))?;
        options = options.connect_to(from, to)?;
    }
    if let Some(offers) = &arguments.deflate {
        // yawc compresses with zlib.
        let mut deflate = PermessageDeflate::new(Codec::ZLIB);
        for params in offers.split(',') {
            let offer = Offer::parse(params)
                .ok_or_else(|| format!("--deflate {params:?}: not an offer's parameters"))?;
            deflate = deflate.with_offer(offer)?;
        }
        options = options.permessage_deflate(deflate)?;
    }
    Ok(options)
}

fn field(header: &str) -> Result<(&str, &str)> {
    let (name, value) = header.split_once(':').ok_or("header: no colon")?;
    Ok((name, value.trim()))
}

fn tls(arguments: &Arguments) -> Result<TlsOptions> {
    let mut tls = TlsOptions::new();
    if let Some(file) = &arguments.ca {
        let pem = fs::read(file).map_err(|error| format!("--ca {}: {error}", file.display()))?;
        tls = tls.root_certificates(pem)?;
    }
    Ok(if arguments.insecure { tls.danger_accept_any_certificate() } else { tls })
}

async fn first_text<S: AsyncRead + AsyncWrite + Unpin>(
    upgraded: Upgraded<S, ResponseHead>,
    text: Option<&str>,
) -> Result<String> {
    let agreed = upgraded.settings.permessage_deflate();
    let mut codec = Options::default();
    if let Some(agreed) = agreed {
        codec = codec.with_balanced_compression();
        if agreed.must_not_compress {
            codec = codec.with_compression_threshold(usize::MAX);
        }
    }
    let (stream, agreed) = (upgraded.into_stream(), agreed.map(|agreed| agreed.to_string()));
    let mut socket = WebSocket::from_stream_with_extensions(stream, Role::Client, agreed.as_deref(), codec)?;
    if let Some(text) = text {
        socket.send(Frame::text(text.to_owned())).await?;
    }
    while let Some(frame) = socket.next().await {
        if frame.opcode() == OpCode::Text {
            // The message is what counts, whether the server hears the goodbye or not.
            let _ = socket.send(Frame::close(CloseCode::Normal, "")).await;
            // Up to the server's own.
            while socket.next().await.is_some() {}
            // The orderly end of this side: a stream that is only dropped is reset.
            let _ = socket.close().await;
            return Ok(String::from_utf8(frame.into_payload().into())?);
        }
    }
    Err("the connection was closed before a text message".into())
}
