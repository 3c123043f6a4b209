//! Which options belong to the session, and which to the request.

use std::time::Duration;

use http::Response;
use websocket_upgrade::http2::Session;
use websocket_upgrade::proto::Limits;
use websocket_upgrade::{ClientOptions, ConnectError, ConnectReason, Phase, TlsOptions};

use crate::server::{Server, URL, connected, network, opened};

fn is_refused(error: &ConnectError, names: &str) {
    assert!(matches!(error.reason(), ConnectReason::Unsupported(_)), "{error}");
    assert!(error.to_string().contains(names), "{names}: {error}");
    assert_eq!((error.phase(), error.retry().is_worthwhile()), (Phase::Prepare, false));
    assert!(format!("{error:#}").contains("ws://server.example.com/chat"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_request_has_no_network_of_its_own() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let (elsewhere, mut others) = network();
    let new = ClientOptions::new;
    let proxied = new().proxy("http://proxy.example:8080").expect("a proxy");
    let whole = tower::service_fn(|_: http::Uri| async {
        Err::<hyper_util::rt::TokioIo<tokio::io::DuplexStream>, _>(std::io::Error::other("nobody"))
    });
    for (own, names) in [
        (proxied.clone(), "proxy"),
        (new().proxy_except("http://proxy.example", "*").expect("a proxy"), "proxy"),
        (new().no_proxy(), "no_proxy"),
        (options.clone().no_proxy(), "no_proxy"),
        (new().connect_to("server.example.com", "[::1]:1").expect("places"), "connect_to"),
        (new().ipv4_only(), "ipv4_only or ipv6_only"),
        (options.clone().proxy_header("X-Own", "1").expect("a field"), "proxy_header"),
        (elsewhere, "transport"),
        (new().connector(whole), "connector"),
        (new().tls(TlsOptions::new().danger_accept_any_certificate()), "tls"),
        (options.clone().tls(TlsOptions::new().key_log()), "tls"),
        (new().tls(TlsOptions::new().server_name("other.example.com").expect("a name")), "tls"),
    ] {
        is_refused(&session.open(URL, &own).await.expect_err(names), names);
    }
    assert!(!server.is_asked() && others.try_recv().is_err() && connections.try_recv().is_err());
    // Without network options, or with a clone of the session's, the request uses those of the session.
    for own in [
        new(),
        new().http2(),
        new().tls(TlsOptions::new()),
        options.clone(),
        options.clone().header("X-Own", "1").expect("a field"),
        options.clone().deadline(Duration::from_secs(3)).redirects(2),
    ] {
        opened(&session, &own, &mut server).await;
    }
    assert!(connections.try_recv().is_err(), "one connection");
}

/// Proxies are compared by their address and by the client's credentials.
#[tokio::test(start_paused = true)]
async fn the_same_proxy_is_no_other() {
    let (options, mut connections) = network();
    let proxied =
        |options: ClientOptions, url: &str, except: &str| options.proxy_except(url, except).expect("a proxy");
    let options = proxied(options, "http://user:one@proxy.example:8080", "other.example");
    let (session, mut server) = connected(&options, &mut connections).await;
    for (url, except, same) in [
        ("http://user:one@proxy.example:8080", "other.example", true),
        ("http://user:two@proxy.example:8080", "other.example", false),
        ("http://proxy.example:8080", "other.example", false),
        ("http://user:one@proxy.example:8081", "other.example", false),
        ("https://user:one@proxy.example:8080", "other.example", false),
        ("socks5://user:one@proxy.example:8080", "other.example", false),
        ("http://user:one@proxy.example:8080", "server.example.com", false),
    ] {
        let own = proxied(ClientOptions::new(), url, except);
        if same {
            opened(&session, &own, &mut server).await;
        } else {
            is_refused(&session.open(URL, &own).await.expect_err(url), "proxy");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_made_again_as_the_session_was() {
    let (options, mut connections) = network();
    let (session, server) = connected(&options, &mut connections).await;
    server.abort(h2::Reason::NO_ERROR);
    server.ended().await;
    // The limits for a request's answer differ from those that the server is told.
    let mut limits = Limits::new();
    (limits.head, limits.fields) = (500, 10);
    let (narrow, wide) = (ClientOptions::new().limits(limits), ClientOptions::new());
    let long = || Response::builder().header("x-long", "a".repeat(5000)).body(()).expect("a head");
    let (opened, mut server) = tokio::join!(session.open(URL, &narrow), async {
        let mut server = Server::on(connections.recv().await.expect("another connection")).await;
        server.accept().await;
        server
    });
    opened.expect("accepted");
    let (opened, _pipe) =
        tokio::join!(session.open(URL, &wide), async { server.asked().await.accept(long()) });
    opened.expect("within the session's limits");
    let (opened, _pipe) =
        tokio::join!(session.open(URL, &narrow), async { server.asked().await.accept(long()) });
    opened.expect_err("not within the request's");
}

/// If every WebSocket has its own connection, that one also uses the session's options.
#[tokio::test(start_paused = true)]
async fn a_fallback_goes_the_session_s_way() {
    let (options, mut connections) = network();
    let (session, server) = tokio::join!(Session::connect(URL, &options), async {
        Server::with(connections.recv().await.expect("a connection"), &h2::server::Builder::new()).await
    });
    let session = session.expect("a fallback");
    server.ended_unasked().await;
    let own = ClientOptions::new();
    let (opened, ()) = tokio::join!(session.open(URL, &own), async {
        let io = connections.recv().await.expect("the session's transport");
        websocket_upgrade::accept(io, &websocket_upgrade::ServerOptions::new()).await.expect("an upgrade");
    });
    opened.expect("accepted");
}
