//! `wss://`.

use ::tokio::io::{AsyncReadExt, AsyncWriteExt};
use ::tokio::net::{TcpListener, TcpStream};
use rustls::pki_types::CertificateDer;
use tokio_rustls::TlsAcceptor;
use websocket_upgrade::{
    ClientOptions, ConnectError, ConnectReason, ServerOptions, TlsReport, accept, create_upgrade_request,
};

use crate::certified::{
    certified, every_case, every_contradiction, trusted_unless_others_are_alone, trusting,
    written_where_asked_for,
};
use crate::suite::model::FRAME;

/// Starts a server with its own certificate for these names.
async fn listen(names: &[&str]) -> (TcpListener, TlsAcceptor, CertificateDer<'static>) {
    let (config, root) = certified(names);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    (listener, TlsAcceptor::from(config), root)
}

fn url(listener: &TcpListener) -> String {
    format!("wss://{}/", listener.local_addr().expect("an address"))
}

async fn client(listener: &TcpListener) -> TcpStream {
    listener.accept().await.expect("a client").0
}

#[tokio::test]
async fn established_over_tls() {
    let (listener, acceptor, root) = listen(&["127.0.0.1"]).await;
    let options = ServerOptions::new().subprotocol("chat").expect("a token").secure(true);
    let serve = async {
        let stream = acceptor.accept(client(&listener).await).await.expect("TLS");
        let upgraded = accept(stream, &options).await.expect("accepted");
        let (mut stream, _, head) = upgraded.into_parts();
        stream.write_all(FRAME).await.expect("a client");
        stream.shutdown().await.expect("a client");
        let mut received = Vec::new();
        stream.read_to_end(&mut received).await.expect("a client");
        (head, received)
    };
    let connect = async {
        let origin = url(&listener).replace("wss", "https");
        let options = ClientOptions::new().tls_config(trusting(&[root])).origin(origin.trim_end_matches('/'));
        let options = options.and_then(|options| options.subprotocol("chat")).expect("options");
        let upgraded = create_upgrade_request(&url(&listener), &options).await.expect("accepted");
        assert!(upgraded.get_ref().is_tls());
        assert_eq!(upgraded.get_ref().tcp().and_then(|tcp| tcp.peer_addr().ok()), listener.local_addr().ok());
        assert_eq!(upgraded.settings.subprotocol(), Some("chat"));
        let mut stream = upgraded.into_stream();
        stream.write_all(b"hello").await.expect("a server");
        stream.shutdown().await.expect("a server");
        let mut received = Vec::new();
        stream.read_to_end(&mut received).await.expect("a server");
        received
    };
    let ((head, from_client), from_server) = ::tokio::join!(serve, connect);
    assert_eq!((&from_client[..], &from_server[..]), (&b"hello"[..], FRAME));
    let host = listener.local_addr().expect("an address").to_string();
    assert_eq!(head.field("host"), Some(host.as_bytes()));
}

/// The hello names the host that was dialled (RFC 6455 §4.1 item 5), unless it is an address (RFC 6066 §3).
#[tokio::test]
async fn the_server_is_named() {
    for (host, named) in [("localhost", Some("localhost")), ("127.0.0.1", None)] {
        let (listener, acceptor, root) = listen(&[host]).await;
        let serve = async {
            let stream = acceptor.accept(client(&listener).await).await.expect("TLS");
            let name = stream.get_ref().1.server_name().map(str::to_owned);
            accept(stream, &ServerOptions::new()).await.map(|_| name).expect("accepted")
        };
        let connect = async {
            let options = ClientOptions::new().tls_config(trusting(&[root]));
            create_upgrade_request(&url(&listener).replace("127.0.0.1", host), &options).await
        };
        let (name, connected) = ::tokio::join!(serve, connect);
        connected.expect("accepted");
        assert_eq!(name.as_deref(), named);
    }
}

#[tokio::test]
async fn refused_over_tls() {
    let (listener, acceptor, root) = listen(&["127.0.0.1"]).await;
    let options = ServerOptions::new().subprotocol("chat").expect("a token").require_subprotocol();
    let serve = async {
        let stream = acceptor.accept(client(&listener).await).await.expect("TLS");
        accept(stream, &options).await.expect_err("rejected")
    };
    let client = ClientOptions::new().tls_config(trusting(&[root]));
    let (rejected, refused) =
        ::tokio::join!(serve, async { create_upgrade_request(&url(&listener), &client).await });
    let refused = refused.expect_err("refused");
    let refused = refused.refused().expect("refused");
    assert_eq!((refused.status(), refused.truncated), (400, false));
    let reason = rejected.rejected().expect("rejected").to_string();
    assert_eq!(String::from_utf8_lossy(&refused.body), format!("{reason}\n"));
}

/// Returns the error of a client of a server for these names, which trusts the certificate or does not.
async fn error_of_tls(names: &[&str], trusts: bool) -> ConnectError {
    let (listener, acceptor, root) = listen(names).await;
    let serve = async { acceptor.accept(client(&listener).await).await.is_err() };
    let options =
        ClientOptions::new().tls_config(trusting(if trusts { std::slice::from_ref(&root) } else { &[] }));
    let (failed, connected) =
        ::tokio::join!(serve, async { create_upgrade_request(&url(&listener), &options).await });
    assert!(failed, "the server hears of it");
    connected.expect_err("no TLS")
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_or_not_for_the_host() {
    let error = error_of_tls(&["127.0.0.1"], false).await;
    assert!(matches!(error.reason(), ConnectReason::Tls(_)), "{error:?}");
    let error = error_of_tls(&["localhost"], true).await;
    assert!(matches!(error.reason(), ConnectReason::Tls(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_that_speaks_no_tls() {
    let (listener, _, root) = listen(&["127.0.0.1"]).await;
    let serve = async { accept(client(&listener).await, &ServerOptions::new()).await };
    let options = ClientOptions::new().tls_config(trusting(&[root]));
    let (rejected, connected) =
        ::tokio::join!(serve, async { create_upgrade_request(&url(&listener), &options).await });
    let error = connected.expect_err("no TLS");
    assert!(matches!(error.reason(), ConnectReason::Tls(_)), "{error:?}");
    // A TLS hello is not a request, and is refused at once.
    assert!(rejected.expect_err("rejected").rejected().is_some());
}

fn connect(url: &str, options: &ClientOptions) -> Result<Option<TlsReport>, ConnectError> {
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(create_upgrade_request(url, options)).map(|upgraded| upgraded.report().tls)
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
