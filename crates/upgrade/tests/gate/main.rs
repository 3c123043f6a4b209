//! The gate: exact caps, a deadline, and a drain.

mod admitted;
mod crowd;
mod drain;
mod flooding;
mod layer;
mod raw;

use std::net::IpAddr;

use ::tokio::io::{AsyncReadExt, DuplexStream, duplex};
use ::tokio::task::JoinHandle;
use websocket_upgrade::gate::Gate;
use websocket_upgrade::{HandleError, ServerOptions};

use suite::answer::Answer;

#[allow(dead_code, unused_imports, unused_macros, reason = "a part of its words is enough here")]
#[path = "../suite"]
mod suite {
    pub(crate) mod answer;
    pub(crate) mod model;
    pub(crate) mod report;
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// Begins a handshake at the gate. Returns its client.
fn begin(gate: &Gate, peer: &str) -> (DuplexStream, JoinHandle<Result<(), HandleError>>) {
    let (client, server) = duplex(4096);
    let (gate, peer) = (gate.clone(), address(peer));
    let serve = async move { gate.accept(server, peer, &ServerOptions::new()).await.map(drop) };
    (client, ::tokio::spawn(serve))
}

/// Reads the answer to a client up to the end.
async fn answer(client: &mut DuplexStream) -> Answer {
    let mut bytes = Vec::new();
    client.read_to_end(&mut bytes).await.expect("a stream in memory");
    Answer::parse(&bytes).expect("a response")
}

fn is_503(answer: &Answer, retry_after: &str) {
    assert_eq!(answer.status, 503);
    answer.is_rejection(false).expect("a whole answer");
    assert_eq!(answer.all("Retry-After"), [retry_after]);
}
