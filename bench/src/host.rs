//! The servers that the measured clients connect to. They use the library, accept every client, and echo bytes.

use std::convert::Infallible;
use std::error::Error;
use std::future::ready;
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
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use websocket_upgrade::ServerOptions;
use websocket_upgrade::hyper::handle_upgrade_request;

use crate::echo::{STREAMS, echo};
use crate::quic;
use crate::serve::listen;

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
    /// Over HTTP/3.
    Quic,
}

impl Host {
    pub(crate) const ALL: [Self; 5] = [Self::Plain, Self::Tls, Self::Hyper, Self::HyperTls, Self::Quic];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "host",
            Self::Tls => "host, TLS",
            Self::Hyper => "host on hyper",
            Self::HyperTls => "host on hyper, TLS",
            Self::Quic => "host, HTTP/3",
        }
    }

    pub(crate) fn secure(self) -> bool {
        matches!(self, Self::Tls | Self::HyperTls | Self::Quic)
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
                            // The result is ignored, since it is up to the client how a connection ends.
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

/// Runs a process that serves on one thread. It prints its port, and with TLS also its root certificate.
pub(crate) fn serve(host: Host) -> Result<(), Box<dyn Error>> {
    if host == Host::Quic {
        let (config, root) = certified(host)?;
        return Ok(quic::serve(config, &STANDARD.encode(root))?);
    }
    let (acceptor, root) = if host.secure() {
        let (config, root) = certified(host)?;
        (Some(TlsAcceptor::from(Arc::new(config))), STANDARD.encode(root))
    } else {
        (None, String::new())
    };
    Ok(listen(&root, |io| {
        let acceptor = acceptor.clone();
        // The result is ignored, since it is up to the client how a connection ends.
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

/// Makes the configuration of TLS with a new certificate, and returns the PEM of its root. Sessions are resumed by
/// tickets that the clients keep, so their number does not matter.
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
