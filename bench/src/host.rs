//! The servers that the measured clients connect to. They use the library, accept every client, and echo bytes.

use std::convert::Infallible;
use std::error::Error;
use std::future::ready;
use std::io;
use std::sync::{Arc, LazyLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use websocket_upgrade::ServerOptions;
use websocket_upgrade::hyper::handle_upgrade_request;

use crate::serve::listen;

/// The maximum number of sockets on one HTTP/2 connection at a time.
const STREAMS: u32 = 2000;

/// A server for clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// On tokio.
    Plain,
    /// On tokio, over TLS.
    Tls,
    /// On hyper, over the version of HTTP that the client begins with.
    Hyper,
    /// On hyper, over TLS; the client chooses the version of HTTP by ALPN.
    HyperTls,
}

impl Host {
    pub(crate) const ALL: [Self; 4] = [Self::Plain, Self::Tls, Self::Hyper, Self::HyperTls];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "host",
            Self::Tls => "host, TLS",
            Self::Hyper => "host on hyper",
            Self::HyperTls => "host on hyper, TLS",
        }
    }

    pub(crate) fn secure(self) -> bool {
        matches!(self, Self::Tls | Self::HyperTls)
    }

    fn on_hyper(self) -> bool {
        matches!(self, Self::Hyper | Self::HyperTls)
    }

    async fn connection<S>(self, io: S) -> Result<(), Box<dyn Error + Send + Sync>>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        static OPTIONS: LazyLock<ServerOptions> = LazyLock::new(ServerOptions::new);
        if !self.on_hyper() {
            let upgraded = websocket_upgrade::tokio::accept(io, &OPTIONS).await?;
            return Ok(echo(upgraded.into_stream()).await?);
        }
        let service = service_fn(|mut request: Request<Incoming>| {
            let response = match handle_upgrade_request(&mut request, &OPTIONS) {
                Ok((response, upgrading)) => {
                    tokio::spawn(async move {
                        if let Ok(upgraded) = upgrading.await {
                            // How it ends is the client's affair.
                            let _ = echo(upgraded.into_stream()).await;
                        }
                    });
                    response
                }
                Err(rejected) => rejected.into_http(),
            };
            ready(Result::<_, Infallible>::Ok(response.map(Full::new)))
        });
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http2().enable_connect_protocol().max_concurrent_streams(STREAMS);
        http.serve_connection_with_upgrades(TokioIo::new(io), service).await
    }
}

/// Whatever arrives, with no more memory than a small message needs.
async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut io: S) -> io::Result<()> {
    let mut space = [0; 64];
    loop {
        match io.read(&mut space).await? {
            0 => return io.shutdown().await,
            len => io.write_all(space.get(..len).unwrap_or_default()).await?,
        }
        io.flush().await?;
    }
}

/// A process that serves on one thread. With its port it says its root certificate, if it speaks TLS.
pub(crate) fn serve(host: Host) -> Result<(), Box<dyn Error>> {
    let (acceptor, root) = if host.secure() {
        let (config, root) = certified(host)?;
        (Some(TlsAcceptor::from(Arc::new(config))), STANDARD.encode(root))
    } else {
        (None, String::new())
    };
    Ok(listen(&root, |io| {
        let acceptor = acceptor.clone();
        // How a connection ends is the client's affair.
        tokio::spawn(async move {
            let _ = accept(host, io, acceptor).await;
        });
    })?)
}

async fn accept(
    host: Host,
    io: TcpStream,
    acceptor: Option<TlsAcceptor>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    io.set_nodelay(true)?;
    match acceptor {
        Some(acceptor) => host.connection(acceptor.accept(io).await?).await,
        None => host.connection(io).await,
    }
}

/// TLS with a certificate that is made on the spot, and the PEM of the root that has signed it. Sessions are resumed by
/// tickets that the clients keep: it does not depend on how many there are.
fn certified(host: Host) -> Result<(ServerConfig, String), Box<dyn Error>> {
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()])?.signed_by(&key, &root)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.serialize_der().try_into()?)?;
    config.ticketer = ring::Ticketer::new()?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    if host.on_hyper() {
        config.alpn_protocols.insert(0, b"h2".to_vec());
    }
    Ok((config, root.pem()))
}
