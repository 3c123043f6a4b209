//! Servers that require HTTP/1.1 (RFC 9113 §7): the request is repeated over HTTP/1.1, and the report says so.

use h2::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use websocket_upgrade::http2::Session;
use websocket_upgrade::{Fallback, ServerOptions, accept, create_upgrade_request};

use crate::server::{Connections, Opened, Server, URL, connected, echoes, network, opened};

async fn accept_http1(connections: &mut Connections) {
    let io = connections.recv().await.expect("a connection");
    tokio::spawn(async move {
        let upgraded = accept(io, &ServerOptions::new()).await.expect("an upgrade");
        assert!(upgraded.head.as_bytes().starts_with(b"GET /chat "));
        let (mut reader, mut writer) = tokio::io::split(upgraded.into_stream());
        let _ = tokio::io::copy(&mut reader, &mut writer).await;
    });
}

async fn is_http1(opened: Opened, why: Fallback) {
    assert_eq!((opened.head.status(), opened.get_ref().is_http2()), (101, false));
    let report = opened.report();
    assert_eq!(report.fallback, Some(why));
    assert!(report.to_string().contains("over HTTP/1.1, as the server"), "{report}");
    echoes(&mut opened.into_stream(), b"over HTTP/1.1").await;
}

#[tokio::test(start_paused = true)]
async fn a_reset_asks_over_http_1_and_leaves_the_others_alone() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let (mut first, pipe) = opened(&session, &options, &mut server).await;
    let echo = tokio::spawn(pipe.echo());
    for _ in 0..2 {
        let (second, ()) = tokio::join!(session.open(URL, &options), async {
            server.asked().await.respond.send_reset(Reason::HTTP_1_1_REQUIRED);
            accept_http1(&mut connections).await;
        });
        is_http1(second.expect("accepted"), Fallback::Required).await;
    }
    // The next request may use HTTP/2 again.
    let (third, _pipe) = opened(&session, &options, &mut server).await;
    assert_eq!((third.get_ref().is_http2(), third.get_ref().report().fallback), (true, None));
    echoes(&mut first, b"still here").await;
    drop((first, session));
    echo.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn other_resets_are_errors() {
    for reason in [Reason::REFUSED_STREAM, Reason::CANCEL, Reason::INADEQUATE_SECURITY] {
        let (options, mut connections) = network();
        let (session, mut server) = connected(&options, &mut connections).await;
        let (refused, ()) = tokio::join!(session.open(URL, &options), async {
            server.asked().await.respond.send_reset(reason);
        });
        refused.expect_err("reset");
        assert!(connections.try_recv().is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn a_goaway_ends_the_session_s_http2() {
    for asked in [true, false] {
        let (options, mut connections) = network();
        let (session, mut server) = connected(&options, &mut connections).await;
        if asked {
            let (opened, ()) = tokio::join!(session.open(URL, &options), async {
                let _asked = server.asked().await;
                server.abort(Reason::HTTP_1_1_REQUIRED);
                accept_http1(&mut connections).await;
            });
            is_http1(opened.expect("accepted"), Fallback::Required).await;
        } else {
            server.abort(Reason::HTTP_1_1_REQUIRED);
            server.ended().await;
        }
        for _ in 0..2 {
            let (opened, ()) = tokio::join!(session.open(URL, &options), accept_http1(&mut connections));
            is_http1(opened.expect("accepted"), Fallback::Required).await;
            assert!(!session.is_http2());
        }
    }
}

/// Makes a frame (RFC 9113 §4.1): the length, the type and no flags, on stream 0.
fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("a short frame");
    [&[0, 0, length, kind, 0, 0, 0, 0, 0], payload].concat()
}

/// Sends this on the next connection, which the client then closes.
async fn begin(connections: &mut Connections, said: &[u8]) {
    let mut io = connections.recv().await.expect("a connection");
    io.write_all(said).await.expect("room");
    let mut rest = Vec::new();
    io.read_to_end(&mut rest).await.expect("an end");
}

/// The GOAWAY comes instead of the server's SETTINGS, or after them.
#[tokio::test(start_paused = true)]
async fn a_goaway_at_the_beginning_is_no_error() {
    let settings = frame(4, &[]);
    let go_away = frame(7, &[0, 0, 0, 0, 0, 0, 0, 13]);
    for said in [go_away.clone(), [settings, go_away].concat()] {
        for alone in [true, false] {
            let (options, mut connections) = network();
            if alone {
                let options = options.clone().http2();
                let (opened, ()) = tokio::join!(create_upgrade_request(URL, &options), async {
                    begin(&mut connections, &said).await;
                    accept_http1(&mut connections).await;
                });
                is_http1(opened.expect("accepted"), Fallback::Required).await;
                continue;
            }
            let (session, ()) = tokio::join!(Session::connect(URL, &options), begin(&mut connections, &said));
            let session = session.expect("a fallback");
            assert!(!session.is_http2());
            let (opened, ()) = tokio::join!(session.open(URL, &options), accept_http1(&mut connections));
            is_http1(opened.expect("accepted"), Fallback::Required).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_offered_is_said_as_well() {
    let (options, mut connections) = network();
    let options = options.http2();
    let (opened, ()) = tokio::join!(create_upgrade_request(URL, &options), async {
        let io = connections.recv().await.expect("a connection");
        Server::with(io, &h2::server::Builder::new()).await.ended_unasked().await;
        accept_http1(&mut connections).await;
    });
    is_http1(opened.expect("accepted"), Fallback::NotOffered).await;
}
