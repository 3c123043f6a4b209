//! Flow control: a reader that stops blocks only its own peer, and memory is bounded.

use std::future::poll_fn;
use std::io::IoSlice;
use std::pin::Pin;
use std::task::Poll;

use bytes::Bytes;
use h2::server::Builder;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::server::{connected, connected_with, echoes, ends, network, opened};

/// The window of a stream (RFC 9113 §6.9.2).
const WINDOW: usize = 65_535;

#[tokio::test(start_paused = true)]
async fn a_reader_that_stops_gets_no_more_than_its_window() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let (mut stopped, mut flood) = opened(&session, &options, &mut server).await;
    let (mut other, pipe) = opened(&session, &options, &mut server).await;
    let echo = tokio::spawn(pipe.echo());
    flood.send(vec![b'a'; WINDOW].into()).await.expect("a window");
    // While the connection has other work, the flood does not go on.
    for _ in 0..20 {
        echoes(&mut other, &[b'b'; 10_000]).await;
        assert_eq!(poll_once(flood.room(1)).await, None);
    }
    // Reading a part opens the window only by that part.
    let mut part = vec![0; WINDOW / 2 + 1];
    stopped.read_exact(&mut part).await.expect("an open stream");
    let room = flood.room(WINDOW).await.expect("an open stream");
    assert!(room <= part.len(), "{room}");
    let mut rest = vec![0; WINDOW - part.len()];
    stopped.read_exact(&mut rest).await.expect("an open stream");
    drop((stopped, other));
    echo.await.expect("no panic");
}

/// Returns what a future gives in one poll.
async fn poll_once<T>(future: impl Future<Output = T>) -> Option<()> {
    let mut future = std::pin::pin!(future);
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready().then_some(()))).await
}

#[tokio::test(start_paused = true)]
async fn fifty_readers_that_stop_do_not_stop_another() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let mut stopped = Vec::new();
    for _ in 0..50 {
        let (opened, mut flood) = opened(&session, &options, &mut server).await;
        flood.send(vec![b'a'; WINDOW].into()).await.expect("a window");
        stopped.push((opened, flood));
    }
    let (mut other, pipe) = opened(&session, &options, &mut server).await;
    let echo = tokio::spawn(pipe.echo());
    echoes(&mut other, &vec![b'b'; 100_000]).await;
    // Nothing is lost of what had to wait.
    for (opened, flood) in &mut stopped {
        let mut all = vec![0; WINDOW];
        opened.read_exact(&mut all).await.expect("an open stream");
        flood.send("more".into()).await.expect("an open stream");
        opened.read_exact(&mut all[..4]).await.expect("an open stream");
    }
    drop((stopped, other));
    echo.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn a_writer_has_no_more_under_way_than_the_window() {
    let (options, mut connections) = network();
    let mut builder = Builder::new();
    builder.enable_connect_protocol().initial_window_size(1000).initial_connection_window_size(1 << 20);
    let (session, mut server) = connected_with(&options, &mut connections, &builder).await;
    let (mut first, mut slow) = opened(&session, &options, &mut server).await;
    let (mut other, pipe) = opened(&session, &options, &mut server).await;
    let echo = tokio::spawn(pipe.echo());
    let mut written = 0;
    while let Some(len) = write_now(&mut first, &[0; 700]).await {
        written += len;
    }
    assert_eq!(written, 1000);
    first.flush().await.expect("an open stream");
    echoes(&mut other, &[b'b'; 10_000]).await;
    let mut received = 0;
    while received < 1000 {
        received += slow.next().await.expect("no end").expect("no reset").len();
    }
    first.write_all(b"more").await.expect("an open stream");
    drop((first, other));
    echo.await.expect("no panic");
}

