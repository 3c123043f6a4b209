//! A server that is written by hand, in memory, and the client's way to it.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use http3::qpack;
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{EndpointConfig, ServerConfig, TokioRuntime, TransportConfig, VarInt};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use websocket_upgrade::{ClientOptions, ConnectError, ResponseHead, TlsOptions, Upgraded};
use websocket_upgrade_h3::{ClientStream, Endpoint, Session};

use crate::kit::network::{Network, Socket};
use crate::kit::raw::{self, DATA, Exchange, Frames, HEADERS, frame, headers};

/// The name in the certificate.
pub(crate) const NAME: &str = "server.example.com";

pub(crate) const URL: &str = "wss://server.example.com/chat";

/// `SETTINGS_ENABLE_CONNECT_PROTOCOL` (RFC 9220 §5).
pub(crate) const EXTENDED_CONNECT: (u64, u64) = (0x08, 1);

/// What a client has opened.
pub(crate) type Opened = Upgraded<ClientStream, ResponseHead>;

/// A certificate for [`NAME`] in PEM, and rustls' configuration of a server with it.
pub(crate) fn secured(alpn: &[&[u8]]) -> (String, rustls::ServerConfig) {
    let certified = rcgen::generate_simple_self_signed([NAME.to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
    let mut config = config.with_single_cert(vec![certified.cert.der().clone()], key).expect("a certificate");
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    (certified.cert.pem(), config)
}

/// Options that trust a certificate.
pub(crate) fn trusting(pem: &str) -> ClientOptions {
    let tls = TlsOptions::new().root_certificates(pem).expect("a certificate").only_these_roots();
    ClientOptions::new().no_proxy().tls(tls)
}

/// quinn's configuration of a server.
pub(crate) fn quic(tls: rustls::ServerConfig) -> ServerConfig {
    ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).expect("TLS 1.3")))
}

/// A host in memory, and a client's endpoint beside it.
pub(crate) struct Host {
    pub(crate) network: Network,
    pub(crate) address: SocketAddr,
    pub(crate) endpoint: quinn::Endpoint,
    config: ServerConfig,
    pub(crate) client: Endpoint,
    pub(crate) options: ClientOptions,
}

impl Host {
    pub(crate) fn new() -> Self {
        Self::with(&[b"h3"], |_| {})
    }

    /// A host whose clients may have so many streams at a time.
    pub(crate) fn with_streams(streams: u32) -> Self {
        Self::with(&[b"h3"], |transport| {
            transport.max_concurrent_bidi_streams(streams.into());
        })
    }

    pub(crate) fn with(alpn: &[&[u8]], shape: impl FnOnce(&mut TransportConfig)) -> Self {
        let (pem, tls) = secured(alpn);
        let mut transport = TransportConfig::default();
        shape(&mut transport);
        let mut config = quic(tls);
        config.transport_config(Arc::new(transport));
        Self::of(config, trusting(&pem))
    }

    pub(crate) fn of(config: ServerConfig, options: ClientOptions) -> Self {
        let network = Network::default();
        let server = endpoint(network.socket(), Some(config.clone()));
        let client = endpoint(network.socket(), None);
        let address = server.local_addr().expect("an address");
        let options = options.connect_to(NAME, &address.to_string()).expect("places");
        Self { network, address, endpoint: server, config, client: client.into(), options }
    }

    /// Lets the host vanish: its connections hear nothing more. Another one has its address then. Returns the old one.
    pub(crate) fn vanish(&mut self) -> quinn::Endpoint {
        let other = endpoint(self.network.socket_at(self.address), Some(self.config.clone()));
        std::mem::replace(&mut self.endpoint, other)
    }

    /// The next connection, with SETTINGS that offer extended CONNECT.
    pub(crate) async fn accept(&self) -> Server {
        self.accept_with(&[EXTENDED_CONNECT]).await
    }

    /// The next connection, with these settings.
    pub(crate) async fn accept_with(&self, settings: &[(u64, u64)]) -> Server {
        let connection = self.connection().await;
        let control = raw::control(&connection, settings).await;
        Server { connection, control }
    }

    /// The next connection, on which nothing has been sent.
    pub(crate) async fn connection(&self) -> quinn::Connection {
        self.endpoint.accept().await.expect("an endpoint").await.expect("a handshake")
    }

    /// Whether a connection was asked for that nobody has accepted.
    pub(crate) async fn is_called(&self) -> bool {
        let mut next = std::pin::pin!(self.endpoint.accept());
        poll_fn(|context| Poll::Ready(next.as_mut().poll(context).is_ready())).await
    }

    /// A session, and its connection.
    pub(crate) async fn connected(&self) -> (Session, Server) {
        let connecting = Session::connect_on(&self.client, URL, &self.options);
        let (session, server) = tokio::join!(connecting, self.accept());
        let session = session.expect("a session");
        assert!(session.is_http3());
        (session, server)
    }
}

fn endpoint(socket: Arc<Socket>, config: Option<ServerConfig>) -> quinn::Endpoint {
    let runtime = Arc::new(TokioRuntime);
    quinn::Endpoint::new_with_abstract_socket(EndpointConfig::default(), config, socket, runtime)
        .expect("an endpoint")
}

