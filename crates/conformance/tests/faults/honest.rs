//! Both ends without a fault, in memory.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use websocket_upgrade_conformance::faults::{Manner, serve};
use websocket_upgrade_conformance::frame::{Frame, Kind};
use websocket_upgrade_conformance::judge::{self, Conclusion};

const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

/// Sends bytes to an honest server, and returns all that it sends.
async fn answer(bytes: &[u8]) -> Vec<u8> {
    let (mut client, server) = tokio::io::duplex(64);
    let serving = tokio::spawn(serve(server, Manner::default()));
    let (mut read, mut write) = tokio::io::split(&mut client);
    let mut answer = Vec::new();
    let send = async {
        write.write_all(bytes).await.expect("it is read");
        write.shutdown().await.expect("it is open");
    };
    let ((), received) = tokio::join!(send, read.read_to_end(&mut answer));
    received.expect("an answer");
    serving.await.expect("no panic").expect("no error");
    answer
}

#[tokio::test]
async fn an_honest_server_accepts_and_echoes_what_came_early() {
    let fields = "Sec-WebSocket-Protocol: other, chat\r\nOrigin: http://A:80\r\nExpect: 100-continue\r\n\
        Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16, \
        permessage-deflate; server_max_window_bits=10; client_max_window_bits\r\n\r\n";
    let mut bytes = format!("{REQUEST}{fields}").into_bytes();
    let sent = judge::request(&bytes).sent();
    bytes.extend(Frame::new(Kind::Text, *b"early", true).encode());
    bytes.extend(Frame::close(1000, true).encode());
    let answer = answer(&bytes).await;
    let judgements = judge::responses(&answer, &sent);
    let statuses: Vec<_> = judgements.iter().map(|judgement| judgement.status).collect();
    assert_eq!(statuses, [Some(100), Some(101)], "{}", answer.escape_ascii());
    let accepted = &judgements[1];
    assert!(accepted.is_valid(), "{:?}", accepted.broken().collect::<Vec<_>>());
    assert_eq!(accepted.agreed.subprotocol.as_deref(), Some("chat"));
    assert_eq!(accepted.agreed.deflate.map(|agreed| agreed.server_max_window_bits), Some(10));
    let start: usize = judgements.iter().map(|judgement| judgement.len).sum();
    let (echo, len) = Frame::read(&answer[start..]).expect("a frame").expect("a whole one");
    assert!(echo.rsv1 && !echo.masked, "{echo:?}");
    let (close, _) = Frame::read(&answer[start + len..]).expect("a frame").expect("a whole one");
    assert_eq!(close, Frame::close(1000, false));
}

#[tokio::test]
async fn an_honest_server_refuses_with_a_whole_answer() {
    for (bytes, status) in [
        (format!("{REQUEST}\r\n").replace("13", "8"), 426),
        (format!("{REQUEST}\r\n").replace("GET", "HEAD"), 405),
        (format!("{REQUEST}Origin: http://b\r\n\r\n"), 403),
        (format!("{REQUEST}X: {}\r\n\r\n", "a".repeat(100_000)), 431),
        ("G@T".to_owned(), 400),
    ] {
        let sent = judge::request(bytes.as_bytes()).sent();
        let answer = answer(bytes.as_bytes()).await;
        let refusal = judge::response(&answer, &sent);
        assert_eq!(refusal.status, Some(status), "{bytes:.200}");
        assert!(refusal.is_valid(), "{:?}", refusal.broken().collect::<Vec<_>>());
        assert_eq!(refusal.conclusion(), Conclusion::Refused);
        let body = answer.len() - refusal.len;
        assert_eq!(
            refusal.body,
            if body == 0 { judge::Body::None } else { judge::Body::Length(body as u64) }
        );
    }
}

#[tokio::test]
async fn an_honest_server_says_nothing_to_a_request_that_does_not_end() {
    assert_eq!(answer(b"").await, b"");
    assert_eq!(answer(REQUEST.as_bytes()).await, b"");
}
