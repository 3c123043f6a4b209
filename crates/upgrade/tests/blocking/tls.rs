//! `wss://`.

use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ServerConfig, ServerConnection, StreamOwned};
use websocket_upgrade::blocking::{TimedStream, Timeouts, accept, create_upgrade_request, upgrade_on};
use websocket_upgrade::{ClientOptions, ConnectError, ConnectReason, ServerOptions, TlsReport};

use crate::certified::{
    certified, every_case, every_contradiction, trusted_unless_others_are_alone, trusting,
    written_where_asked_for,
};
use crate::pair::{both, client, listen};
use crate::suite::model::FRAME;

/// Makes a server's side whose TLS handshake has not begun.
fn over_tls(config: &Arc<ServerConfig>, stream: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
    StreamOwned::new(ServerConnection::new(Arc::clone(config)).expect("a configuration"), stream)
}

/// Sends the words, ends the sending side, and reads up to the end.
fn say(mut io: impl TimedStream, words: &[u8]) -> Vec<u8> {
    io.write_all(words).and_then(|()| io.flush()).and_then(|()| io.end()).expect("a peer");
    let mut received = Vec::new();
    io.read_to_end(&mut received).expect("a peer");
    received
}

#[test]
fn established_over_tls() {
    let (config, root) = certified(&["127.0.0.1"]);
    let (listener, url) = listen();
    let url = url.replace("ws://", "wss://");
    let serve = || {
        let options = ServerOptions::new().secure(true);
        let upgraded = accept(over_tls(&config, client(&listener)), &options).expect("accepted");
        say(upgraded.into_stream(), FRAME)
    };
    let (from_client, from_server) = both(serve, || {
        let options = ClientOptions::new().tls_config(trusting(std::slice::from_ref(&root)));
        let upgraded = create_upgrade_request(&url, &options).expect("accepted");
        assert!(upgraded.get_ref().is_tls());
        assert_eq!(upgraded.get_ref().tcp().peer_addr().ok(), listener.local_addr().ok());
        assert_eq!(upgraded.get_ref().timeouts().expect("options"), Timeouts::default());
        say(upgraded.into_stream(), b"hello")
    });
    assert_eq!((&from_client[..], &from_server[..]), (&b"hello"[..], FRAME));
}

/// The hello names the host that was dialled (RFC 6455 §4.1 item 5), unless it is an address (RFC 6066 §3).
#[test]
fn the_server_is_named() {
    for (host, named) in [("localhost", Some("localhost")), ("127.0.0.1", None)] {
        let (config, root) = certified(&[host]);
        let (listener, url) = listen();
        let url = url.replace("ws://", "wss://").replace("127.0.0.1", host);
        let serve = || {
            let upgraded = accept(over_tls(&config, client(&listener)), &ServerOptions::new());
            upgraded.expect("accepted").get_ref().conn.server_name().map(str::to_owned)
        };
        let (name, connected) = both(serve, || {
            let options = ClientOptions::new().tls_config(trusting(std::slice::from_ref(&root)));
            create_upgrade_request(&url, &options).map(drop)
        });
        connected.expect("accepted");
        assert_eq!(name.as_deref(), named);
    }
}

#[test]
fn established_on_a_stream_of_the_callers() {
    let (config, root) = certified(&["127.0.0.1"]);
    let (listener, url) = listen();
    let serve = || {
        accept(over_tls(&config, client(&listener)), &ServerOptions::new())
            .map(|up| say(up.into_stream(), FRAME))
    };
    let (from_client, from_server) = both(serve, || {
        let name = ServerName::try_from("127.0.0.1").expect("a name");
        let connection = ClientConnection::new(trusting(std::slice::from_ref(&root)), name).expect("TLS");
        let socket = TcpStream::connect(listener.local_addr().expect("an address")).expect("a server");
        let io = StreamOwned::new(connection, socket);
        let upgraded = upgrade_on(io, &url.replace("ws://", "wss://"), &ClientOptions::new());
        say(upgraded.expect("accepted").into_stream(), b"hello")
    });
    assert_eq!((&from_client.expect("accepted")[..], &from_server[..]), (&b"hello"[..], FRAME));
}

#[test]
fn refused_over_tls() {
    let (config, root) = certified(&["127.0.0.1"]);
    let (listener, url) = listen();
    let options = ServerOptions::new().subprotocol("chat").expect("a token").require_subprotocol();
    let serve = || accept(over_tls(&config, client(&listener)), &options).map(drop).expect_err("rejected");
    let (rejected, refused) = both(serve, || {
        let options = ClientOptions::new().tls_config(trusting(std::slice::from_ref(&root)));
        create_upgrade_request(&url.replace("ws://", "wss://"), &options).expect_err("refused")
    });
    let refused = refused.refused().expect("refused");
    assert_eq!((refused.status(), refused.truncated), (400, false));
    let reason = rejected.rejected().expect("rejected").to_string();
    assert_eq!(String::from_utf8_lossy(&refused.body), format!("{reason}\n"));
}

#[test]
fn a_certificate_that_is_not_trusted_or_not_for_the_host() {
    for (name, trusts) in [("127.0.0.1", false), ("localhost", true)] {
        let (config, root) = certified(&[name]);
        let (listener, url) = listen();
        let serve = || accept(over_tls(&config, client(&listener)), &ServerOptions::new()).is_err();
        let roots = if trusts { vec![root] } else { vec![] };
        let options = ClientOptions::new().tls_config(trusting(&roots));
        let connect = || create_upgrade_request(&url.replace("ws://", "wss://"), &options);
        let (failed, connected) = both(serve, connect);
        assert!(failed, "the server hears of it");
        let error = connected.map(drop).expect_err("no TLS");
        assert!(matches!(error.reason(), ConnectReason::Tls(_)), "{error:?}");
    }
}

#[test]
fn a_server_that_speaks_no_tls() {
    let (listener, url) = listen();
    let serve = || accept(client(&listener), &ServerOptions::new()).map(drop).expect_err("rejected");
    let options = ClientOptions::new().tls_config(trusting(&[]));
    let connect = || create_upgrade_request(&url.replace("ws://", "wss://"), &options);
    let (rejected, connected) = both(serve, connect);
    let error = connected.map(drop).expect_err("no TLS");
    assert!(matches!(error.reason(), ConnectReason::Tls(_)), "{error:?}");
    // A TLS hello is not a request, and is refused at once.
    assert!(rejected.rejected().is_some());
}

fn connect(url: &str, options: &ClientOptions) -> Result<Option<TlsReport>, ConnectError> {
    create_upgrade_request(url, options).map(|upgraded| upgraded.report().tls)
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
