//! The request that is sent, and the agreement.

use std::sync::{Arc, Mutex, PoisonError};

use websocket_upgrade::{ClientEvent, ClientOptions};
use websocket_upgrade_h3::{Session, create_upgrade_request, create_upgrade_request_on};

use crate::kit::raw::H3_REQUEST_CANCELLED;
use crate::server::{Asked, Host, URL, answered, echo, echoes};

fn wanted(options: ClientOptions) -> ClientOptions {
    let options = options.subprotocol("chat").and_then(|options| options.subprotocol("superchat"));
    let options = options.and_then(|options| options.extension("x-test"));
    let options = options.and_then(|options| options.origin("https://example.com"));
    options.and_then(|options| options.header("Cookie", "id=1")).expect("legal options")
}

/// The lines of a request, without the start.
fn lines(asked: &Asked) -> Vec<(&str, &str)> {
    asked.lines.iter().map(|(name, value)| (&**name, &**value)).collect()
}

#[tokio::test(start_paused = true)]
async fn the_request_is_an_extended_connect() {
    let host = Host::new();
    let options = wanted(host.options.clone());
    let (session, server) = host.connected().await;
    let url = "wss://user:secret@server.example.com/chat?room=1";
    let (opened, asked) = tokio::join!(session.open(url, &options), async {
        let mut asked = server.asked().await;
        let expected = [
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "https"),
            (":authority", "server.example.com"),
            (":path", "/chat?room=1"),
            ("sec-websocket-version", "13"),
            ("origin", "https://example.com"),
            ("authorization", "Basic dXNlcjpzZWNyZXQ="),
            ("sec-websocket-protocol", "chat, superchat"),
            ("sec-websocket-extensions", "x-test"),
            ("cookie", "id=1"),
        ];
        assert_eq!(lines(&asked), expected);
        let fields = [
            ("sec-websocket-protocol", "superchat"),
            ("sec-websocket-extensions", "x-test"),
            ("sec-websocket-accept", "of nobody"),
        ];
        asked.respond(200, &fields).await;
        asked
    });
    let opened = opened.expect("accepted");
    assert_eq!(opened.settings.subprotocol(), Some("superchat"));
    assert_eq!(opened.settings.extensions().as_str(), "x-test");
    assert_eq!(
        (opened.head.status(), opened.head.field("Sec-WebSocket-Accept")),
        (200, Some(&b"of nobody"[..]))
    );
    let head = opened.head.to_http().expect("a legal response");
    assert_eq!((head.version(), head.headers().len()), (http::Version::HTTP_3, 3));
    assert!(
        opened.head.view().is_none() && opened.head.as_bytes().is_empty() && opened.read_buf().is_empty()
    );
    let stream = opened.get_ref();
    assert!(stream.is_http3() && !stream.is_http2() && stream.is_tls() && stream.as_fallback().is_none());
    let report = stream.report();
    assert_eq!((report.url.as_str(), report.remote_address), (URL, Some(host.address)));
    assert_eq!((report.fallback, report.http3_fallback), (None, None));
    let tls = report.tls.as_ref().expect("TLS");
    assert_eq!((tls.version, tls.alpn.as_deref()), (Some("TLS 1.3"), Some("h3")));
    assert!(report.to_string().contains(", TLS 1.3, ALPN h3"), "{report}");
    drop(asked);
}

/// One WebSocket alone has a connection for itself, which ends with it.
#[tokio::test(start_paused = true)]
async fn one_websocket_has_a_connection_of_its_own() {
    let host = Host::new();
    let (opened, server) = tokio::join!(create_upgrade_request_on(&host.client, URL, &host.options), async {
        let server = host.accept().await;
        let exchange = server.accepts().await;
        (server, tokio::spawn(echo(exchange)))
    });
    let opened = opened.expect("accepted");
    let report = opened.get_ref().report();
    let phases: Vec<String> = report.times.iter().map(|(phase, _)| phase.to_string()).collect();
    assert_eq!(phases, ["connect", "tls", "handshake"]);
    let mut stream = opened.into_stream();
    echoes(&mut stream, b"alone").await;
    drop(stream);
    assert_eq!(server.0.closed().await, 0x100);
    server.1.await.expect("no panic");
    host.client.wait_idle().await;
}

/// See RFC 9114 §4.2.
#[tokio::test(start_paused = true)]
async fn connection_specific_fields_are_left_out() {
    let fields = [
        ("Keep-Alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
        ("HTTP2-Settings", "AAMAAABk"),
        ("X-Test", "a"),
    ];
    let options = |options: ClientOptions| {
        let add = |options: ClientOptions, (name, value)| options.header(name, value).expect("legal");
        fields.into_iter().fold(options, add)
    };
    let opened = answered(options, async |asked| {
        assert_eq!(lines(&asked).split_off(5), [("sec-websocket-version", "13"), ("x-test", "a")]);
        drop(asked.accept().await);
    });
    opened.await.expect("accepted");
}

#[tokio::test(start_paused = true)]
async fn what_was_not_offered_fails_and_resets_the_stream() {
    let error = answered(
        |options| options,
        async |mut asked| {
            asked.respond(200, &[("sec-websocket-protocol", "chat")]).await;
            assert_eq!(asked.exchange.reset().await, H3_REQUEST_CANCELLED);
        },
    );
    let error = error.await.expect_err("nothing was offered");
    assert!(error.to_string().contains("Sec-WebSocket-Protocol"), "{error}");
}

#[test]
fn the_futures_can_go_to_another_thread() {
    fn is_send<T: Send>(_: T) {}
    fn is_shared<T: Clone + Send + Sync + 'static>() {}
    is_shared::<Session>();
    let options = ClientOptions::new();
    is_send(Session::connect("wss://a/", &options));
    is_send(create_upgrade_request("wss://a/", &options));
    is_send(|session: &Session| is_send(session.open("wss://a/", &options)));
}

/// The events of a session's request: its fields, that it was sent, and every response.
#[tokio::test(start_paused = true)]
async fn the_request_and_the_responses_are_told() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let watched = Arc::clone(&told);
    let opened = answered(
        |options| {
            wanted(options).watch(move |event| {
                let text = match event {
                    ClientEvent::Http3Request { uri, headers } => format!("{uri} {}", headers.len()),
                    ClientEvent::Http3Response { status, headers } => format!("{status} {}", headers.len()),
                    other => format!("{other:?}"),
                };
                watched.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            })
        },
        async |mut asked| {
            for status in [103, 200] {
                asked.respond(status, &[("x-own", "1")]).await;
            }
        },
    );
    opened.await.expect("accepted");
    let told = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
    // The connection is made before, with the same options.
    let told = told.split(|event| event.starts_with("Attempt")).next_back().unwrap_or_default();
    let expected =
        ["Phase(Handshake)", "https://server.example.com/chat 5", "Sent", "103 Early Hints 1", "200 OK 1"];
    assert_eq!(told, expected);
}
