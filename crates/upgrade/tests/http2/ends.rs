//! How streams and connections end.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::server::{Pipe, Server, URL, connected, echoes, ends, network, network_of, opened};

#[tokio::test(start_paused = true)]
async fn each_side_ends_on_its_own() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let (mut first, mut pipe) = opened(&session, &options, &mut server).await;
    first.write_all(b"from the client").await.expect("an open stream");
    first.shutdown().await.expect("an open stream");
    first.shutdown().await.expect("it has ended already");
    assert_eq!(pipe.read_to_end().await.expect("no reset"), b"from the client");
    assert_eq!(first.write(b"more").await.expect_err("ended").kind(), ErrorKind::BrokenPipe);
    // The server's side is still open.
    pipe.send("from the server".into()).await.expect("an open stream");
    pipe.end();
    let mut received = String::new();
    first.read_to_string(&mut received).await.expect("no reset");
    assert_eq!(received, "from the server");
    assert_eq!(first.read(&mut [0; 8]).await.expect("an end stays one"), 0);

    let (mut second, mut pipe) = opened(&session, &options, &mut server).await;
    pipe.send("first".into()).await.expect("an open stream");
    pipe.end();
    let mut received = String::new();
    second.read_to_string(&mut received).await.expect("no reset");
    assert_eq!(received, "first");
    second.write_all(b"then the client").await.expect("half open");
    second.shutdown().await.expect("half open");
    assert_eq!(pipe.read_to_end().await.expect("no reset"), b"then the client");
    // Both sides have ended, so there is no reset.
    drop((first, second));
    assert!(pipe.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_stream_is_reset_and_leaves_the_others_alone() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let (first, mut pipe) = opened(&session, &options, &mut server).await;
    let (mut second, other) = opened(&session, &options, &mut server).await;
    let echo = tokio::spawn(other.echo());
    drop(first);
    assert_eq!(reason(&mut pipe).await, Some(Reason::CANCEL));
    echoes(&mut second, b"still here").await;
    second.shutdown().await.expect("an open stream");
    echo.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn what_was_flushed_arrives_although_the_stream_is_dropped() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    for shuts_down in [false, true] {
        let (mut opened, mut pipe) = opened(&session, &options, &mut server).await;
        let bytes = vec![b'a'; 50_000];
        opened.write_all(&bytes).await.expect("an open stream");
        if shuts_down {
            opened.shutdown().await.expect("an open stream");
        } else {
            opened.flush().await.expect("an open stream");
        }
        drop(opened);
        let mut received = 0;
        while let Some(Ok(data)) = pipe.next().await {
            received += data.len();
        }
        assert_eq!(received, bytes.len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_reset_of_one_stream_leaves_another_echoing() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let (mut first, mut pipe) = opened(&session, &options, &mut server).await;
    let (mut second, other) = opened(&session, &options, &mut server).await;
    let echo = tokio::spawn(other.echo());
    echoes(&mut second, b"before").await;
    pipe.send("last words".into()).await.expect("an open stream");
    let mut words = [0; 10];
    first.read_exact(&mut words).await.expect("an open stream");
    pipe.sending.send_reset(Reason::INTERNAL_ERROR);
    for _ in 0..2 {
        let error = first.read(&mut [0; 8]).await.expect_err("reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert!(error.to_string().contains("INTERNAL_ERROR"), "{error}");
    }
    for error in [
        first.write(b"more").await.expect_err("reset"),
        first.flush().await.expect_err("reset"),
        first.shutdown().await.expect_err("reset"),
    ] {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert!(error.to_string().contains("INTERNAL_ERROR"), "{error}");
    }
    echoes(&mut second, b"after").await;
    drop(second);
    echo.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn a_reset_wakes_a_writer_that_waits() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let (mut opened, mut pipe) = opened(&session, &options, &mut server).await;
    let megabyte = vec![0; 1 << 20];
    let (written, ()) = tokio::join!(opened.write_all(&megabyte), async {
        let _ = pipe.receiving.data().await;
        pipe.sending.send_reset(Reason::CANCEL);
    });
    assert_eq!(written.expect_err("reset").kind(), ErrorKind::ConnectionReset);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_goes_away_keeps_its_streams() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let (mut first, pipe) = opened(&session, &options, &mut server).await;
    let echo = tokio::spawn(pipe.echo());
    server.go_away();
    echoes(&mut first, b"still here").await;
    // The next request gets another connection.
    let (second, mut other) = tokio::join!(session.open(URL, &options), async {
        let io = connections.recv().await.expect("another connection");
        let mut server = Server::on(io).await;
        let pipe = server.accept().await;
        (server, pipe)
    });
    let mut second = second.expect("accepted").into_stream();
    other.1.send("here as well".into()).await.expect("an open stream");
    let mut received = [0; 12];
    second.read_exact(&mut received).await.expect("an open stream");
    echoes(&mut first, b"and still").await;
    first.shutdown().await.expect("an open stream");
    echo.await.expect("no panic");
    // The first connection ends with its last stream.
    drop(first);
    server.ended().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_ends_with_its_last_user() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let (mut first, pipe) = opened(&session, &options, &mut server).await;
    let echo = tokio::spawn(pipe.echo());
    let clone = session.clone();
    drop(session);
    drop(clone);
    echoes(&mut first, b"without a session").await;
    drop(first);
    server.ended().await;
    echo.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_reads_no_more_does_not_keep_the_connection() {
    // Dropped together with the client's end.
    let (end, mut ended) = mpsc::channel::<()>(1);
    let (options, mut connections) = network_of(move |client| Watched { client, _end: end.clone() });
    let (session, mut server) = connected(&options, &mut connections).await;
    let (mut first, _pipe) = opened(&session, &options, &mut server).await;
    drop(options);
    server.freeze();
    // More than the buffers on the way can hold.
    first.write_all(&vec![0; 65_535]).await.expect("a window");
    tokio::task::yield_now().await;
    let start = Instant::now();
    drop((first, session));
    ends(ended.recv()).await;
    assert_eq!(start.elapsed(), Duration::from_secs(10));
}

/// A stream that reports when it is dropped.
struct Watched {
    client: DuplexStream,
    _end: mpsc::Sender<()>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.client).poll_read(context, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.client).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.client).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.client).poll_shutdown(context)
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_with_the_response_is_an_end() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let (opened, _asked) = tokio::join!(session.open(URL, &options), async {
        let mut asked = server.asked().await;
        asked.respond.send_response(http::Response::new(()), true).expect("an open stream");
        asked
    });
    let mut opened = opened.expect("accepted").into_stream();
    assert_eq!(opened.read(&mut [0; 8]).await.expect("an end"), 0);
}

#[tokio::test(start_paused = true)]
async fn empty_frames_are_no_end() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let (mut opened, mut pipe) = opened(&session, &options, &mut server).await;
    for data in ["", "a", "", "", "b"] {
        pipe.sending.send_data(Bytes::from(data), false).expect("an open stream");
    }
    pipe.end();
    let mut received = String::new();
    opened.read_to_string(&mut received).await.expect("no reset");
    assert_eq!(received, "ab");
}

/// Returns the client's reason for a reset.
async fn reason(pipe: &mut Pipe) -> Option<Reason> {
    pipe.read_to_end().await.expect_err("a reset").reason()
}
