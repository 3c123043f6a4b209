//! The library in one role, and the peer by hand in the other.

use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::QuicServerConfig;
use quinn::{Connection, ConnectionError, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use websocket_upgrade::{ClientOptions, ServerOptions, TlsOptions};
use websocket_upgrade_h3::{Endpoint, Session};

use crate::kit::network::Network;
use crate::kit::quic::{NAME, Pair, endpoint};
use crate::kit::raw::{DATA, Exchange, Frames, connect, control, frame, headers};

/// `SETTINGS_ENABLE_CONNECT_PROTOCOL` (RFC 9220 §3).
pub(crate) const EXTENDED_CONNECT: (u64, u64) = (0x08, 1);

/// More time than anything takes. The clock is paused.
const LONG: Duration = Duration::from_secs(600);

pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(LONG, future).await.expect("it happens")
}

/// The code with which the other side has closed the connection.
pub(crate) async fn close_code(connection: &Connection) -> u64 {
    match soon(connection.closed()).await {
        ConnectionError::ApplicationClosed(close) => close.error_code.into_inner(),
        other => panic!("{other}"),
    }
}

/// Our server, which accepts every request and echoes, and a client by hand.
pub(crate) struct Server {
    pub(crate) pair: Pair,
    pub(crate) serving: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn new() -> Self {
        let pair = Pair::new().await;
        let quic = pair.server.clone();
        let mut connection =
            websocket_upgrade_h3::Connection::new(quic, &ServerOptions::new()).await.expect("begun");
        let serving = tokio::spawn(async move {
            while let Some(next) = connection.accept().await {
                // A request without a head is answered already.
                let Ok(incoming) = next else { continue };
                if !incoming.is_upgrade() {
                    let request = incoming.into_http();
                    tokio::spawn(request.respond(http::Response::new("hello")));
                    continue;
                }
                let Ok(upgraded) = incoming.accept(&ServerOptions::new()).await else { continue };
                tokio::spawn(async move {
                    let (mut reading, mut writing) = tokio::io::split(upgraded.into_stream());
                    let _ = tokio::io::copy(&mut reading, &mut writing).await;
                    let _ = writing.shutdown().await;
                });
            }
        });
        Self { pair, serving }
    }

    pub(crate) fn peer(&self) -> &Connection {
        &self.pair.client
    }

    /// Whether a WebSocket can be established and used.
    pub(crate) async fn works(&self) -> bool {
        let mut exchange = Exchange::open(self.peer(), &headers(&connect("/", &[]))).await;
        let Ok(head) = soon(exchange.head()).await else { return false };
        exchange.write(&frame(DATA, b"hello")).await;
        exchange.finish();
        let body = soon(exchange.body()).await;
        (head.status, body.as_deref()) == (200, Ok(&b"hello"[..]))
    }
}

/// Our client, and a server by hand.
pub(crate) struct Client {
    pub(crate) listening: quinn::Endpoint,
    pub(crate) endpoint: Endpoint,
    pub(crate) options: ClientOptions,
    pub(crate) network: Network,
}

pub(crate) const URL: &str = "wss://server.example.com/";

impl Client {
    pub(crate) fn new() -> Self {
        let certified = rcgen::generate_simple_self_signed([NAME.to_owned()]).expect("a certificate");
        let key = certified.signing_key.serialize_der().try_into().expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_no_client_auth();
        let mut tls = tls.with_single_cert(vec![certified.cert.der().clone()], key).expect("a certificate");
        tls.alpn_protocols = vec![b"h3".to_vec()];
        let config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).expect("TLS 1.3")));

        let network = Network::default();
        let listening = endpoint(network.socket(), Some(config));
        let address = listening.local_addr().expect("an address").to_string();
        let tls = TlsOptions::new().root_certificates(certified.cert.pem()).expect("a certificate");
        let options = ClientOptions::new().no_proxy().tls(tls.only_these_roots());
        let options = options.connect_to(NAME, &address).expect("places");
        Self { listening, endpoint: endpoint(network.socket(), None).into(), options, network }
    }

    /// The next connection of the client.
    pub(crate) async fn accept(&self) -> Connection {
        soon(self.listening.accept()).await.expect("an endpoint").await.expect("a handshake")
    }

    /// A session, and the server's side of its connection with the control stream.
    pub(crate) async fn session(&self) -> (Session, Connection, quinn::SendStream) {
        let accept = async {
            let connection = self.accept().await;
            let control = control(&connection, &[EXTENDED_CONNECT]).await;
            (connection, control)
        };
        let connect = Session::connect_on(&self.endpoint, URL, &self.options);
        let (session, (connection, control)) = tokio::join!(connect, accept);
        (session.expect("a session"), connection, control)
    }

    /// Whether a WebSocket can be established and used.
    pub(crate) async fn works(&self, session: &Session, peer: &Connection) -> bool {
        let open = async {
            let mut stream = session.open(URL, &self.options).await.ok()?.into_stream();
            stream.write_all(b"hello").await.ok()?;
            stream.shutdown().await.ok()?;
            let mut text = Vec::new();
            stream.read_to_end(&mut text).await.ok()?;
            Some(text)
        };
        let serve = async {
            let mut exchange = accept(peer).await;
            exchange.frames.next().await.ok()?;
            exchange.write(&headers(&[(":status", "200")])).await;
            let body = exchange.body().await.ok()?;
            exchange.write(&frame(DATA, &body)).await;
            exchange.finish();
            Some(())
        };
        soon(async { tokio::join!(open, serve) }).await == (Some(b"hello".to_vec()), Some(()))
    }
}

/// The next stream that the client opens.
pub(crate) async fn accept(peer: &Connection) -> Exchange {
    let (send, receive) = soon(peer.accept_bi()).await.expect("a stream");
    Exchange { send, frames: Frames::new(receive) }
}
