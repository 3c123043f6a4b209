//! There is one event for every handshake, and none for plain HTTP.

use http::{Request, Version};
use websocket_upgrade::{Origins, Rejected, ServerOptions, check, respond};

use crate::collector::events;

fn upgrade() -> http::request::Builder {
    let builder = Request::get("/chat?s3cr3t").header("Host", "a.example").header("Upgrade", "websocket");
    let builder = builder.header("Connection", "Upgrade").header("Sec-WebSocket-Version", "13");
    builder.header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==").header("Cookie", "s3cr3t")
}

fn connect() -> http::request::Builder {
    let builder = Request::connect("https://a.example/chat?s3cr3t").version(Version::HTTP_2);
    builder.header("Sec-WebSocket-Version", "13").header("Cookie", "s3cr3t")
}

/// Calls the entrance, and twice for the response if it rejects. Returns the events and the status.
fn answered(request: http::request::Builder, options: &ServerOptions) -> (Vec<String>, u16) {
    let request = request.body(()).expect("a request of the http crate");
    let protocol = (request.version() == Version::HTTP_2).then_some("websocket");
    events(|| match respond(&request, protocol, options) {
        Ok((response, _)) => response.status().as_u16(),
        Err(rejected) => {
            let _ = rejected.clone().into_http();
            rejected.into_http().status().as_u16()
        }
    })
}

#[test]
fn a_handshake_has_one_event() {
    let options = ServerOptions::new();
    let elsewhere = ("Origin", "https://b.example");
    for (request, status, words) in [
        (upgrade(), 101, &["server", "accepted", "\"1.1\"", "/chat", "a.example"][..]),
        (connect(), 200, &["server", "accepted", "\"2\"", "/chat", "a.example"]),
        (
            upgrade().header(elsewhere.0, elsewhere.1),
            403,
            &["server", "rejected", "\"1.1\"", "403", "b.example"],
        ),
        (
            connect().header(elsewhere.0, elsewhere.1),
            403,
            &["server", "rejected", "\"2\"", "403", "b.example"],
        ),
        (upgrade().header("Host", "b.example"), 400, &["server", "rejected", "400", "Host"]),
        // It is answered as a rejection all the same.
        (Request::get("/").header("Host", "a.example"), 426, &["server", "rejected", "426", "Upgrade"]),
    ] {
        let (events, answered) = answered(request, &options);
        assert_eq!(answered, status, "{events:?}");
        let [event] = &events[..] else { panic!("not one event: {events:?}") };
        assert!(
            words.iter().all(|word| event.contains(word)) && !event.contains("s3cr3t"),
            "{words:?}: {event}"
        );
    }
}

/// A check has the event of a rejection. What passes has none before it is decided.
#[test]
fn a_check_has_one_event_or_none() {
    for (builder, passes) in [(upgrade(), true), (upgrade().header("Origin", "https://b.example"), false)] {
        let request = builder.body(()).expect("a request of the http crate");
        let options = ServerOptions::new();
        // The response is made of the error, as an application does.
        let answer = |rejected: Rejected| drop(rejected.into_http());
        let (checked, outcome) = events(|| check(&request, None, &options).map_err(answer));
        let (responded, _) = events(|| respond(&request, None, &options).map_err(answer));
        assert_eq!(outcome.is_ok(), passes);
        assert_eq!(checked, if passes { Vec::new() } else { responded });
    }
}

#[test]
fn plain_http_has_none() {
    let request =
        Request::get("/").header("Host", "a.example").body(()).expect("a request of the http crate");
    let (events, rejected) =
        events(|| respond(&request, None, &ServerOptions::new()).expect_err("plain HTTP"));
    assert!(rejected.is_not_upgrade() && events.is_empty(), "{events:?}");
}

/// The peer is in the extensions or in the options. The options win.
#[test]
fn a_trusted_proxy_says_what_the_request_was_sent_to() {
    let [proxy, stranger] = [[10, 0, 0, 1], [192, 0, 2, 1]].map(|ip| std::net::SocketAddr::from((ip, 4711)));
    let origins = Origins::same().trusted_proxy("10.0.0.1").expect("an address");
    let options = ServerOptions::new().origins(origins);
    let request = || upgrade().header("Forwarded", "host=b.example").header("Origin", "https://b.example");
    for (options, extension, expected) in [
        (options.clone(), None, 403),
        (options.clone(), Some(proxy), 101),
        (options.clone(), Some(stranger), 403),
        (options.clone().peer(proxy.ip()), None, 101),
        (options.clone().peer(proxy.ip()), Some(stranger), 101),
        (options.peer(stranger.ip()), Some(proxy), 403),
    ] {
        let request = extension.into_iter().fold(request(), http::request::Builder::extension);
        assert_eq!(answered(request, &options).1, expected, "{extension:?}, {options:?}");
    }
}
