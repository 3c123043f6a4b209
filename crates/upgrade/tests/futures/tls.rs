//! `wss://` with smol.

use ::smol::Timer;
use ::smol::future::zip;
use ::smol::io::{AsyncReadExt, AsyncWriteExt};
use futures_rustls::TlsAcceptor;
use websocket_upgrade::futures::{accept, create_upgrade_request};
use websocket_upgrade::{ClientOptions, ConnectError, ConnectReason, ServerOptions, TlsReport};

use crate::certified::{
    certified, every_case, every_contradiction, trusted_unless_others_are_alone, trusting,
    written_where_asked_for,
};
use crate::pair::listen;
use crate::suite::model::FRAME;

#[test]
fn established_over_tls() {
    smol::block_on(async {
        let (config, root) = certified(&["127.0.0.1"]);
        let (listener, url) = listen().await;
        let url = url.replace("ws://", "wss://");
        let options = ServerOptions::new().secure(true);
        let serve = async {
            let (stream, _) = listener.accept().await.expect("a client");
            let stream = TlsAcceptor::from(config).accept(stream).await.expect("TLS");
            let upgraded = accept(stream, &options, Timer::after).await.expect("accepted");
            let mut stream = upgraded.into_stream();
            stream.write_all(FRAME).await.expect("a client");
            stream.close().await.expect("a client");
            let mut received = Vec::new();
            stream.read_to_end(&mut received).await.expect("a client");
            received
        };
        let connect = async {
            let options = ClientOptions::new().tls_config(trusting(&[root]));
            let upgraded = create_upgrade_request(&url, &options).await.expect("accepted");
            assert!(upgraded.get_ref().is_tls());
            assert_eq!(upgraded.get_ref().tcp().peer_addr().ok(), listener.local_addr().ok());
            let mut stream = upgraded.into_stream();
            stream.write_all(b"hello").await.expect("a server");
            stream.close().await.expect("a server");
            let mut received = Vec::new();
            stream.read_to_end(&mut received).await.expect("a server");
            received
        };
        let (from_client, from_server) = zip(serve, connect).await;
        assert_eq!((&from_client[..], &from_server[..]), (&b"hello"[..], FRAME));
    });
}

/// The hello names the host that was dialled (RFC 6455 §4.1 item 5), unless it is an address (RFC 6066 §3).
#[test]
fn the_server_is_named() {
    smol::block_on(async {
        for (host, named) in [("localhost", Some("localhost")), ("127.0.0.1", None)] {
            let (config, root) = certified(&[host]);
            let (listener, url) = listen().await;
            let url = url.replace("ws://", "wss://").replace("127.0.0.1", host);
            let serve = async {
                let (stream, _) = listener.accept().await.expect("a client");
                let stream = TlsAcceptor::from(config).accept(stream).await.expect("TLS");
                let name = stream.get_ref().1.server_name().map(str::to_owned);
                accept(stream, &ServerOptions::new(), Timer::after).await.map(|_| name).expect("accepted")
            };
            let options = ClientOptions::new().tls_config(trusting(&[root]));
            let (name, connected) = zip(serve, create_upgrade_request(&url, &options)).await;
            connected.expect("accepted");
            assert_eq!(name.as_deref(), named);
        }
    });
}

#[test]
fn a_certificate_that_is_not_trusted_or_not_for_the_host() {
    smol::block_on(async {
        for (name, trusts) in [("127.0.0.1", false), ("localhost", true)] {
            let (config, root) = certified(&[name]);
            let (listener, url) = listen().await;
            let serve = async {
                let (stream, _) = listener.accept().await.expect("a client");
                TlsAcceptor::from(config).accept(stream).await.is_err()
            };
            let roots = if trusts { vec![root] } else { vec![] };
            let options = ClientOptions::new().tls_config(trusting(&roots));
            let url = url.replace("ws://", "wss://");
            let (failed, connected) = zip(serve, create_upgrade_request(&url, &options)).await;
            assert!(failed, "the server hears of it");
            let error = connected.expect_err("no TLS");
            assert!(matches!(error.reason(), ConnectReason::Tls(_)), "{error:?}");
        }
    });
}

fn connect(url: &str, options: &ClientOptions) -> Result<Option<TlsReport>, ConnectError> {
    smol::block_on(create_upgrade_request(url, options)).map(|upgraded| upgraded.report().tls)
}

#[test]
fn every_option() {
    every_case(connect);
}

#[test]
fn options_that_contradict_each_other() {
    every_contradiction(connect);
}

#[test]
fn secrets_are_logged_only_where_asked_for() {
    written_where_asked_for("tls::secrets_are_logged_only_where_asked_for", connect);
}

#[test]
fn the_platform_is_trusted_unless_others_are_alone() {
    trusted_unless_others_are_alone("tls::the_platform_is_trusted_unless_others_are_alone", connect);
}
