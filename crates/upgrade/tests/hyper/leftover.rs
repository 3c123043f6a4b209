//! Bytes that come before the answer is sent are the first ones of the stream, and are not read as anything else.

use std::pin::pin;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::timeout;
use websocket_upgrade::ServerOptions;

use crate::entrance::{Entrance, Served};
use crate::http1::play;
use crate::http2::{Client, body, connect};

const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// Makes frames that could be mistaken for a request.
fn early(len: usize) -> Vec<u8> {
    b"GET /admin HTTP/1.1\r\nHost: a\r\n\r\n".iter().copied().cycle().take(len).collect()
}

#[tokio::test(start_paused = true)]
async fn behind_a_head_of_http_1() {
    for entrance in Entrance::ALL {
        // Less than hyper reads at once, and more.
        for len in [1, 125, 100_000] {
            let early = early(len);
            let played = play(entrance, ServerOptions::new(), &[REQUEST, &early].concat()).await;
            let (_, leftover) = played.established.expect("an upgraded connection");
            assert!(leftover == early, "{entrance}: {} of {len} bytes", leftover.len());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn on_a_stream_of_http_2() {
    for entrance in Entrance::ALL {
        for len in [1, 125, 50_000] {
            let mut client = Client::connect(entrance, ServerOptions::new()).await;
            let request = connect("https://server.example.com/chat", &[("sec-websocket-version", "13")]);
            let (response, mut stream) = client.send(request, false).await.expect("a legal request");
            // Sent before the answer is awaited.
            stream.send_data(early(len).into(), true).expect("an open stream");
            let answer = response.await.expect("an answer");
            assert_eq!(answer.status(), 200, "{entrance}");
            let upgraded = client.established.recv().await.expect("an upgraded connection");
            let mut received = Vec::new();
            let reading = upgraded.into_stream();
            let mut reading = pin!(reading);
            let read = timeout(Duration::from_secs(60), reading.read_to_end(&mut received)).await;
            read.expect("an end").expect("a stream in memory");
            assert!(received == early(len), "{entrance}: {} of {len} bytes", received.len());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_reset_stream_ends_alone() {
    for entrance in Entrance::ALL {
        let mut client = Client::connect(entrance, ServerOptions::new()).await;
        let fields = [("sec-websocket-version", "13")];
        let (response, mut stream) =
            client.send(connect("https://a/one", &fields), false).await.expect("a legal request");
        assert_eq!(response.await.expect("an answer").status(), 200, "{entrance}");
        let upgraded = client.established.recv().await.expect("an upgraded connection");
        stream.send_reset(h2::Reason::CANCEL);
        let mut received = Vec::new();
        let reading = upgraded.into_stream();
        let mut reading = pin!(reading);
        let ended = timeout(Duration::from_secs(60), reading.read_to_end(&mut received)).await;
        // hyper treats CANCEL as an end.
        assert!(matches!(ended, Ok(Ok(0))), "{entrance}: {ended:?}");
        // The connection carries other streams.
        let (response, _stream) =
            client.send(connect("https://a/two", &fields), false).await.expect("a legal request");
        assert_eq!(response.await.expect("an answer").status(), 200, "{entrance}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_dropped_ends_at_the_client() {
    for entrance in Entrance::ALL {
        let mut client = Client::connect(entrance, ServerOptions::new()).await;
        let request = connect("https://a/", &[("sec-websocket-version", "13")]);
        let (response, _stream) = client.send(request, false).await.expect("a legal request");
        let response = response.await.expect("an answer");
        let upgraded = client.established.recv().await.expect("an upgraded connection");
        let mut stream = upgraded.into_stream();
        stream.write_all(b"last words").await.expect("a stream in memory");
        drop(stream);
        let received = timeout(Duration::from_secs(60), body(response)).await.expect("an end");
        assert_eq!(received.expect("no reset"), b"last words", "{entrance}");
    }
}

/// The server's own stream comes back, with what hyper has read from it.
#[tokio::test(start_paused = true)]
async fn hypers_own_type_has_the_bytes_too() {
    for entrance in Entrance::ALL {
        let (served, mut established) = Served::new(entrance, ServerOptions::new());
        let (mut client, end) = duplex(1 << 20);
        let connection = http1::Builder::new().serve_connection(TokioIo::new(end), served);
        let serving = tokio::spawn(connection.with_upgrades());
        client.write_all(&[REQUEST, b"early"].concat()).await.expect("room in memory");
        let upgraded = established.recv().await.expect("an upgraded connection");
        let (stream, read_buf) = upgraded.into_stream().into_parts();
        assert!(read_buf.is_empty() && stream.is_write_vectored(), "{entrance}: {read_buf:?}");
        let parts = stream.into_inner().downcast::<TokioIo<DuplexStream>>().expect("the server's stream");
        assert_eq!(parts.read_buf, &b"early"[..], "{entrance}");
        serving.await.expect("no panic").expect("served");
    }
}
