//! Redirects, the answer to a 401, and cookies, on a session.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use http::{HeaderMap, Response};
use websocket_upgrade::cookies::MemoryJar;
use websocket_upgrade::{ConnectReason, RedirectProblem, ServerOptions, accept};

use crate::server::{Asked, Server, URL, connected, network};

fn answer(status: u16, name: &str, value: &str) -> Response<()> {
    Response::builder().status(status).header(name, value).body(()).expect("a legal response")
}

/// Answers without a body.
fn refuse(mut asked: Asked, response: Response<()>) {
    asked.respond.send_response(response, true).expect("an open stream");
}

fn field<'a>(asked: &'a Asked, name: &str) -> Option<&'a str> {
    asked.request.headers().get(name).map(|value| value.to_str().expect("ASCII"))
}

#[tokio::test(start_paused = true)]
async fn a_redirect_at_the_same_origin_stays_on_the_connection() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let options = options.redirects(2).bearer_token("s-token").expect("a token");
    let (opened, _pipe) = tokio::join!(session.open(URL, &options), async {
        refuse(server.asked().await, answer(307, "location", "/moved?x=1"));
        refuse(server.asked().await, answer(301, "location", "http://SERVER.example.com:80/again"));
        let asked = server.asked().await;
        assert_eq!(asked.request.uri().path(), "/again");
        assert_eq!(field(&asked, "authorization"), Some("Bearer s-token"));
        asked.accept(Response::new(()))
    });
    let opened = opened.expect("accepted");
    assert!(opened.get_ref().is_http2() && connections.try_recv().is_err());
    let report = opened.report();
    assert_eq!((report.redirects.len(), report.url.as_str()), (2, "ws://server.example.com/again"));
}

/// Prior knowledge is only about the session's host.
#[tokio::test(start_paused = true)]
async fn a_redirect_to_another_origin_gets_a_connection_of_its_own() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let options = options.redirects(1).bearer_token("s-token").expect("a token");
    let (opened, ()) = tokio::join!(session.open(URL, &options), async {
        refuse(server.asked().await, answer(302, "location", "ws://other.example.com/there"));
        let io = connections.recv().await.expect("another connection");
        let upgraded = accept(io, &ServerOptions::new()).await.expect("an upgrade");
        let head = String::from_utf8_lossy(upgraded.head.as_bytes()).to_ascii_lowercase();
        assert!(head.starts_with("get /there "), "{head}");
        assert!(!head.contains("authorization"), "it is the session's origin's: {head}");
    });
    let opened = opened.expect("accepted");
    assert_eq!((opened.get_ref().is_http2(), opened.report().fallback), (false, None));
    assert_eq!(opened.report().redirects[0].to, "ws://other.example.com/there");
    assert!(session.is_http2());
}

/// After a redirect back from another origin, neither the session's connection nor its client certificate is used.
#[tokio::test(start_paused = true)]
async fn a_redirect_that_leads_back_has_a_connection_of_its_own() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let options = options.redirects(2);
    let (opened, ()) = tokio::join!(session.open(URL, &options), async {
        refuse(server.asked().await, answer(302, "location", "ws://other.example.com/there"));
        let io = connections.recv().await.expect("another connection");
        let incoming = websocket_upgrade::receive(io, &ServerOptions::new()).await.expect("a request");
        let back = websocket_upgrade::Rejection::new(307).expect("a status").header("Location", URL);
        incoming.reject(back.expect("a field")).await.expect("sent");
        let io = connections.recv().await.expect("a third connection");
        accept(io, &ServerOptions::new()).await.expect("an upgrade");
    });
    assert!(!opened.expect("accepted").get_ref().is_http2() && !server.is_asked());
}

#[tokio::test(start_paused = true)]
async fn redirects_that_are_not_followed() {
    for (most, location, problem) in [
        (0, "/moved", None),
        (1, "/moved", Some(RedirectProblem::TooMany)),
        (1, "ftp://server.example.com/", Some(RedirectProblem::Location)),
    ] {
        let (options, mut connections) = network();
        let (session, mut server) = connected(&options, &mut connections).await;
        let options = options.redirects(most);
        let (error, ()) = tokio::join!(session.open(URL, &options), async {
            refuse(server.asked().await, answer(307, "location", location));
            if problem == Some(RedirectProblem::TooMany) {
                refuse(server.asked().await, answer(307, "location", location));
            }
        });
        let error = error.expect_err("a redirect");
        match (error.reason(), problem) {
            (ConnectReason::Redirect(got, _), Some(expected)) => assert_eq!(*got, expected),
            (ConnectReason::Refused(refused), None) => assert_eq!(refused.status(), 307),
            other => panic!("{other:?}"),
        }
        // The connection is still usable.
        let (opened, _pipe) = tokio::join!(session.open(URL, &options), server.accept());
        assert!(opened.expect("accepted").get_ref().is_http2());
    }
}

#[tokio::test(start_paused = true)]
async fn a_hook_answers_a_401_on_the_connection() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let options = options.on_unauthorized(move |asked| {
        counted.fetch_add(1, SeqCst);
        assert_eq!(asked.refused.head.field("WWW-Authenticate"), Some(&b"Bearer"[..]));
        let token = "Bearer new".parse().expect("a value");
        async move { Some(HeaderMap::from_iter([(http::header::AUTHORIZATION, token)])) }
    });
    let (opened, _pipe) = tokio::join!(session.open(URL, &options), async {
        refuse(server.asked().await, answer(401, "www-authenticate", "Bearer"));
        let asked = server.asked().await;
        assert_eq!(field(&asked, "authorization"), Some("Bearer new"));
        asked.accept(Response::new(()))
    });
    assert!(opened.expect("accepted").get_ref().is_http2());
    // The next request asks its hook again.
    let (error, ()) = tokio::join!(session.open(URL, &options), async {
        for _ in 0..2 {
            refuse(server.asked().await, answer(401, "www-authenticate", "Bearer"));
        }
    });
    assert_eq!(error.expect_err("refused").refused().map(websocket_upgrade::Refused::status), Some(401));
    assert_eq!((calls.load(SeqCst), connections.try_recv().is_err()), (2, true));
}

#[tokio::test(start_paused = true)]
async fn a_jar_is_the_request_s() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let jar = Arc::new(MemoryJar::new());
    let with = options.clone().cookies(jar.clone()).redirects(1);
    let open = async |options, server: &mut Server, sent: Option<&str>| {
        let (opened, _pipe) = tokio::join!(session.open(URL, options), async {
            let asked = server.asked().await;
            assert_eq!(field(&asked, "cookie"), sent);
            asked.accept(answer(200, "set-cookie", "id=2"))
        });
        opened.expect("accepted");
    };
    let (opened, _pipe) = tokio::join!(session.open(URL, &with), async {
        let asked = server.asked().await;
        assert_eq!(field(&asked, "cookie"), None);
        refuse(asked, {
            let mut response = answer(307, "location", "/again");
            response.headers_mut().insert("set-cookie", "id=1".parse().expect("a value"));
            response
        });
        let asked = server.asked().await;
        assert_eq!(field(&asked, "cookie"), Some("id=1"));
        asked.accept(Response::new(()))
    });
    opened.expect("accepted");
    open(&with, &mut server, Some("id=1")).await;
    open(&with, &mut server, Some("id=2")).await;
    open(&options, &mut server, None).await;
}