/// Returns how many bytes are written at once.
async fn write_now(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> Option<usize> {
    // The connection gets a turn in between.
    tokio::task::yield_now().await;
    poll_fn(|context| match Pin::new(&mut *stream).poll_write(context, bytes) {
        Poll::Ready(written) => Poll::Ready(Some(written.expect("an open stream"))),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn who_waits_in_vain_keeps_no_window_from_the_others() {
    let (options, mut connections) = network();
    let mut builder = Builder::new();
    // The window of the connection has its minimum size. All streams share it.
    builder.enable_connect_protocol().initial_window_size(1 << 20);
    let (session, mut server) = connected_with(&options, &mut connections, &builder).await;
    let (mut hog, mut unread) = opened(&session, &options, &mut server).await;
    let mut waiting = Vec::new();
    for _ in 0..20 {
        waiting.push(opened(&session, &options, &mut server).await);
    }
    let (mut other, pipe) = opened(&session, &options, &mut server).await;
    let echo = tokio::spawn(pipe.echo());
    while write_now(&mut hog, &[0; 16_384]).await.is_some() {}
    // These streams ask for room, and are not polled again.
    for (opened, _) in &mut waiting {
        assert_eq!(write_now(opened, &[0; 16_384]).await, None);
    }
    // There is room for a part of it.
    let data = unread.receiving.data().await.expect("no end").expect("no reset");
    let mut released = data.len();
    while released < WINDOW / 2 + 1 {
        released += unread.receiving.data().await.expect("no end").expect("no reset").len();
    }
    unread.receiving.flow_control().release_capacity(released).expect("what was received");
    echoes(&mut other, &[b'b'; 10_000]).await;
    drop((hog, waiting, other));
    echo.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn megabytes_pass_both_ways_through_small_windows() {
    for window in [1, 100, 10_000, 1 << 20] {
        let size = if window == 1 { 2_000 } else { 1 << 20 };
        let (options, mut connections) = network();
        let mut builder = Builder::new();
        builder.enable_connect_protocol().initial_window_size(window);
        let (session, mut server) = connected_with(&options, &mut connections, &builder).await;
        let (opened, pipe) = opened(&session, &options, &mut server).await;
        let echo = tokio::spawn(pipe.echo());
        let (mut reader, mut writer) = tokio::io::split(opened);
        let sent: Vec<u8> = (0..size).map(|at: usize| at.to_le_bytes()[at % 3]).collect();
        let both = async {
            tokio::join!(
                async {
                    for piece in sent.chunks(5_000) {
                        writer.write_all(piece).await?;
                    }
                    writer.shutdown().await
                },
                async {
                    let mut received = Vec::new();
                    reader.read_to_end(&mut received).await.map(|_| received)
                }
            )
        };
        let (written, received) = ends(both).await;
        written.expect("an open stream");
        assert!(received.expect("an open stream") == sent, "window {window}");
        echo.await.expect("no panic");
    }
}

#[tokio::test(start_paused = true)]
async fn pieces_go_out_in_one_frame() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let (mut opened, mut pipe) = opened(&session, &options, &mut server).await;
    assert!(opened.is_write_vectored());
    let pieces = [IoSlice::new(b"head"), IoSlice::new(b""), IoSlice::new(b"body")];
    assert_eq!(opened.write_vectored(&pieces).await.expect("an open stream"), 8);
    assert_eq!(opened.write(b"").await.expect("an open stream"), 0);
    assert_eq!(pipe.next().await.expect("no end").expect("no reset"), Bytes::from("headbody"));
    let many = vec![0; 20_000];
    let pieces = [IoSlice::new(b"head"), IoSlice::new(&many)];
    assert_eq!(opened.write_vectored(&pieces).await.expect("an open stream"), 16_384);
}

/// A reader that always finds data must not block the rest of its task.
#[tokio::test(start_paused = true)]
async fn a_reader_that_never_waits_gives_others_their_turn() {
    let (options, mut connections) = network();
    let (session, mut server) = connected(&options, &mut connections).await;
    let (mut opened, mut pipe) = opened(&session, &options, &mut server).await;
    pipe.send(vec![b'x'; 50_000].into()).await.expect("an open stream");
    assert_eq!(opened.read_u8().await.expect("an open stream"), b'x');
    let mut read = 1;
    let reading = async {
        while opened.read_u8().await.is_ok() {
            read += 1;
        }
    };
    tokio::select! {
        biased;
        () = reading => panic!("it does not end"),
        () = tokio::task::yield_now() => {}
    }
    assert!(read < 50_000, "all of it was read in one turn");
}
