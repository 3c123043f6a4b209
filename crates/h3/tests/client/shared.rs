//! Which options belong to the session, and which to the request.

use std::time::Duration;

use websocket_upgrade::proto::Limits;
use websocket_upgrade::{ClientOptions, ConnectError, ConnectReason, Phase, TlsOptions};

use crate::server::{Host, URL};

fn is_refused(error: &ConnectError, names: &str) {
    assert!(matches!(error.reason(), ConnectReason::Unsupported(_)), "{error}");
    assert!(error.to_string().contains(names), "{names}: {error}");
    assert_eq!((error.phase(), error.retry().is_worthwhile()), (Phase::Prepare, false));
    assert!(format!("{error:#}").contains(URL), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_request_has_no_network_of_its_own() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let new = ClientOptions::new;
    let nobody = tower::service_fn(|_: http::Uri| async {
        Err::<hyper_util::rt::TokioIo<tokio::io::DuplexStream>, _>(std::io::Error::other("nobody"))
    });
    for (own, names) in [
        (new().proxy("http://proxy.example:8080").expect("a proxy"), "proxy"),
        (new().connect_to("server.example.com", "[::1]:1").expect("places"), "connect_to"),
        (new().ipv4_only(), "ipv4_only or ipv6_only"),
        (host.options.clone().proxy_header("X-Own", "1").expect("a field"), "proxy_header"),
        (new().transport(nobody), "transport"),
        (new().connector(nobody), "connector"),
        (new().tls(TlsOptions::new().danger_accept_any_certificate()), "tls"),
        (host.options.clone().tls(TlsOptions::new().key_log()), "tls"),
        (new().tls(TlsOptions::new().server_name("other.example.com").expect("a name")), "tls"),
    ] {
        is_refused(&session.open(URL, &own).await.expect_err(names), names);
    }
    assert!(!server.is_asked().await && !host.is_called().await);
    // Without network options, or with a clone of the session's, the request uses those of the session.
    for own in [
        new(),
        new().no_proxy(),
        new().tls(TlsOptions::new()),
        host.options.clone(),
        host.options.clone().header("X-Own", "1").expect("a field"),
        host.options.clone().deadline(Duration::from_secs(3)).redirects(2),
    ] {
        let (opened, _exchange) = tokio::join!(session.open(URL, &own), server.accepts());
        opened.expect("accepted");
    }
    assert!(!host.is_called().await, "one connection");
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_made_again_as_the_session_was() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    server.close(0x100);
    host.client.wait_idle().await;
    // Without the session's options no certificate is trusted, and the host's name leads nowhere.
    let mut limits = Limits::new();
    limits.head = 500;
    let (narrow, wide) = (ClientOptions::new().limits(limits), ClientOptions::new());
    let long = "a".repeat(5000);
    let (opened, (server, _exchange)) = tokio::join!(session.open(URL, &narrow), async {
        let server = host.accept().await;
        let exchange = server.accepts().await;
        (server, exchange)
    });
    opened.expect("accepted");
    for (options, fits) in [(&wide, true), (&narrow, false)] {
        let (opened, _asked) = tokio::join!(session.open(URL, options), async {
            let mut asked = server.asked().await;
            asked.respond(200, &[("x-long", &long)]).await;
            asked
        });
        assert_eq!(opened.is_ok(), fits, "{opened:?}");
    }
}
