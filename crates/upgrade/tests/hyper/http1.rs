//! An HTTP/1.1 connection in memory, with hyper's server at its end.

use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::timeout;
use websocket_upgrade::{ServerOptions, Settings};

use crate::entrance::{Entrance, Served};

/// The result of a request.
#[derive(Debug)]
pub(crate) struct Played {
    /// What the client received.
    pub(crate) answer: Vec<u8>,
    /// The agreement, and what the client had sent after the head.
    pub(crate) established: Option<(Settings, Vec<u8>)>,
    /// The statuses of the typed errors.
    pub(crate) rejected: Vec<u16>,
    /// How often the application was asked.
    pub(crate) asked: usize,
}

/// Sends bytes, and returns the result. A client without an answer waits in simulated time.
pub(crate) async fn play(entrance: Entrance, options: ServerOptions, bytes: &[u8]) -> Played {
    let (served, mut established) = Served::new(entrance, options);
    let (mut client, end) = duplex(1 << 20);
    let connection = http1::Builder::new().serve_connection(TokioIo::new(end), served.clone());
    let serving = tokio::spawn(connection.with_upgrades());
    client.write_all(bytes).await.expect("room in memory");
    let mut answer = Vec::new();
    let reading = async {
        while client.read_buf(&mut answer).await.expect("a stream in memory") > 0 {
            if is_switched(&answer) {
                return;
            }
        }
    };
    // Without a whole answer, the part that has arrived counts.
    let _ = timeout(Duration::from_secs(60), reading).await;
    let mut came = None;
    if is_switched(&answer) {
        let upgraded = established.recv().await.expect("an upgraded connection");
        client.shutdown().await.expect("a stream in memory");
        let settings = upgraded.settings.clone();
        let mut leftover = Vec::new();
        upgraded.into_stream().read_to_end(&mut leftover).await.expect("a stream in memory");
        came = Some((settings, leftover));
    }
    drop(client);
    let _ = serving.await.expect("no panic");
    Played { answer, established: came, rejected: served.rejected(), asked: served.asked() }
}

/// Returns whether it is a whole 101.
fn is_switched(answer: &[u8]) -> bool {
    answer.starts_with(b"HTTP/1.1 101 ") && answer.ends_with(b"\r\n\r\n")
}
