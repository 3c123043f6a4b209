//! Clients that stop reading. After or during the answer, they have no place at the gate.

use std::io::ErrorKind;
use std::time::Duration;

use rustix::net::sockopt::set_socket_recv_buffer_size;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::advance;

use crate::counted::leaks_nothing;
use crate::http2::{After, Client};
use crate::server::{DEADLINE, Listening, block_on, first, runtime, until};

/// Turns of a runtime without progress, after which there will be none.
const STILL: usize = 1000;

/// Waits long enough for everything that does not need to wait.
async fn settles() {
    for _ in 0..STILL {
        yield_now().await;
    }
}

#[test]
fn nobody_waits_for_a_client_that_does_not_read() {
    let all = || {
        block_on(&runtime(), async {
            for path in ["/large", "/flood"] {
                let listening = Listening::new();
                let mut over_1 = listening.meet().await;
                let request = format!(
                    "GET {path} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
                );
                over_1.write_all(request.as_bytes()).await.expect("room");
                assert_eq!(over_1.read_u8().await.expect("an answer"), b'H');
                // The window is not opened for the application's data.
                let mut over_2 = Client::connect(&listening).await;
                let begun = over_2.begin(&listening, path, After::Response).await;
                settles().await;
                assert!(listening.server.tasks.len() >= 2, "they are there");

                listening.serves().await;
                listening.is_drained().await;
                advance(2 * DEADLINE).await;
                settles().await;
                assert!(listening.server.tasks.len() >= 2, "{path}: the gate has no say any more");
                drop((over_1, begun));
                over_2.leave().await;
                listening.ends().await;
            }
        });
    };
    leaks_nothing(first, all);
}

/// Sends as many bytes as the connection takes.
async fn fill(client: &mut TcpStream, frame: &[u8]) {
    let (mut at, mut still) = (0, 0);
    while still < STILL {
        match client.try_write(&frame[at..]) {
            Ok(len) => (at, still) = ((at + len) % frame.len(), 0),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
                still += 1;
            }
        }
        yield_now().await;
    }
}

/// The client requests answers after the preface, and does not read them. At the deadline the server is therefore
/// writing, and not reading.
#[test]
fn a_deadline_comes_while_the_server_waits_for_room() {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0pingping";
    let all = || {
        block_on(&runtime(), async {
            let listening = Listening::new();
            let mut client = listening.meet().await;
            set_socket_recv_buffer_size(&client, 4096).expect("an option");
            client.write_all(PREFACE).await.expect("room");
            fill(&mut client, PING).await;
            assert_eq!(listening.server.gate.under_way(), 1);
            listening.serves().await;
            advance(DEADLINE + Duration::from_millis(1)).await;
            until(|| listening.server.gate.under_way() == 0).await;
            listening.is_idle().await;
            listening.ends().await;
        });
    };
    leaks_nothing(first, all);
}
