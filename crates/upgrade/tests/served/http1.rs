//! Half-open clients and resets at every stage of a handshake over HTTP/1.1.

use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, advance};

use crate::counted::leaks_nothing;
use crate::server::{DEADLINE, Listening, block_on, first, runtime, until};

/// What has happened after the bytes were sent.
#[derive(Clone, Copy, Debug, PartialEq)]
enum After {
    /// The test does not wait: the server may not even have accepted the connection.
    Nothing,
    /// The server has read the bytes.
    Read,
    /// The first byte of the answer has arrived; the rest may not be written yet.
    Byte,
    /// The answer has arrived.
    Answer,
    /// The application has answered as well.
    Echo,
}

/// How the client leaves.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Leave {
    /// It closes both directions at once.
    Close,
    /// It ends its sending side, and reads up to the end.
    Finish,
    Reset,
}

fn request(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
}

/// Incomplete heads: hyper detects the version, is in a head of HTTP/1.1, or is after the preface of HTTP/2.
const UNFINISHED: [&str; 6] = [
    "",
    "G",
    "PRI * HT",
    "GET / HTTP/1.1\r\nHost: ",
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];

/// A refused handshake, without a key.
const INVALID: &str = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// Brings a connection to a stage.
async fn reach(listening: &Listening, sent: &str, after: After) -> TcpStream {
    let (accepted, read) = (listening.accepted(), listening.read());
    let mut client = listening.connect().await;
    client.write_all(sent.as_bytes()).await.expect("room");
    if after == After::Nothing {
        return client;
    }
    until(|| listening.accepted() > accepted && listening.read() == read + sent.len()).await;
    match after {
        After::Nothing | After::Read => {}
        After::Byte => assert_eq!(client.read_u8().await.expect("an answer"), b'H'),
        After::Answer | After::Echo => {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(client.read_u8().await.expect("an answer"));
            }
            if after == After::Echo {
                client.write_u8(7).await.expect("room");
                assert_eq!(client.read_u8().await.expect("an echo"), 7);
            }
        }
    }
    client
}

async fn leave(mut client: TcpStream, leave: Leave) {
    match leave {
        Leave::Close => {}
        Leave::Finish => {
            client.shutdown().await.expect("a connection");
            client.read_to_end(&mut Vec::new()).await.expect("an end");
        }
        Leave::Reset => set_socket_linger(&client, Some(Duration::ZERO)).expect("an option"),
    }
}

#[test]
fn a_client_that_leaves_at_any_stage_leaves_nothing_behind() {
    let [valid, wait, large, flood] = ["/", "/wait", "/large", "/flood"].map(request);
    let begun = UNFINISHED.map(|sent| [(sent, After::Nothing), (sent, After::Read)]);
    let whole = [
        (INVALID, After::Nothing),
        (INVALID, After::Read),
        (INVALID, After::Byte),
        (INVALID, After::Answer),
        (&valid, After::Nothing),
        (&valid, After::Read),
        (&valid, After::Byte),
        (&valid, After::Answer),
        (&valid, After::Echo),
        (&wait, After::Read),
        (&large, After::Read),
        (&large, After::Byte),
        (&large, After::Echo),
        (&flood, After::Answer),
    ];
    let all = || {
        block_on(&runtime(), async {
            let (listening, start) = (Listening::new(), Instant::now());
            for (sent, after) in begun.into_iter().flatten().chain(whole) {
                for way in [Leave::Close, Leave::Finish, Leave::Reset] {
                    // A flood has no end to read up to.
                    if sent == flood && way == Leave::Finish {
                        continue;
                    }
                    let accepted = listening.accepted();
                    let client = reach(&listening, sent, after).await;
                    if sent == wait {
                        assert_eq!(listening.server.gate.under_way(), 1, "it is not decided");
                    }
                    leave(client, way).await;
                    until(|| listening.accepted() > accepted).await;
                    listening.is_idle().await;
                }
            }
            listening.serves().await;
            assert_eq!(start.elapsed(), Duration::ZERO, "nobody has waited for a deadline");
            listening.ends().await;
        });
    };
    leaks_nothing(first, all);
}

#[test]
fn a_client_that_stays_is_closed_at_the_deadline() {
    /// Almost the deadline, and the rest of it.
    const BEFORE: Duration = Duration::from_millis(9990);
    const MOMENT: Duration = Duration::from_millis(10);
    assert_eq!(BEFORE + MOMENT, DEADLINE);
    let all = || {
        block_on(&runtime(), async {
            let listening = Listening::new();
            for sent in UNFINISHED {
                let mut client = reach(&listening, sent, After::Read).await;
                advance(BEFORE).await;
                listening.serves().await;
                assert_eq!(listening.server.gate.under_way(), 1, "{sent:?}");
                advance(MOMENT).await;
                let mut told = Vec::new();
                client.read_to_end(&mut told).await.expect("an end");
                assert!(!told.starts_with(b"HTTP/1.1"), "{}", told.escape_ascii());
                listening.is_idle().await;
            }
            // This is the longest wait for the end.
            let _client = reach(&listening, UNFINISHED[3], After::Read).await;
            let start = Instant::now();
            listening.server.gate.drain();
            advance(DEADLINE).await;
            listening.ends().await;
            assert_eq!(start.elapsed(), DEADLINE);
        });
    };
    leaks_nothing(first, all);
}
