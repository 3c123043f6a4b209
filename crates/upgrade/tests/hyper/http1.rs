//! One HTTP/1.1 connection in memory, hyper's server at its end.

use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::timeout;
use websocket_upgrade::{ServerOptions, Settings};

use crate::entrance::{Entrance, Served};

/// What came of a request.
#[derive(Debug)]
pub(crate) struct Played {
    /// What the client received.
    pub(crate) answer: Vec<u8>,
    /// What was agreed, and what the client had sent behind the head.
    pub(crate) established: Option<(Settings, Vec<u8>)>,
    /// The statuses of typed errors.
    pub(crate) rejected: Vec<u16>,
}

/// Sends bytes, and whatever comes of them. A client that is not answered waits in a time that need not pass.
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
    // Without an answer, what has come stands.
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
    Played { answer, established: came, rejected: served.rejected() }
}

/// Whether it is a whole 101.
fn is_switched(answer: &[u8]) -> bool {
    answer.starts_with(b"HTTP/1.1 101 ") && answer.ends_with(b"\r\n\r\n")
}
