//! Refusals, and streams that end before there is a response.

use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use h2::server::Builder;
use http::Response;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;
use websocket_upgrade::proto::Limits;
use websocket_upgrade::{ConnectReason, Phase, Retry};

use crate::server::{Asked, URL, answered, connected, connected_with, echoes, network, opened};

fn response(status: u16) -> Response<()> {
    Response::builder().status(status).header("retry-after", "7").body(()).expect("a legal response")
}

#[tokio::test(start_paused = true)]
async fn a_refusal_has_status_fields_and_body() {
    let refused = answered(
        |options| options,
        async |mut asked: Asked| {
            let early = Response::builder().status(103).body(()).expect("a legal response");
            asked.respond.send_informational(early).expect("an open stream");
            let mut pipe = asked.accept(response(503));
            pipe.send("not ".into()).await.expect("an open stream");
            pipe.send("now".into()).await.expect("an open stream");
            pipe.end();
            let _ = pipe.next().await;
        },
    );
    let error = refused.await.expect_err("refused");
    let refused = error.refused().expect("a refusal");
    assert_eq!((refused.status(), &refused.body[..], refused.truncated), (503, &b"not now"[..], false));
    assert_eq!(refused.head.field("Retry-After"), Some(&b"7"[..]));
    assert_eq!(error.retry(), Retry::Later { after: Some(Duration::from_secs(7)) });
    assert_eq!(error.phase(), Phase::Handshake);
    assert_eq!(error.interim().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_without_a_body_ends_with_its_head() {
    let refused = answered(
        |options| options,
        async |mut asked: Asked| {
            asked.respond.send_response(response(404), true).expect("an open stream");
        },
    );
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
            async |asked: Asked| {
                let mut pipe = asked.accept(response(403));
                // The client may leave before everything is sent.
                if pipe.send(vec![b'a'; sent].into()).await.is_ok() {
                    let _ = pipe.sending.send_data(Bytes::new(), true);
                }
                let _ = pipe.next().await;
            },
        );
        let error = refused.await.expect_err("refused");
        let refused = error.refused().expect("a refusal");
        assert_eq!((refused.body.len(), refused.truncated), (kept, truncated), "{sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_reset_is_truncated() {
    let refused = answered(
        |options| options,
        async |asked: Asked| {
            let mut pipe = asked.accept(response(403));
            pipe.send("no".into()).await.expect("an open stream");
            // The sent data arrives before the reset.
            tokio::time::sleep(Duration::from_millis(1)).await;
            pipe.sending.send_reset(Reason::INTERNAL_ERROR);
        },
    );
    let error = refused.await.expect_err("refused");
    let refused = error.refused().expect("a refusal");
    assert_eq!((&refused.body[..], refused.truncated), (&b"no"[..], true));
}

#[tokio::test(start_paused = true)]
async fn a_body_without_an_end_is_truncated_when_it_stops() {
    let start = Instant::now();
    let refused = answered(
        |options| options.deadline(Duration::from_secs(3)),
        async |asked: Asked| {
            let mut pipe = asked.accept(response(403));
            pipe.send("no".into()).await.expect("an open stream");
            let reset = pipe.read_to_end().await.expect_err("reset");
            assert_eq!(reset.reason(), Some(Reason::CANCEL));
        },
    );
    let error = refused.await.expect_err("refused");
    let refused = error.refused().expect("a refusal");
    assert_eq!((&refused.body[..], refused.truncated), (&b"no"[..], true));
    assert_eq!(start.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn silence_ends_at_the_deadline_and_resets_the_stream() {
    let start = Instant::now();
    let silent = answered(
        |options| options.deadline(Duration::from_secs(3)),
        async |asked: Asked| {
            let mut body = asked.request.into_body();
            let reset = body.data().await.expect("a reset").expect_err("reset");
            assert_eq!(reset.reason(), Some(Reason::CANCEL));
        },
    );
    let error = silent.await.expect_err("no response");
    assert!(
        matches!(error.reason(), ConnectReason::Deadline) && error.phase() == Phase::Handshake,
        "{error}"
    );
    assert_eq!(start.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn a_reset_says_why() {
    for (reason, text) in [
        (Reason::REFUSED_STREAM, "the server has refused the stream (REFUSED_STREAM"),
        (Reason::CANCEL, "the server has reset the stream (CANCEL"),
    ] {
        let reset =
            answered(|options| options, async |mut asked: Asked| asked.respond.send_reset(reason)).await;
        let error = reset.expect_err("reset");
        assert!(matches!(error.reason(), ConnectReason::Io(_)), "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_malformed_response_is_an_error_of_the_stream_and_of_nothing_else() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let (mut first, pipe) = opened(&session, &options, &mut server).await;
    let echo = tokio::spawn(pipe.echo());
    for status in [103, 200, 403] {
        let malformed = Response::builder().status(status).header("a", "b ").body(()).expect("a head");
        let (failed, ()) = tokio::join!(session.open(URL, &options), async {
            let mut asked = server.asked().await;
            if status < 200 {
                asked.respond.send_informational(malformed).expect("an open stream");
            } else {
                asked.respond.send_response(malformed, false).expect("an open stream");
            }
            let reset = asked.request.into_body().data().await.expect("a reset").expect_err("reset");
            assert_eq!(reset.reason(), Some(Reason::PROTOCOL_ERROR), "{status}");
        });
        let error = failed.expect_err("malformed");
        assert!(matches!(error.reason(), ConnectReason::Response(_)), "{status}: {error}");
    }
    echoes(&mut first, b"still here").await;
    drop(first);
    echo.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn a_refused_stream_leaves_the_others_alone() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let (mut first, pipe) = opened(&session, &options, &mut server).await;
    let echo = tokio::spawn(pipe.echo());
    let (refused, ()) = tokio::join!(session.open(URL, &options), async {
        server.asked().await.respond.send_reset(Reason::REFUSED_STREAM);
    });
    refused.expect_err("refused");
    echoes(&mut first, b"still here").await;
    drop(first);
    echo.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn heads_have_their_limits() {
    let mut limits = Limits::new();
    limits.head = 100;
    for (len, fits) in [(50, true), (200, false), (8000, false)] {
        let done = answered(
            |options| options.limits(limits),
            async |asked: Asked| {
                let head = Response::builder().header("x-long", "a".repeat(len)).body(()).expect("a head");
                let mut pipe = asked.accept(head);
                let _ = pipe.next().await;
            },
        );
        assert_eq!(done.await.is_ok(), fits, "{len}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_is_an_error_of_every_stream() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let (mut first, _pipe) = opened(&session, &options, &mut server).await;
    let (waiting, ()) = tokio::join!(session.open(URL, &options), async {
        let _asked = server.asked().await;
        server.abort(Reason::ENHANCE_YOUR_CALM);
        tokio::task::yield_now().await;
    });
    let error = waiting.expect_err("closed");
    let text = error.to_string();
    assert!(text.contains("closing the HTTP/2 connection (ENHANCE_YOUR_CALM"), "{text}");
    let error = first.write_all(&vec![0; 100_000]).await.expect_err("closed");
    assert!(error.to_string().contains("ENHANCE_YOUR_CALM"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn another_origin_is_not_the_sessions() {
    let (options, mut connections) = network();
    let mut builder = Builder::new();
    let (session, mut server) =
        connected_with(&options, &mut connections, builder.enable_connect_protocol()).await;
    for url in
        ["wss://server.example.com/", "ws://server.example.com:8080/", "ws://other.example.com/", "nonsense"]
    {
        let error = session.open(url, &options).await.expect_err("another origin");
        assert!(matches!(error.reason(), ConnectReason::Unsupported(_) | ConnectReason::Uri(_)), "{error}");
    }
    assert!(!server.is_asked());
    let same = session.open("WS://SERVER.example.com:80/other", &options);
    let (same, _pipe) = tokio::join!(same, server.accept());
    same.expect("the same origin");
}

/// A response that leads to another request is followed as soon as its head is read, whatever its body does.
#[tokio::test(start_paused = true)]
async fn a_body_that_nobody_needs_is_not_waited_for() {
    for (status, name, value) in [(307, "location", "/there"), (401, "www-authenticate", "Bearer")] {
        let (options, mut connections) = network();
        let options = options.redirects(1).on_unauthorized(|_| async { Some(http::HeaderMap::new()) });
        let (session, mut server) = connected(&options, &mut connections).await;
        let start = Instant::now();
        let serving = async {
            let head = Response::builder().status(status).header(name, value).body(()).expect("a head");
            let mut first = server.asked().await.accept(head);
            first.send("some of it".into()).await.expect("an open stream");
            let second = server.accept().await;
            // Neither side has ended it, and the client does not wait.
            let reset = first.read_to_end().await.expect_err("reset");
            assert_eq!(reset.reason(), Some(Reason::CANCEL));
            second
        };
        let (opened, _second) = tokio::join!(session.open(URL, &options), serving);
        opened.unwrap_or_else(|error| panic!("{status}: {error}"));
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_waited_for_where_nothing_is_kept() {
    let mut limits = Limits::new();
    limits.refusal_body = 0;
    for ends in [true, false] {
        let start = Instant::now();
        let refused = answered(
            |options| options.limits(limits),
            async |mut asked: Asked| {
                let _open = asked.respond.send_response(response(403), ends).expect("an open stream");
                let _ = asked.request.body_mut().data().await;
            },
        );
        let error = refused.await.expect_err("refused");
        let refused = error.refused().expect("a refusal");
        assert_eq!((refused.body.len(), refused.truncated), (0, !ends));
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_drips_is_waited_for_up_to_the_deadline() {
    let start = Instant::now();
    let refused = answered(
        |options| options.deadline(Duration::from_secs(3)),
        async |asked: Asked| {
            let mut pipe = asked.accept(response(403));
            while pipe.send("x".into()).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(900)).await;
            }
        },
    );
    let error = refused.await.expect_err("refused");
    let refused = error.refused().expect("a refusal");
    assert_eq!((&refused.body[..], refused.truncated), (&b"xxxx"[..], true));
    // The server notices it at its next write.
    assert_eq!(start.elapsed(), Duration::from_millis(4 * 900));
}
