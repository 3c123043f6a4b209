//! The orderly end: GOAWAY, what is behind it, and what goes on.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use websocket_upgrade::{HandleError, ServerOptions};

use crate::kit::raw::{DATA, H3_NO_ERROR, H3_REQUEST_REJECTED, connect, frame, go_away, headers, plain};
use crate::served::Served;

/// Whether the client saw the connection closed with this code.
fn is_closed(error: &quinn::ConnectionError, code: u64) -> bool {
    matches!(error, quinn::ConnectionError::ApplicationClosed(close) if close.error_code.into_inner() == code)
}

#[tokio::test(start_paused = true)]
async fn what_is_there_goes_on_and_what_comes_later_is_rejected() {
    for by_handle in [true, false] {
        let options = ServerOptions::new();
        let mut served = Served::new(&options).await;
        let mut open = served.send(&connect("/open", &[])).await;
        let stream =
            served.next().await.expect("a head").accept(&options).await.expect("allowed").into_stream();
        assert_eq!(open.head().await.expect("an answer").status, 200);
        // One whose head is whole, and one whose head is not.
        let mut waiting = served.send(&connect("/waiting", &[])).await;
        let head = headers(&plain("GET", "/slow", &[]));
        let mut slow = served.open(&head[..9]).await;
        let first = served.next().await.expect("a head");
        assert_eq!(first.path(), "/waiting");

        // A stream is known when its first byte has arrived, and the streams arrive in order.
        let mut other = served.send(&plain("GET", "/other", &[])).await;
        assert_eq!(served.next().await.expect("a head").path(), "/other");
        assert_eq!(other.answer().await.expect("an answer").head.status, 503);

        let drain = served.connection.drain_handle();
        if by_handle {
            drain.clone().drain();
        } else {
            served.connection.drain();
        }
        assert!(drain.is_draining());
        let client = served.pair.client.clone();
        let (id, _kept) = served.without_request(go_away(&client)).await;
        assert_eq!(id, 16);
        let mut late = served.send(&connect("/late", &[])).await;
        assert_eq!(late.reset().await, H3_REQUEST_REJECTED);
        assert_eq!(late.stopped().await, Some(H3_REQUEST_REJECTED));

        slow.write(&head[9..]).await;
        slow.finish();
        let second = served.next().await.expect("a head");
        assert_eq!(second.path(), "/slow");
        assert!(served.connection.accept().await.is_none());
        drop(second);
        assert_eq!(slow.answer().await.expect("an answer").head.status, 503);
        let upgraded = first.accept(&options).await.expect("allowed").into_stream();
        assert_eq!(waiting.head().await.expect("an answer").status, 200);

        // Without the connection, both streams still work.
        let Served { connection, pair, .. } = served;
        drop(connection);
        for (exchange, mut stream) in [(&mut waiting, upgraded), (&mut open, stream)] {
            exchange.write(&frame(DATA, b"hello")).await;
            let mut bytes = [0; 5];
            stream.read_exact(&mut bytes).await.expect("a stream");
            stream.write_all(&bytes).await.expect("a stream");
            stream.shutdown().await.expect("a stream");
            exchange.finish();
            assert_eq!(exchange.body().await.expect("an orderly end"), b"hello");
        }
        assert!(is_closed(&pair.client.closed().await, H3_NO_ERROR));
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_dropped_is_drained() {
    let options = ServerOptions::new();
    let mut served = Served::new(&options).await;
    let mut open = served.send(&connect("/open", &[])).await;
    let mut stream =
        served.next().await.expect("a head").accept(&options).await.expect("allowed").into_stream();
    assert_eq!(open.head().await.expect("an answer").status, 200);
    let Served { connection, pair, _control, .. } = served;
    drop(connection);
    let (id, _kept) = go_away(&pair.client).await;
    assert_eq!(id, 4);
    stream.write_all(b"hello").await.expect("a stream");
    assert_eq!(open.frames.next().await.expect("a stream"), Some((DATA, b"hello".to_vec())));
    drop(stream);
    assert!(is_closed(&pair.client.closed().await, H3_NO_ERROR));
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_that_is_dropped_is_closed() {
    let Served { mut connection, pair, _control, .. } = Served::new(&ServerOptions::new()).await;
    connection.drain();
    assert!(connection.accept().await.is_none());
    let (id, _kept) = go_away(&pair.client).await;
    assert_eq!(id, 0);
    drop(connection);
    assert!(is_closed(&pair.client.closed().await, H3_NO_ERROR));
}

/// How the client ends the connection, and whether that is an error.
#[tokio::test(start_paused = true)]
async fn the_end_of_the_client_is_the_end_of_the_requests() {
    for (code, is_error) in [(H3_NO_ERROR, false), (0x101, true)] {
        let mut served = Served::new(&ServerOptions::new()).await;
        served.pair.client.close(u32::try_from(code).expect("small").into(), b"");
        let end = served.connection.accept().await;
        match end {
            None => assert!(!is_error),
            Some(Err(HandleError::Io(error))) => assert!(is_error, "{error}"),
            end => panic!("{end:?}"),
        }
        assert!(served.connection.accept().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_vanishes_is_noticed() {
    let options = ServerOptions::new();
    let mut served = Served::new(&options).await;
    let mut exchange = served.send(&connect("/open", &[])).await;
    let mut stream =
        served.next().await.expect("a head").accept(&options).await.expect("allowed").into_stream();
    assert_eq!(exchange.head().await.expect("an answer").status, 200);
    served.pair.network.cut(served.pair.client_address);
    served.pair.network.cut(served.pair.server_address);
    let error = stream.read_u8().await.expect_err("nobody");
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut, "{error}");
    let end = served.connection.accept().await;
    assert!(
        matches!(&end, Some(Err(HandleError::Io(error))) if error.kind() == std::io::ErrorKind::TimedOut),
        "{end:?}"
    );
    assert!(served.connection.accept().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_silent_websocket_lives() {
    let options = ServerOptions::new();
    let mut served = Served::new(&options).await;
    let mut exchange = served.send(&connect("/open", &[])).await;
    let mut stream =
        served.next().await.expect("a head").accept(&options).await.expect("allowed").into_stream();
    assert_eq!(exchange.head().await.expect("an answer").status, 200);
    // An hour of simulated time: QUIC's idle timeout is 30 seconds.
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    stream.write_all(b"hello").await.expect("a stream");
    assert_eq!(exchange.frames.next().await.expect("a stream"), Some((DATA, b"hello".to_vec())));
}
