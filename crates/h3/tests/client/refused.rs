//! Refusals, and what is not a response.

use std::time::Duration;

use tokio::time::Instant;
use websocket_upgrade::proto::Limits;
use websocket_upgrade::{ConnectReason, Phase, Retry};

use crate::kit::raw::{DATA, H3_MESSAGE_ERROR, H3_REQUEST_CANCELLED, frame};
use crate::server::{Asked, Host, URL, answered, echo, echoes};

#[tokio::test(start_paused = true)]
async fn a_refusal_has_status_fields_and_body() {
    let refused = answered(
        |options| options,
        async |mut asked: Asked| {
            asked.respond(103, &[]).await;
            asked.respond(503, &[("retry-after", "7")]).await;
            asked.exchange.write(&frame(DATA, b"not ")).await;
            asked.exchange.write(&frame(DATA, b"now")).await;
            asked.exchange.finish();
            let _ = asked.exchange.send.stopped().await;
        },
    );
    let error = refused.await.expect_err("refused");
    let refused = error.refused().expect("a refusal");
    assert_eq!((refused.status(), &refused.body[..], refused.truncated), (503, &b"not now"[..], false));
    assert_eq!(refused.head.field("Retry-After"), Some(&b"7"[..]));
    assert_eq!(error.retry(), Retry::Later { after: Some(Duration::from_secs(7)) });
    assert_eq!((error.phase(), error.interim().len()), (Phase::Handshake, 1));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_without_a_body_ends_with_its_head() {
    let refused = answered(|options| options, async |asked: Asked| asked.refuse(404, &[]).await);
    let error = refused.await.expect_err("refused");
    let refused = error.refused().expect("a refusal");
    assert_eq!((refused.status(), refused.body.len(), refused.truncated), (404, 0, false));
}

#[tokio::test(start_paused = true)]
async fn a_body_is_cut_at_its_limit() {
    for (sent, kept, truncated) in [(9, 9, false), (10, 10, false), (11, 10, true), (1 << 20, 10, true)] {
        let mut limits = Limits::new();
        limits.refusal_body = 10;
        let refused = answered(
            |options| options.limits(limits),
            async |mut asked: Asked| {
                asked.respond(403, &[]).await;
                // The client may leave before everything is sent.
                if asked.exchange.send.write_all(&frame(DATA, &vec![b'a'; sent])).await.is_ok() {
                    let _ = asked.exchange.send.finish();
                    let _ = asked.exchange.send.stopped().await;
                }
            },
        );
        let error = refused.await.expect_err("refused");
        let refused = error.refused().expect("a refusal");
        assert_eq!((refused.body.len(), refused.truncated), (kept, truncated), "{sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_without_an_end_is_truncated_when_it_stops() {
    let start = Instant::now();
    let refused = answered(
        |options| options.deadline(Duration::from_secs(3)),
        async |mut asked: Asked| {
            asked.respond(403, &[]).await;
            asked.exchange.write(&frame(DATA, b"no")).await;
            assert_eq!(asked.exchange.reset().await, H3_REQUEST_CANCELLED);
        },
    );
    let error = refused.await.expect_err("refused");
    let refused = error.refused().expect("a refusal");
    assert_eq!((&refused.body[..], refused.truncated), (&b"no"[..], true));
    assert_eq!(start.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn silence_ends_at_the_deadline_and_resets_the_stream() {
    let start = Instant::now();
    let silent = answered(
        |options| options.deadline(Duration::from_secs(3)),
        async |mut asked: Asked| {
            assert_eq!(asked.exchange.reset().await, H3_REQUEST_CANCELLED);
        },
    );
    let error = silent.await.expect_err("no response");
    assert!(
        matches!(error.reason(), ConnectReason::Deadline) && error.phase() == Phase::Handshake,
        "{error}"
    );
    assert_eq!(start.elapsed().as_secs(), 3);
}

/// The limits of phases hold here too.
#[tokio::test(start_paused = true)]
async fn the_handshake_may_have_less_time_than_everything() {
    let start = Instant::now();
    let silent = answered(
        |options| options.phase_deadline(Phase::Handshake, Duration::from_secs(2)),
        async |mut asked: Asked| {
            asked.exchange.reset().await;
        },
    );
    assert!(matches!(silent.await.expect_err("no response").reason(), ConnectReason::Deadline));
    assert_eq!(start.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_malformed_response_is_an_error_of_the_stream_and_of_nothing_else() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let (first, exchange) = tokio::join!(session.open(URL, &host.options), server.accepts());
    let (mut first, echoing) = (first.expect("accepted").into_stream(), tokio::spawn(echo(exchange)));
    for status in [103, 200, 403] {
        let (failed, ()) = tokio::join!(session.open(URL, &host.options), async {
            let mut asked = server.asked().await;
            asked.respond(status, &[("connection", "upgrade")]).await;
            assert_eq!(asked.exchange.reset().await, H3_MESSAGE_ERROR, "{status}");
            assert_eq!(asked.exchange.stopped().await, Some(H3_MESSAGE_ERROR), "{status}");
        });
        let error = failed.expect_err("malformed");
        assert!(matches!(error.reason(), ConnectReason::Response(_)), "{status}: {error}");
        assert!(!error.retry().is_worthwhile());
    }
    echoes(&mut first, b"still here").await;
    drop(first);
    echoing.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn an_end_without_a_response_is_an_error() {
    let ended = answered(
        |options| options,
        async |mut asked: Asked| {
            asked.exchange.finish();
            let _ = asked.exchange.send.stopped().await;
        },
    );
    let error = ended.await.expect_err("no response");
    assert!(error.to_string().contains("ended the stream before its head"), "{error}");
    assert!(error.retry().is_worthwhile());
}

/// A server can answer a request whose body it does not want (RFC 9114 §4.1).
#[tokio::test(start_paused = true)]
async fn a_response_counts_although_the_server_reads_no_more() {
    let refused = answered(
        |options| options,
        async |mut asked: Asked| {
            asked.exchange.frames.receive.stop(0x100_u32.into()).expect("an open stream");
            asked.refuse(403, &[]).await;
        },
    );
    assert_eq!(
        refused.await.expect_err("refused").refused().map(websocket_upgrade::Refused::status),
        Some(403)
    );
}

#[tokio::test(start_paused = true)]
async fn heads_have_their_limits() {
    let mut limits = Limits::new();
    limits.head = 100;
    for (len, fits) in [(50, true), (200, false), (8000, false)] {
        let long = "a".repeat(len);
        let done = answered(
            |options| options.limits(limits),
            async |mut asked: Asked| {
                asked.respond(200, &[("x-long", &long)]).await;
            },
        );
        let done = done.await;
        assert_eq!(done.is_ok(), fits, "{len}");
        if let Err(error) = done {
            assert!(error.to_string().contains("head"), "{len}: {error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn another_origin_is_not_the_sessions() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    for url in
        ["ws://server.example.com/", "wss://server.example.com:8080/", "wss://other.example.com/", "nonsense"]
    {
        let error = session.open(url, &host.options).await.expect_err("another origin");
        assert!(matches!(error.reason(), ConnectReason::Unsupported(_) | ConnectReason::Uri(_)), "{error}");
    }
    assert!(!server.is_asked().await);
    let same = session.open("WSS://SERVER.example.com:443/other", &host.options);
    let (same, _exchange) = tokio::join!(same, server.accepts());
    same.expect("the same origin");
}

/// A response that leads to another request is followed as soon as its head is read, whatever its body does.
#[tokio::test(start_paused = true)]
async fn a_body_that_nobody_needs_is_not_waited_for() {
    for (status, name, value) in [(307, "location", "/there"), (401, "www-authenticate", "Bearer")] {
        let host = Host::new();
        let options = host.options.clone().redirects(1);
        let options = options.on_unauthorized(|_| async { Some(http::HeaderMap::new()) });
        let (session, server) = host.connected().await;
        let start = Instant::now();
        let serving = async {
            let mut first = server.asked().await;
            first.respond(status, &[(name, value)]).await;
            first.exchange.write(&frame(DATA, b"some of it")).await;
            let second = server.accepts().await;
            // Neither side has ended it, and the client does not wait.
            assert_eq!(first.exchange.reset().await, H3_REQUEST_CANCELLED);
            second
        };
        let (opened, _second) = tokio::join!(session.open(URL, &options), serving);
        opened.unwrap_or_else(|error| panic!("{status}: {error}"));
        assert!(start.elapsed() < Duration::from_millis(500));
    }
}
