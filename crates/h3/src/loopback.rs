//! Two ends of HTTP/3 connections over loopback, for tests of what is not public.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{ClientConfig, Endpoint, ServerConfig, TransportConfig};

use crate::ending::Hold;
use crate::exchange::Exchange;
use crate::quic::Quic;

/// Both ends of a QUIC connection. The endpoints live as long.
pub(crate) struct Pair {
    pub(crate) client: quinn::Connection,
    pub(crate) server: quinn::Connection,
    _endpoints: [Endpoint; 2],
}

impl Pair {
    /// Connects two new endpoints.
    pub(crate) async fn new() -> Self {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) = (certified.cert.der().clone(), certified.signing_key.serialize_der());
        let provider = || Arc::new(rustls::crypto::ring::default_provider());
        let versions = [&rustls::version::TLS13];

        let mut tls = rustls::ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key.try_into().unwrap())
            .unwrap();
        tls.alpn_protocols = vec![b"h3".to_vec()];
        let mut server = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).unwrap()));
        server.transport_config(transport());

        let mut roots = rustls::RootCertStore::empty();
        roots.add(certificate).unwrap();
        let mut tls = rustls::ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"h3".to_vec()];
        let mut client = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()));
        client.transport_config(transport());

        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (server, connecting) = (Endpoint::server(server, any).unwrap(), Endpoint::client(any).unwrap());
        let address = server.local_addr().unwrap();
        let connect = connecting.connect_with(client, address, "localhost").unwrap();
        let accept = async { server.accept().await.unwrap().await };
        let (client, accepted) = tokio::join!(connect, accept);
        Self { client: client.unwrap(), server: accepted.unwrap(), _endpoints: [connecting, server] }
    }

    /// Opens a stream, and returns both ends: the client's, and the server's. The server knows of it when the client
    /// has sent something, so this sends `first`.
    pub(crate) async fn exchange(&self, first: &[u8]) -> (Exchange, Exchange) {
        let (mut sending, receiving) = self.client.open_bi().await.unwrap();
        sending.write_all(first).await.unwrap();
        let client = Exchange::of((sending, receiving), self.client.clone());
        (client, Exchange::of(self.server.accept_bi().await.unwrap(), self.server.clone()))
    }
}

fn transport() -> Arc<TransportConfig> {
    let mut transport = TransportConfig::default();
    transport.stream_receive_window((64 * 1024_u32).into());
    Arc::new(transport)
}

/// A hold that holds nothing.
pub(crate) fn nothing() -> Hold {
    Arc::new(())
}

mod tests {
    use std::future::poll_fn;

    use http::{Method, Request, Response};
    use http3::proto::frame::Frame;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use websocket_upgrade_proto::Limits;

    use super::*;

    #[tokio::test]
    async fn what_is_sent_on_an_established_stream_comes_back() {
        let pair = Pair::new().await;
        let server = async {
            let mut builder = http3::server::builder();
            builder.enable_extended_connect(true).send_grease(false);
            let mut connection = builder.build::<_, Bytes>(Quic::new(pair.server.clone())).await.unwrap();
            let bidi = poll_fn(|context| {
                let _ = connection.inner.poll_control(context).map(Result::unwrap);
                connection.inner.poll_accept_bi(context)
            });
            let mut exchange = Exchange::new(bidi.await.unwrap());
            let (request, protocol) = exchange.request_head(&Limits::new()).await.unwrap();
            assert_eq!((request.method(), protocol.as_deref()), (&Method::CONNECT, Some("websocket")));
            assert_eq!(request.uri(), "https://localhost/chat?a=b");
            assert_eq!(request.headers().get_all("cookie").iter().count(), 2);
            exchange.send_response(&Response::new(())).await.unwrap();
            let mut stream = exchange.into_stream(nothing());
            let mut text = Vec::new();
            stream.read_to_end(&mut text).await.unwrap();
            stream.write_all(&text).await.unwrap();
            stream.shutdown().await.unwrap();
            // The connection lives until the client has ended it.
            drop(stream);
            pair.server.closed().await;
            drop(connection);
        };
        let client = async {
            let quic = Quic::new(pair.client.clone());
            let opener = quic.opener();
            let mut builder = http3::client::builder();
            let (mut connection, _sender) = builder.build::<_, _, Bytes>(quic).await.unwrap();
            let settings = poll_fn(|context| connection.inner.poll_control(context)).await.unwrap();
            assert!(matches!(settings, Frame::Settings(_)), "{settings:?}");
            let mut exchange = Exchange::new(opener.open().await.unwrap());
            let request = Request::connect("https://localhost/chat?a=b").header("cookie", "a=1");
            let request = request.header("cookie", "b=2").body(()).unwrap();
            exchange.send_request(&request, "websocket").await.unwrap();
            let response = exchange.response_head(&Limits::new()).await.unwrap();
            assert_eq!(response.status(), 200);
            let mut stream = exchange.into_stream(nothing());
            let text = vec![7; 300_000];
            let (mut reading, mut writing) = tokio::io::split(&mut stream);
            let write = async {
                writing.write_all(&text).await.unwrap();
                writing.shutdown().await.unwrap();
            };
            let mut back = Vec::new();
            let (read, ()) = tokio::join!(reading.read_to_end(&mut back), write);
            read.unwrap();
            assert_eq!(back, text);
            pair.client.close(0x100_u32.into(), b"");
        };
        tokio::join!(server, client);
    }
}
