//! Flow control: a reader that stops blocks only its own peer, and memory is bounded.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::kit::raw::{DATA, Exchange};
use crate::server::{Host, Opened, URL, echo, echoes};

/// The window of a stream.
const WINDOW: usize = 64 * 1024;

async fn opened(
    host: &Host,
    session: &websocket_upgrade_h3::Session,
    server: &crate::server::Server,
) -> (Opened, Exchange) {
    let (opened, exchange) = tokio::join!(session.open(URL, &host.options), server.accepts());
    (opened.expect("accepted"), exchange)
}

/// Writes as much as there is room for. Returns how many bytes those are.
async fn fill(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> usize {
    let mut written = 0;
    let mut pauses = 0;
    while pauses < 50 {
        let wrote = poll_fn(|context| match Pin::new(&mut *stream).poll_write(context, bytes) {
            Poll::Ready(written) => Poll::Ready(Some(written.expect("an open stream"))),
            Poll::Pending => Poll::Ready(None),
        });
        if let Some(len) = wrote.await {
            (written, pauses) = (written + len, 0);
        } else {
            // The connection gets a turn in between.
            pauses += 1;
            tokio::task::yield_now().await;
        }
    }
    written
}

#[tokio::test(start_paused = true)]
async fn readers_that_stop_get_no_more_than_their_windows_and_stop_nobody_else() {
    let host = Host::new();
    let (session, server) = host.connected().await;
    let mut stopped = Vec::new();
    for _ in 0..50 {
        let (opened, mut exchange) = opened(&host, &session, &server).await;
        exchange.write(&[0, 0x80, 0x10, 0, 0]).await;
        let sent = fill(&mut exchange.send, &[b'a'; 8192]).await;
        // The head of the response and of the frame are in the window, too.
        assert!((WINDOW - 100..=WINDOW).contains(&sent), "{sent}");
        stopped.push((opened.into_stream(), exchange, sent));
    }
    let (other, exchange) = opened(&host, &session, &server).await;
    let echoing = tokio::spawn(echo(exchange));
    let mut other = other.into_stream();
    echoes(&mut other, &vec![b'b'; 100_000]).await;
    // Nothing is lost of what had to wait, and the window opens as it is read.
    for (stream, exchange, sent) in &mut stopped {
        let mut all = vec![0; *sent];
        stream.read_exact(&mut all).await.expect("an open stream");
        assert!(all.iter().all(|byte| *byte == b'a'));
        exchange.write(b"more").await;
        stream.read_exact(&mut all[..4]).await.expect("an open stream");
    }
    drop((stopped, other));
    echoing.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn a_writer_has_no_more_under_way_than_the_window() {
    let host = Host::with(&[b"h3"], |transport| {
        transport.stream_receive_window(10_000_u32.into());
    });
    let (session, server) = host.connected().await;
    let (first, mut slow) = opened(&host, &session, &server).await;
    let (other, exchange) = opened(&host, &session, &server).await;
    let echoing = tokio::spawn(echo(exchange));
    let (mut first, mut other) = (first.into_stream(), other.into_stream());
    let written = fill(&mut first, &[0; 700]).await;
    // The stream itself keeps one frame at the most.
    assert!((9000..=10_700).contains(&written), "{written}");
    echoes(&mut other, &vec![b'b'; 50_000]).await;
    let reading = async {
        let mut received = 0;
        while received < written {
            let (kind, payload) = slow.frames.next().await.expect("no reset").expect("no end");
            assert_eq!(kind, DATA);
            received += payload.len();
        }
    };
    let (flushed, ()) = tokio::join!(first.flush(), reading);
    flushed.expect("an open stream");
    first.write_all(b"more").await.expect("an open stream");
    drop((first, other));
    echoing.await.expect("no panic");
}
