//! Clients that go from a URL to a connection, each as its documentation shows.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use fastwebsockets::handshake::generate_key;
use http::header::{CONNECTION, HOST, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use http_body_util::Empty;
use hyper::body::Bytes;
use reqwest_websocket::Upgrade;
use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::Connector;
use websocket_upgrade::http2::Session;
use websocket_upgrade::{ClientOptions, TlsOptions, create_upgrade_request};

use crate::load::Served;
use crate::peers::Spawn;

pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// Sends a constant request, and accepts every answer that ends in an empty line.
    Constant,
    WebsocketUpgrade,
    /// Opens one more WebSocket on an HTTP/2 connection.
    InSession,
    TokioTungstenite,
    Fastwebsockets,
    ReqwestWebsocket,
}

impl Client {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::WebsocketUpgrade => "websocket-upgrade",
            Self::InSession => "websocket-upgrade, one more on an HTTP/2 connection",
            Self::TokioTungstenite => "tokio-tungstenite",
            Self::Fastwebsockets => "fastwebsockets",
            Self::ReqwestWebsocket => "reqwest-websocket",
        }
    }
}

/// How TLS begins if client and server have met before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    /// The default of rustls: the session is resumed, with new keys but without certificates.
    Resumed,
    /// A full handshake every time.
    Full,
}

/// A client with everything that it makes only once.
pub(crate) struct Prepared {
    client: Client,
    address: SocketAddr,
    url: String,
    tls: Option<Arc<ClientConfig>>,
    options: ClientOptions,
    session: Option<Session>,
    reqwest: reqwest::Client,
}

impl Prepared {
    pub(crate) async fn new(client: Client, served: &Served, tls: Tls) -> Result<Self> {
        let address = served.address();
        let root = served.root();
        let scheme = if root.is_some() { "wss" } else { "ws" };
        let url = format!("{scheme}://{address}/");
        let config = root.map(|root| config(root, tls)).transpose()?;
        let options = options(root, config.clone().filter(|_| tls == Tls::Full))?;
        let mut reqwest = reqwest::Client::builder();
        if let Some(config) = &config {
            reqwest = reqwest.tls_backend_preconfigured(ClientConfig::clone(config));
        }
        let session = match client {
            Client::InSession => Some(Session::connect(&url, &options).await?),
            _ => None,
        };
        if session.as_ref().is_some_and(|session| !session.is_http2()) {
            return Err("the host does not offer extended CONNECT".into());
        }
        Ok(Self {
            client,
            address,
            url,
            tls: config.map(Arc::new),
            options,
            session,
            reqwest: reqwest.build()?,
        })
    }

    /// Connects, and closes.
    pub(crate) async fn connect(&self) -> Result {
        match self.client {
            Client::Constant => self.constant().await,
            Client::WebsocketUpgrade => {
                create_upgrade_request(&self.url, &self.options).await?;
                Ok(())
            }
            Client::InSession => {
                let session = self.session.as_ref().ok_or("no session")?;
                session.open(&self.url, &self.options).await?;
                Ok(())
            }
            Client::TokioTungstenite => self.tokio_tungstenite().await,
            Client::Fastwebsockets => self.fastwebsockets().await,
            Client::ReqwestWebsocket => {
                let response = self.reqwest.get(&self.url).upgrade().send().await?;
                response.into_websocket().await?;
                Ok(())
            }
        }
    }

    async fn constant(&self) -> Result {
        let io = TcpStream::connect(self.address).await?;
        match &self.tls {
            Some(config) => ask(self.over_tls(config, io).await?).await,
            None => ask(io).await,
        }
    }

    async fn tokio_tungstenite(&self) -> Result {
        match &self.tls {
            Some(config) => {
                let connector = Some(Connector::Rustls(Arc::clone(config)));
                let url = self.url.as_str();
                tokio_tungstenite::connect_async_tls_with_config(url, None, false, connector).await?;
            }
            None => drop(tokio_tungstenite::connect_async(self.url.as_str()).await?),
        }
        Ok(())
    }

    async fn fastwebsockets(&self) -> Result {
        let io = TcpStream::connect(self.address).await?;
        let request = http::Request::get(&self.url)
            .header(HOST, self.address.to_string())
            .header(UPGRADE, "websocket")
            .header(CONNECTION, "upgrade")
            .header(SEC_WEBSOCKET_KEY, generate_key())
            .header(SEC_WEBSOCKET_VERSION, "13")
            .body(Empty::<Bytes>::new())?;
        match &self.tls {
            Some(config) => {
                let io = self.over_tls(config, io).await?;
                fastwebsockets::handshake::client(&Spawn, request, io).await?;
            }
            None => drop(fastwebsockets::handshake::client(&Spawn, request, io).await?),
        }
        Ok(())
    }

    async fn over_tls(
        &self,
        config: &Arc<ClientConfig>,
        io: TcpStream,
    ) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let name = ServerName::IpAddress(self.address.ip().into());
        TlsConnector::from(Arc::clone(config)).connect(name, io).await
    }
}

/// Makes the library's options for a server with this root, or with a configuration.
pub(crate) fn options(root: Option<&str>, config: Option<ClientConfig>) -> Result<ClientOptions> {
    // For reqwest, which has no provider of its own. It fails if one is installed already.
    let _ = ring::default_provider().install_default();
    let options = ClientOptions::new();
    Ok(match (root, config) {
        (_, Some(config)) => options.tls_config(Arc::new(config)),
        (Some(root), None) => options.tls(TlsOptions::new().root_certificates(root)?.only_these_roots()),
        (None, None) => options,
    })
}

/// Makes the configuration of rustls with one root.
fn config(root: &str, tls: Tls) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(root.as_bytes())?)?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    if tls == Tls::Full {
        config.resumption = Resumption::disabled();
    }
    Ok(config)
}

async fn ask<S: AsyncRead + AsyncWrite + Unpin>(mut io: S) -> Result {
    const REQUEST: &[u8] =
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    io.write_all(REQUEST).await?;
    io.flush().await?;
    let (mut answer, mut len) = ([0; 1024], 0);
    while !answer.get(..len).unwrap_or_default().ends_with(b"\r\n\r\n") {
        match io.read(answer.get_mut(len..).unwrap_or_default()).await? {
            0 => return Err("no answer".into()),
            more => len += more,
        }
    }
    if answer.starts_with(b"HTTP/1.1 101 ") { Ok(()) } else { Err("no 101".into()) }
}
