//! Redirects, the answer to a 401, and cookies, on a session.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use http::HeaderMap;
use websocket_upgrade::cookies::MemoryJar;
use websocket_upgrade::{ConnectReason, Http3Fallback, RedirectProblem, Refused};

use crate::server::{Host, NAME, URL};

#[tokio::test(start_paused = true)]
async fn a_redirect_at_the_same_origin_stays_on_the_connection() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let options = host.options.clone().redirects(2).bearer_token("s-token").expect("a token");
    let (opened, _exchange) = tokio::join!(session.open(URL, &options), async {
        server.asked().await.refuse(307, &[("location", "/moved?x=1")]).await;
        server.asked().await.refuse(301, &[("location", "https://SERVER.example.com:443/again")]).await;
        let asked = server.asked().await;
        assert_eq!(asked.field(":path"), Some("/again"));
        assert_eq!(asked.field("authorization"), Some("Bearer s-token"));
        asked.accept().await
    });
    let opened = opened.expect("accepted");
    assert!(opened.get_ref().is_http3() && !host.is_called().await);
    let report = opened.get_ref().report();
    assert_eq!((report.redirects.len(), report.url.as_str()), (2, "wss://server.example.com/again"));
}

/// The other origin has a connection of its own, on the same endpoint. Back at the first origin, it is not the
/// session's either.
#[tokio::test(start_paused = true)]
async fn a_redirect_to_another_origin_gets_a_connection_of_its_own() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let other = format!("{NAME}:8443");
    let options = host.options.clone().redirects(2).bearer_token("s-token").expect("a token");
    let (opened, _kept) = tokio::join!(session.open(URL, &options), async {
        let there = format!("https://{other}/there");
        server.asked().await.refuse(302, &[("location", &there)]).await;
        let second = host.accept().await;
        let asked = second.asked().await;
        assert_eq!((asked.field(":authority"), asked.field(":path")), (Some(&*other), Some("/there")));
        assert_eq!(asked.field("authorization"), None, "it is the session's origin's");
        asked.refuse(307, &[("location", URL)]).await;
        let third = host.accept().await;
        let exchange = third.accepts().await;
        (second, third, exchange)
    });
    let opened = opened.expect("accepted");
    assert!(opened.get_ref().is_http3() && session.is_http3());
    assert_eq!(opened.get_ref().report().redirects.len(), 2);
    assert!(!server.is_asked().await);
}

#[tokio::test(start_paused = true)]
async fn redirects_that_are_not_followed() {
    for (most, location, problem) in [
        (0, "/moved", None),
        (1, "/moved", Some(RedirectProblem::TooMany)),
        (1, "ftp://server.example.com/", Some(RedirectProblem::Location)),
        (1, "ws://server.example.com/", Some(RedirectProblem::Downgrade)),
    ] {
        let host = Host::new();
        let (session, server) = host.connected().await;
        let options = host.options.clone().redirects(most);
        let (error, ()) = tokio::join!(session.open(URL, &options), async {
            server.asked().await.refuse(307, &[("location", location)]).await;
            if problem == Some(RedirectProblem::TooMany) {
                server.asked().await.refuse(307, &[("location", location)]).await;
            }
        });
        let error = error.expect_err("a redirect");
        match (error.reason(), problem) {
            (ConnectReason::Redirect(got, _), Some(expected)) => assert_eq!(*got, expected),
            (ConnectReason::Refused(refused), None) => assert_eq!(refused.status(), 307),
            other => panic!("{other:?}"),
        }
        // The connection is still usable.
        let (opened, _exchange) = tokio::join!(session.open(URL, &options), server.accepts());
        assert!(opened.expect("accepted").get_ref().is_http3());
    }
}

/// A request over HTTP/1.1 may be led to HTTP/3.
#[tokio::test]
async fn a_redirect_from_ws_to_wss_goes_over_http_3() {
    let ports = crate::tcp::Ports::new(crate::tcp::Udp::Quic(b"h3"), &[b"http/1.1"]).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    let options = ports.options.clone().redirects(1);
    let endpoint = ports.endpoint.clone().expect("QUIC");
    let serving = async {
        let (socket, _) = listener.accept().await.expect("a client");
        let all = websocket_upgrade::ServerOptions::new();
        let incoming = websocket_upgrade::receive(socket, &all).await.expect("a request");
        let there = websocket_upgrade::Rejection::new(307).expect("a status").header("Location", URL);
        incoming.reject(there.expect("a field")).await.expect("sent");
        let connection = endpoint.accept().await.expect("a client").await.expect("a handshake");
        let control = crate::kit::raw::control(&connection, &[crate::server::EXTENDED_CONNECT]).await;
        let server = crate::server::Server { connection, control };
        (server.accepts().await, server)
    };
    let asking = websocket_upgrade_h3::create_upgrade_request(&url, &options);
    let (opened, _kept) = tokio::join!(asking, serving);
    let opened = opened.expect("accepted");
    assert!(opened.get_ref().is_http3());
    assert_eq!(opened.get_ref().report().http3_fallback, None::<Http3Fallback>);
}

#[tokio::test(start_paused = true)]
async fn a_hook_answers_a_401_on_the_connection() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let options = host.options.clone().on_unauthorized(move |asked| {
        counted.fetch_add(1, SeqCst);
        assert_eq!(asked.refused.head.field("WWW-Authenticate"), Some(&b"Bearer"[..]));
        let token = "Bearer new".parse().expect("a value");
        async move { Some(HeaderMap::from_iter([(http::header::AUTHORIZATION, token)])) }
    });
    let (opened, _exchange) = tokio::join!(session.open(URL, &options), async {
        server.asked().await.refuse(401, &[("www-authenticate", "Bearer")]).await;
        let asked = server.asked().await;
        assert_eq!(asked.field("authorization"), Some("Bearer new"));
        asked.accept().await
    });
    assert!(opened.expect("accepted").get_ref().is_http3());
    // The next request asks its hook again.
    let (error, ()) = tokio::join!(session.open(URL, &options), async {
        for _ in 0..2 {
            server.asked().await.refuse(401, &[("www-authenticate", "Bearer")]).await;
        }
    });
    assert_eq!(error.expect_err("refused").refused().map(Refused::status), Some(401));
    assert_eq!((calls.load(SeqCst), host.is_called().await), (2, false));
}

#[tokio::test(start_paused = true)]
async fn a_jar_is_the_request_s() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let with = host.options.clone().cookies(Arc::new(MemoryJar::new())).redirects(1);
    let open = async |options, sent: Option<&str>, led: bool| {
        let (opened, _exchange) = tokio::join!(session.open(URL, options), async {
            let mut asked = server.asked().await;
            assert_eq!(asked.field("cookie"), sent);
            if led {
                asked.refuse(307, &[("location", "/again"), ("set-cookie", "id=1")]).await;
                asked = server.asked().await;
                assert_eq!(asked.field("cookie"), Some("id=1"));
            }
            asked.respond(200, &[("set-cookie", "id=2")]).await;
            asked.exchange
        });
        opened.expect("accepted");
    };
    open(&with, None, true).await;
    open(&with, Some("id=2"), false).await;
    open(&host.options, None, false).await;
}
