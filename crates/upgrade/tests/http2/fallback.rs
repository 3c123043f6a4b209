//! Servers without extended CONNECT: the client uses HTTP/1.1, with a connection for each WebSocket.

use std::io;
use std::sync::Arc;

use h2::server::Builder;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use websocket_upgrade::http2::Session;
use websocket_upgrade::{ClientOptions, ConnectReason, ServerOptions, accept, create_upgrade_request};

use crate::server::{Connections, Server, URL, network};

/// Accepts the next connection over HTTP/1.1, and echoes.
async fn echo_http1(connections: &mut Connections) {
    let io = connections.recv().await.expect("a connection");
    tokio::spawn(async move {
        let upgraded = accept(io, &ServerOptions::new()).await.expect("an upgrade");
        let (mut reader, mut writer) = tokio::io::split(upgraded.into_stream());
        let _ = tokio::io::copy(&mut reader, &mut writer).await;
    });
}

async fn echoes(session: &Session, url: &str, options: &ClientOptions) {
    let opened = session.open(url, options).await.expect("accepted");
    assert_eq!((opened.head.status(), opened.get_ref().is_http2()), (101, false));
    crate::server::echoes(&mut opened.into_stream(), b"over HTTP/1.1").await;
}

#[tokio::test(start_paused = true)]
async fn where_extended_connect_is_not_offered_it_is_not_used() {
    let (options, mut connections) = network();
    let (session, server) = tokio::join!(Session::connect(URL, &options), async {
        Server::with(connections.recv().await.expect("a connection"), &Builder::new()).await
    });
    let session = session.expect("a fallback");
    assert!(!session.is_http2());
    // The client closes the connection without a request.
    server.ended_unasked().await;
    for _ in 0..2 {
        tokio::join!(echoes(&session, URL, &options), echo_http1(&mut connections));
    }
}

#[tokio::test(start_paused = true)]
async fn one_websocket_falls_back_as_well() {
    let (options, mut connections) = network();
    let options = options.http2();
    let (opened, ()) = tokio::join!(create_upgrade_request(URL, &options), async {
        let io = connections.recv().await.expect("a connection");
        Server::with(io, &Builder::new()).await.ended_unasked().await;
        echo_http1(&mut connections).await;
    });
    let opened = opened.expect("accepted");
    assert!(!opened.get_ref().is_http2());
}

/// The server answers with HTTP/1.1, or with a TLS alert.
#[tokio::test(start_paused = true)]
async fn prior_knowledge_that_is_wrong_is_an_error() {
    let answers =
        [&b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"[..], b"\x15\x03\x03\x00\x02\x02F"];
    for answer in answers {
        let (options, mut connections) = network();
        let (session, ()) = tokio::join!(Session::connect(URL, &options), async {
            let mut io = connections.recv().await.expect("a connection");
            let _ = io.read(&mut [0; 64]).await;
            let _ = io.write_all(answer).await;
        });
        let error = session.expect_err("not HTTP/2");
        assert!(matches!(error.reason(), ConnectReason::Io(_)), "{error}");
        assert!(error.to_string().contains("does not speak HTTP/2"), "{error}");
        assert!(error.to_string().contains("if it speaks TLS, ask with wss://"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closes_at_once_is_an_error() {
    let (options, mut connections) = network();
    let (session, ()) = tokio::join!(Session::connect(URL, &options), async {
        drop(connections.recv().await.expect("a connection"));
    });
    let error = session.expect_err("closed");
    assert!(matches!(error.reason(), ConnectReason::Io(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_no_ping_is_left_at_the_deadline() {
    let (options, mut connections) = network();
    let options = options.deadline(std::time::Duration::from_secs(2));
    let (session, io) = tokio::join!(Session::connect(URL, &options), async { connections.recv().await });
    let error = session.expect_err("no settings");
    assert!(matches!(error.reason(), ConnectReason::Deadline), "{error}");
    // The connection is then closed.
    let mut io = io.expect("a connection");
    let mut sent = Vec::new();
    io.read_to_end(&mut sent).await.expect("an end");
    assert!(sent.starts_with(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
}

/// Makes a TLS server that speaks these protocols, and a client that trusts it.
fn secured(options: ClientOptions, protocols: &[&[u8]]) -> (ClientOptions, TlsAcceptor) {
    let certified =
        rcgen::generate_simple_self_signed(["server.example.com".to_owned()]).expect("a certificate");
    let key =
        rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider));
    let server = server.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
    let mut server = server.with_single_cert(vec![certified.cert.der().clone()], key).expect("a certificate");
    server.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certified.cert.der().clone()).expect("a certificate");
    let client = rustls::ClientConfig::builder_with_provider(provider);
    let client = client.with_safe_default_protocol_versions().expect("versions");
    let client = client.with_root_certificates(roots).with_no_client_auth();
    (options.tls_config(Arc::new(client)), TlsAcceptor::from(Arc::new(server)))
}

async fn next_tls(
    connections: &mut Connections,
    acceptor: &TlsAcceptor,
) -> io::Result<TlsStream<DuplexStream>> {
    acceptor.accept(connections.recv().await.expect("a connection")).await
}

#[tokio::test(start_paused = true)]
async fn the_server_chooses_by_alpn() {
    const SECURE: &str = "wss://server.example.com/";
    for (protocols, http2) in [
        (&[&b"h2"[..], b"http/1.1"][..], true),
        (&[b"http/1.1"], false),
        (&[], false),
        (&[b"http/1.1", b"h2"], false),
    ] {
        let (options, mut connections) = network();
        let (options, acceptor) = secured(options, protocols);
        let (session, first) = tokio::join!(Session::connect(SECURE, &options), async {
            // The client closes a connection at once if it can't use it.
            let tls = next_tls(&mut connections, &acceptor).await.ok()?;
            let agreed = tls.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
            if agreed.as_deref() == Some(b"h2") { Some(Server::on(tls).await) } else { None }
        });
        let session = session.expect("TLS");
        assert_eq!((session.is_http2(), first.is_some()), (http2, http2), "{protocols:?}");
        if let Some(mut server) = first {
            let (opened, _pipe) = tokio::join!(session.open(SECURE, &options), server.accept());
            let opened = opened.expect("accepted");
            assert!(opened.get_ref().is_http2() && opened.get_ref().is_tls());
            let report = opened.report();
            let tls = report.tls.as_ref().expect("TLS");
            assert_eq!((tls.version, tls.alpn.as_deref()), (Some("TLS 1.3"), Some("h2")));
            assert!(report.to_string().contains(", TLS 1.3, ALPN h2, certificate of CN="), "{report}");
            continue;
        }
        let (opened, ()) = tokio::join!(session.open(SECURE, &options), async {
            let tls = next_tls(&mut connections, &acceptor).await.expect("a TLS handshake");
            assert_ne!(tls.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
            accept(tls, &ServerOptions::new().secure(true)).await.expect("an upgrade");
        });
        let opened = opened.expect("accepted");
        assert!(!opened.get_ref().is_http2() && opened.get_ref().is_tls());
    }
}
