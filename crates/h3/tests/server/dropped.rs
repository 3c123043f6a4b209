//! Requests that are dropped undecided, and futures that are dropped at every stage.

use std::io::ErrorKind;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use quinn::TransportConfig;
use tokio::time::Duration;
use websocket_upgrade::{HandleError, Rejection, ServerOptions};
use websocket_upgrade_h3::Connection;

use crate::kit::quic::{Pair, certificate, client_config};
use crate::kit::raw::{Exchange, H3_NO_ERROR, H3_REQUEST_CANCELLED, connect, control, headers, plain};
use crate::served::Served;

/// Lines of a request, status of its answer, and whether that may have a body.
type Case<'l> = (&'l [(&'l str, &'l str)], u16, bool);

/// Whether the future waits at its first poll. It is dropped then.
fn waits<F: Future>(future: F) -> bool {
    pin!(future).poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_dropped_undecided_gets_503() {
    let no_version: Vec<_> =
        connect("/chat", &[]).into_iter().filter(|(name, _)| name.starts_with(':')).collect();
    let cases: [Case<'_>; 5] = [
        (&connect("/chat", &[]), 503, true),
        (&plain("GET", "/", &[]), 503, true),
        (&plain("HEAD", "/", &[]), 503, false),
        // Malformed ones are answered as HTTP wants it.
        (&connect("/chat", &[("connection", "close")]), 400, true),
        (&no_version, 400, true),
    ];
    let mut served = Served::new(&ServerOptions::new()).await;
    for (lines, status, has_body) in cases {
        let mut exchange = served.send(lines).await;
        let mut incoming = served.next().await.expect("a head");
        incoming.header("Set-Cookie", "seen=1").expect("a legal field");
        drop(incoming);
        let answer = exchange.answer().await.expect("an answer");
        assert_eq!(answer.head.status, status, "{lines:?}");
        assert_eq!(answer.head.all("set-cookie"), ["seen=1"]);
        let retry: &[&str] = if status == 503 { &["1"] } else { &[] };
        assert_eq!(answer.head.all("retry-after"), retry);
        assert!(has_body || answer.body.is_empty(), "{lines:?}");
        assert_eq!(exchange.stopped().await, Some(H3_NO_ERROR));
    }
}

#[tokio::test(start_paused = true)]
async fn requests_that_wait_get_503_if_the_connection_is_dropped() {
    let Served { pair, mut connection, _control } = Served::new(&ServerOptions::new()).await;
    let mut exchanges = Vec::new();
    for path in ["/taken", "/waits", "/waits/too"] {
        exchanges.push(Exchange::open(&pair.client, &headers(&connect(path, &[]))).await);
    }
    let taken = connection.accept().await.expect("a request").expect("a head");
    drop(connection);
    for exchange in &mut exchanges[1..] {
        assert_eq!(exchange.answer().await.expect("an answer").head.status, 503);
    }
    let _stream = taken.accept(&ServerOptions::new()).await.expect("allowed");
    assert_eq!(exchanges[0].head().await.expect("an answer").status, 200);
}

/// A field for which the clients of [`without_room`] have no room.
const LARGE: (&str, [u8; 200]) = ("X-Large", [b'a'; 200]);

/// A connection whose client has room for the settings, and not for an answer.
async fn without_room(options: &ServerOptions) -> Served {
    let (certificate, key) = certificate();
    let server =
        websocket_upgrade_h3::server_config(vec![certificate.clone()], key).expect("a configuration");
    let mut client = client_config(certificate, b"h3");
    let mut transport = TransportConfig::default();
    transport.stream_receive_window(100_u32.into()).keep_alive_interval(Some(Duration::from_secs(5)));
    client.transport_config(Arc::new(transport));
    let pair = Pair::of(server, client).await;
    let connection = Connection::new(pair.server.clone(), options).await.expect("a connection");
    let control = control(&pair.client, &[]).await;
    Served { pair, connection, _control: control }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_dropped_resets_the_stream() {
    let options = ServerOptions::new();
    let elsewhere = ServerOptions::new().authorities(["elsewhere.example"]).expect("an authority");
    for stage in 0..6 {
        let mut served = without_room(&options).await;
        let is_plain = stage == 4;
        let lines = if is_plain { plain("GET", "/", &[]) } else { connect("/chat", &[]) };
        let mut exchange = served.send(&lines).await;
        let mut incoming = served.next().await.expect("a head");
        incoming.header(LARGE.0, LARGE.1).expect("a legal field");
        let waited = match stage {
            0 => waits(incoming.accept(&options)),
            1 => waits(incoming.accept(&elsewhere)),
            2 => waits(incoming.check(&elsewhere)),
            3 => waits(incoming.reject(Rejection::forbidden())),
            4 => waits(incoming.into_http().respond(http::Response::new(Bytes::from_static(&LARGE.1)))),
            // The one attempt for a request that is dropped.
            _ => {
                drop(incoming);
                true
            }
        };
        assert!(waited, "{stage}");
        assert_eq!(exchange.reset().await, H3_REQUEST_CANCELLED, "{stage}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_taken_fails_at_the_deadline() {
    let options = ServerOptions::new().deadline(Duration::from_secs(3));
    for accepts in [true, false] {
        let mut served = without_room(&options).await;
        let mut exchange = served.send(&connect("/chat", &[])).await;
        let mut incoming = served.next().await.expect("a head");
        incoming.header(LARGE.0, LARGE.1).expect("a legal field");
        let error = if accepts {
            incoming.accept(&options).await.expect_err("no room")
        } else {
            incoming.reject(Rejection::forbidden()).await.expect_err("no room")
        };
        assert!(matches!(&error, HandleError::Io(error) if error.kind() == ErrorKind::TimedOut), "{error:?}");
        assert_eq!(exchange.reset().await, H3_REQUEST_CANCELLED);
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_request_can_be_given_up() {
    let mut served = Served::new(&ServerOptions::new()).await;
    let mut exchange = served.open(b"").await;
    for byte in headers(&connect("/chat", &[])) {
        assert!(waits(served.connection.accept()));
        exchange.write(&[byte]).await;
    }
    assert_eq!(served.next().await.expect("a head").path(), "/chat");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_allows_no_streams_is_given_up() {
    let (certificate, key) = certificate();
    let server =
        websocket_upgrade_h3::server_config(vec![certificate.clone()], key).expect("a configuration");
    let mut client = client_config(certificate, b"h3");
    let mut transport = TransportConfig::default();
    transport.max_concurrent_uni_streams(2_u32.into()).keep_alive_interval(Some(Duration::from_secs(5)));
    client.transport_config(Arc::new(transport));
    let pair = Pair::of(server, client).await;
    let options = ServerOptions::new();
    {
        let begun = pin!(Connection::new(pair.server.clone(), &options));
        assert!(matches!(begun.poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    }
    let error = Connection::new(pair.server.clone(), &options).await.expect_err("no third stream");
    assert!(matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::ConnectionAborted), "{error:?}");
}