/// A connection, seen from the server.
pub(crate) struct Server {
    pub(crate) connection: quinn::Connection,
    pub(crate) control: quinn::SendStream,
}

impl Server {
    /// The next request.
    pub(crate) async fn asked(&self) -> Asked {
        let (send, receive) = self.connection.accept_bi().await.expect("a request");
        let mut exchange = Exchange { send, frames: Frames::new(receive) };
        let frame = exchange.frames.next().await.expect("no reset");
        let Some((HEADERS, section)) = frame else { panic!("no head: {frame:?}") };
        let decoded = qpack::decode_stateless(&mut Bytes::from(section), u64::MAX).expect("a field section");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
        let lines = decoded.fields.iter().map(|field| (text(&field.name), text(&field.value))).collect();
        Asked { lines, exchange }
    }

    /// Accepts the next request.
    pub(crate) async fn accepts(&self) -> Exchange {
        self.asked().await.accept().await
    }

    /// Says that streams from this one on are not processed.
    pub(crate) async fn go_away(&mut self, stream: u64) {
        let bytes = frame(raw::GOAWAY, &raw::integer(stream));
        self.control.write_all(&bytes).await.expect("a control stream");
    }

    pub(crate) fn close(&self, code: u64) {
        self.connection.close(VarInt::from_u64(code).expect("a code"), b"");
    }

    /// The code with which the client closes the connection.
    pub(crate) async fn closed(&self) -> u64 {
        match self.connection.closed().await {
            quinn::ConnectionError::ApplicationClosed(close) => close.error_code.into_inner(),
            other => panic!("{other}"),
        }
    }

    /// Whether a request is there.
    pub(crate) async fn is_asked(&self) -> bool {
        let mut next = std::pin::pin!(self.connection.accept_bi());
        poll_fn(|context| Poll::Ready(next.as_mut().poll(context).is_ready())).await
    }

    /// Answers every request with an echo, up to the end of the connection. Returns how many there were.
    pub(crate) async fn echo(self) -> usize {
        let mut all = Vec::new();
        while let Ok((send, receive)) = self.connection.accept_bi().await {
            let mut exchange = Exchange { send, frames: Frames::new(receive) };
            all.push(tokio::spawn(async move {
                if let Ok(Some(_)) = exchange.frames.next().await {
                    exchange.write(&headers(&[(":status", "200")])).await;
                    echo(exchange).await;
                }
            }));
        }
        let count = all.len();
        for one in all {
            one.await.expect("no panic");
        }
        count
    }
}

/// A request, seen from the server.
pub(crate) struct Asked {
    pub(crate) lines: Vec<(String, String)>,
    pub(crate) exchange: Exchange,
}

impl Asked {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.lines.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Answers with this status and these fields. The stream stays open.
    pub(crate) async fn respond(&mut self, status: u16, fields: &[(&str, &str)]) {
        let status = status.to_string();
        self.exchange.write(&headers(&[&[(":status", &*status)], fields].concat())).await;
    }

    /// Answers with this status and these fields, and ends the stream.
    pub(crate) async fn refuse(mut self, status: u16, fields: &[(&str, &str)]) {
        self.respond(status, fields).await;
        self.exchange.finish();
        // It lives until the client has received it.
        let _ = self.exchange.send.stopped().await;
    }

    pub(crate) async fn accept(mut self) -> Exchange {
        self.respond(200, &[]).await;
        self.exchange
    }

    /// Resets both directions.
    pub(crate) fn reset(&mut self, code: u64) {
        reset(&mut self.exchange, code);
    }
}

pub(crate) fn reset(exchange: &mut Exchange, code: u64) {
    let code = VarInt::from_u64(code).expect("a code");
    exchange.send.reset(code).expect("an open stream");
    let _ = exchange.frames.receive.stop(code);
}

/// Sends content back until the client ends it.
pub(crate) async fn echo(mut exchange: Exchange) {
    while let Ok(Some((kind, payload))) = exchange.frames.next().await {
        assert_eq!(kind, DATA);
        if exchange.send.write_all(&frame(DATA, &payload)).await.is_err() {
            return;
        }
    }
    let _ = exchange.send.finish();
    let _ = exchange.send.stopped().await;
}

/// Whether bytes come back.
pub(crate) async fn echoes(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), bytes: &[u8]) {
    stream.write_all(bytes).await.expect("an open stream");
    stream.flush().await.expect("an open stream");
    let mut back = vec![0; bytes.len()];
    stream.read_exact(&mut back).await.expect("an echo");
    assert_eq!(back, bytes);
}

/// What a request comes to whose server answers like this.
pub(crate) async fn answered(
    options: impl FnOnce(ClientOptions) -> ClientOptions,
    answer: impl AsyncFnOnce(Asked),
) -> Result<Opened, ConnectError> {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let options = options(host.options.clone());
    let (opened, ()) = tokio::join!(session.open(URL, &options), async {
        answer(server.asked().await).await;
    });
    opened
}
