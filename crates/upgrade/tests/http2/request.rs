//! The request that is sent, and the agreement.

use std::sync::{Arc, Mutex, PoisonError};

use h2::ext::Protocol;
use http::Response;
use websocket_upgrade::http2::Session;
use websocket_upgrade::{ClientEvent, ClientOptions, create_upgrade_request};

use crate::server::{Asked, answered, connected, network};

/// Returns a request as its server sees it: the pseudo-header fields, and the fields.
fn seen(asked: &Asked) -> (String, Vec<(String, String)>) {
    let request = &asked.request;
    let protocol = request.extensions().get::<Protocol>().map(Protocol::as_str);
    let fields = request.headers().iter();
    let fields = fields.map(|(name, value)| (name.to_string(), value.to_str().expect("ASCII").to_owned()));
    (format!("{} {:?} {}", request.method(), protocol, request.uri()), fields.collect())
}

fn wanted(options: ClientOptions) -> ClientOptions {
    let options = options.subprotocol("chat").and_then(|options| options.subprotocol("superchat"));
    let options = options.and_then(|options| options.extension("x-test"));
    let options = options.and_then(|options| options.origin("https://example.com"));
    options.and_then(|options| options.header("Cookie", "id=1")).expect("legal options")
}

#[tokio::test(start_paused = true)]
async fn the_request_is_an_extended_connect() {
    let (options, mut connections) = network();
    let options = wanted(options);
    let (session, mut server) = connected(&options, &mut connections).await;
    let url = "ws://user:secret@server.example.com/chat?room=1";
    let (opened, asked) = tokio::join!(session.open(url, &options), async {
        let asked = server.asked().await;
        let (start, fields) = seen(&asked);
        assert_eq!(start, "CONNECT Some(\"websocket\") http://server.example.com/chat?room=1");
        let expected = [
            ("sec-websocket-version", "13"),
            ("origin", "https://example.com"),
            ("authorization", "Basic dXNlcjpzZWNyZXQ="),
            ("sec-websocket-protocol", "chat, superchat"),
            ("sec-websocket-extensions", "x-test"),
            ("cookie", "id=1"),
        ];
        assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let response = Response::builder()
            .header("sec-websocket-protocol", "superchat")
            .header("sec-websocket-extensions", "x-test")
            .header("sec-websocket-accept", "of nobody");
        asked.accept(response.body(()).expect("a legal response"))
    });
    let opened = opened.expect("accepted");
    assert_eq!(opened.settings.subprotocol(), Some("superchat"));
    assert_eq!(opened.settings.extensions().as_str(), "x-test");
    assert_eq!(
        (opened.head.status(), opened.head.field("Sec-WebSocket-Accept")),
        (200, Some(&b"of nobody"[..]))
    );
    assert_eq!(opened.head.fields().count(), 3);
    let head = opened.head.to_http().expect("a legal response");
    assert_eq!((head.version(), head.headers().len()), (http::Version::HTTP_2, 3));
    assert!(
        opened.head.view().is_none() && opened.head.as_bytes().is_empty() && opened.read_buf().is_empty()
    );
    assert!(opened.get_ref().is_http2() && !opened.get_ref().is_tls() && opened.get_ref().tcp().is_none());
    drop(asked);
}

/// See RFC 9113 §8.2.2.
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
        let expected = [("sec-websocket-version", "13"), ("x-test", "a")];
        assert_eq!(seen(&asked).1, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        drop(asked.accept(Response::new(())));
    });
    opened.await.expect("accepted");
}

#[tokio::test(start_paused = true)]
async fn what_was_not_offered_fails_and_resets_the_stream() {
    let error = answered(
        |options| options,
        async |asked| {
            let response = Response::builder().header("sec-websocket-protocol", "chat");
            let mut pipe = asked.accept(response.body(()).expect("a legal response"));
            let reset = pipe.read_to_end().await.expect_err("reset");
            assert_eq!(reset.reason(), Some(h2::Reason::CANCEL));
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
    let (options, _) = network();
    is_send(Session::connect("ws://a/", &options));
    is_send(create_upgrade_request("ws://a/", &options));
    is_send(|session: &Session| is_send(session.open("ws://a/", &options)));
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
                    ClientEvent::Http2Request { uri, headers } => format!("{uri} {}", headers.len()),
                    ClientEvent::Http2Response { status, headers } => format!("{status} {}", headers.len()),
                    other => format!("{other:?}"),
                };
                watched.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            })
        },
        async |mut asked| {
            let response = |status: u16| Response::builder().status(status).header("x-own", "1").body(());
            asked.respond.send_informational(response(103).expect("a response")).expect("an open stream");
            let mut pipe = asked.accept(response(200).expect("a response"));
            // The client closes it.
            let _ = pipe.next().await;
        },
    );
    opened.await.expect("accepted");
    let told = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
    // The connection is made before, with the same options.
    let told = told.split(|event| event.starts_with("Attempt")).next_back().unwrap_or_default();
    let expected =
        ["Phase(Handshake)", "http://server.example.com/chat 5", "Sent", "103 Early Hints 1", "200 OK 1"];
    assert_eq!(told, expected);
}
