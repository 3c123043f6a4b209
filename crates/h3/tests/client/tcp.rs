//! Servers with a UDP and a TCP port of the same number, on loopback.

use std::net::UdpSocket;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use websocket_upgrade::{ClientOptions, ServerOptions, Upgraded, accept};

use crate::server::{NAME, quic, secured, trusting};

/// What is at the UDP port.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Udp {
    /// Nothing.
    Closed,
    /// A socket that never answers.
    Silent,
    /// A server of QUIC that speaks this protocol.
    Quic(&'static [u8]),
}

/// Both ports.
pub(crate) struct Ports {
    pub(crate) options: ClientOptions,
    pub(crate) endpoint: Option<quinn::Endpoint>,
    _silent: Option<UdpSocket>,
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Ports {
    /// Over TCP the server speaks these protocols.
    pub(crate) async fn new(udp: Udp, tcp: &[&[u8]]) -> Self {
        let (pem, tls) = secured(tcp);
        Self::with(udp, tls, trusting(&pem)).await
    }

    /// Both ports have the same TLS, and QUIC is for HTTP/3.
    pub(crate) async fn of(tls: rustls::ServerConfig, options: ClientOptions) -> Self {
        Self::with(Udp::Quic(b"h3"), tls, options).await
    }

    async fn with(udp: Udp, tls: rustls::ServerConfig, options: ClientOptions) -> Self {
        loop {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
            let address = listener.local_addr().expect("an address");
            // The port may be another program's.
            let Ok(socket) = UdpSocket::bind(address) else { continue };
            let (silent, endpoint) = match udp {
                Udp::Closed => (None, None),
                Udp::Silent => (Some(socket), None),
                Udp::Quic(alpn) => {
                    let mut of_quic = tls.clone();
                    of_quic.alpn_protocols = vec![alpn.to_vec()];
                    let (config, runtime) = (Some(quic(of_quic)), Arc::new(quinn::TokioRuntime));
                    let endpoint =
                        quinn::Endpoint::new(quinn::EndpointConfig::default(), config, socket, runtime);
                    (None, Some(endpoint.expect("an endpoint")))
                }
            };
            let options = options.connect_to(NAME, &address.to_string()).expect("places");
            let acceptor = TlsAcceptor::from(Arc::new(tls));
            return Self { options, endpoint, _silent: silent, listener, acceptor };
        }
    }

    /// Accepts a connection whose TLS one of both does not like.
    pub(crate) async fn refuse(&self) {
        let (socket, _) = self.listener.accept().await.expect("a client");
        let shaken = self.acceptor.accept(socket).await;
        assert!(shaken.is_err());
    }

    /// Accepts the next request over HTTP/1.1.
    pub(crate) async fn accept_http11(&self) -> Upgraded<impl Sized + use<>, websocket_upgrade::RequestHead> {
        let (socket, _) = self.listener.accept().await.expect("a client");
        let tls = self.acceptor.accept(socket).await.expect("a TLS handshake");
        accept(tls, &ServerOptions::new().secure(true)).await.expect("an upgrade")
    }

    /// Accepts the next request over HTTP/2. What is returned keeps it open.
    pub(crate) async fn accept_http2(&self) -> impl Sized + use<> {
        let (socket, _) = self.listener.accept().await.expect("a client");
        let tls = self.acceptor.accept(socket).await.expect("a TLS handshake");
        assert_eq!(tls.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let mut builder = h2::server::Builder::new();
        let mut connection =
            builder.enable_connect_protocol().handshake::<_, bytes::Bytes>(tls).await.expect("HTTP/2");
        let (_, mut respond) = connection.accept().await.expect("a request").expect("a request");
        let sending = respond.send_response(http::Response::new(()), false).expect("an open stream");
        let driving = tokio::spawn(async move { while connection.accept().await.is_some() {} });
        (sending, driving)
    }
}
