//! Requests that the server has not processed are sent once more, on a new connection.

use std::future::Future;

use websocket_upgrade::{ConnectError, ConnectReason, Retry};
use websocket_upgrade_h3::create_upgrade_request_on;

use crate::kit::raw::{H3_REQUEST_CANCELLED, H3_REQUEST_REJECTED};
use crate::server::{Host, Opened, Server, URL, echo, echoes};

/// How the first connection does not process a request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    /// The stream is refused, of which the server has read nothing.
    Rejected,
    /// GOAWAY says that it is none of those that are processed.
    GoneAway,
    /// Both, as servers do it that are shutting down.
    Both,
}

const ALL: [How; 3] = [How::Rejected, How::GoneAway, How::Both];

async fn process_not(server: &mut Server, how: How) -> crate::server::Asked {
    let mut asked = server.asked().await;
    if how != How::Rejected {
        server.go_away(0).await;
    }
    if how != How::GoneAway {
        asked.reset(H3_REQUEST_REJECTED);
    }
    asked
}

async fn serves_second(
    host: &Host,
    opening: impl Future<Output = Result<Opened, ConnectError>>,
    first: &mut Server,
    how: How,
) {
    let (opened, _server) = tokio::join!(opening, async {
        let _asked = process_not(first, how).await;
        let second = host.accept().await;
        let exchange = second.accepts().await;
        (second, tokio::spawn(echo(exchange)))
    });
    let opened = opened.unwrap_or_else(|error| panic!("{how:?}: {error}"));
    assert!(opened.get_ref().is_http3());
    echoes(&mut opened.into_stream(), b"once more").await;
}

#[tokio::test(start_paused = true)]
async fn a_session_asks_once_more() {
    for how in ALL {
        let host = Host::new();
        let (session, mut server) = host.connected().await;
        let options = &host.options;
        serves_second(&host, session.open(URL, options), &mut server, how).await;
        assert!(!host.is_called().await, "{how:?}: no third connection");
    }
}

#[tokio::test(start_paused = true)]
async fn one_websocket_is_asked_for_once_more() {
    for how in ALL {
        let host = Host::new();
        let opening = create_upgrade_request_on(&host.client, URL, &host.options);
        let (opened, _server) = tokio::join!(opening, async {
            let mut first = host.accept().await;
            let _asked = process_not(&mut first, how).await;
            let second = host.accept().await;
            let exchange = second.accepts().await;
            (first, second, tokio::spawn(echo(exchange)))
        });
        let opened = opened.unwrap_or_else(|error| panic!("{how:?}: {error}"));
        echoes(&mut opened.into_stream(), b"once more").await;
    }
}

#[tokio::test(start_paused = true)]
async fn and_not_twice() {
    let host = Host::new();
    let (session, mut server) = host.connected().await;
    let (opened, _servers) = tokio::join!(session.open(URL, &host.options), async {
        let _asked = process_not(&mut server, How::Rejected).await;
        let mut second = host.accept().await;
        let _asked = process_not(&mut second, How::Rejected).await;
        second
    });
    let error = opened.expect_err("refused twice");
    assert!(matches!(error.reason(), ConnectReason::Io(_)), "{error}");
    assert!(error.to_string().contains("has refused the stream (H3_REQUEST_REJECTED"), "{error}");
    assert_eq!(error.retry(), Retry::Later { after: None });
    assert!(!host.is_called().await);
}

/// An interim response shows that the request was processed.
#[tokio::test(start_paused = true)]
async fn other_resets_are_errors() {
    for (code, interim) in [(H3_REQUEST_CANCELLED, false), (0x102, false), (H3_REQUEST_REJECTED, true)] {
        let host = Host::new();
        let (session, server) = host.connected().await;
        let (opened, _asked) = tokio::join!(session.open(URL, &host.options), async {
            let mut asked = server.asked().await;
            if interim {
                asked.respond(103, &[]).await;
                // A reset discards what has not been read.
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            asked.reset(code);
            asked
        });
        let error = opened.expect_err("reset");
        assert_eq!(error.interim().len(), usize::from(interim), "{error}");
        assert!(!host.is_called().await, "{code:#x}");
        // The connection is still the session's.
        let (opened, _exchange) = tokio::join!(session.open(URL, &host.options), server.accepts());
        opened.expect("accepted");
    }
}

/// A request that waits for a stream when the GOAWAY comes.
#[tokio::test(start_paused = true)]
async fn who_waits_for_a_stream_gets_another_connection() {
    let host = Host::with_streams(1);
    let (session, mut server) = host.connected().await;
    let (first, exchange) = tokio::join!(session.open(URL, &host.options), server.accepts());
    let (mut first, echoing) = (first.expect("accepted").into_stream(), tokio::spawn(echo(exchange)));
    let (second, _server) = tokio::join!(session.open(URL, &host.options), async {
        server.go_away(4).await;
        let second = host.accept().await;
        let exchange = second.accepts().await;
        (second, tokio::spawn(echo(exchange)))
    });
    echoes(&mut second.expect("accepted").into_stream(), b"elsewhere").await;
    echoes(&mut first, b"still here").await;
    drop(first);
    echoing.await.expect("no panic");
}
