//! More clients at once than fit into the queue of the listener.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::net::listen;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use websocket_upgrade::gate::GateOptions;
use websocket_upgrade::{ClientOptions, upgrade_on};

use crate::counted::leaks_nothing;
use crate::server::{Server, block_on, first, runtime, until};

const BACKLOG: usize = 8;

/// They try again until there is room, each time later. There are several queues of them.
const CLIENTS: usize = 5 * BACKLOG;

/// Lets every client connect before one is accepted. All get this status.
fn rush(total: usize, expected: u16) {
    block_on(&runtime(), async {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        listen(&listener, i32::try_from(BACKLOG).expect("few")).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let (connected, mut clients) = (Arc::<AtomicUsize>::default(), JoinSet::new());
        for _ in 0..CLIENTS {
            let connected = Arc::clone(&connected);
            clients.spawn(async move {
                let client = TcpStream::connect(address).await.expect("in time");
                connected.fetch_add(1, Ordering::Relaxed);
                match upgrade_on(client, "ws://a/", &ClientOptions::new()).await {
                    Ok(_) => 101,
                    Err(error) => error.refused().expect("an answer").status(),
                }
            });
        }
        until(|| connected.load(Ordering::Relaxed) >= BACKLOG).await;
        assert!(connected.load(Ordering::Relaxed) < CLIENTS, "the queue is full");

        let server = Server::new(GateOptions::new().total(total));
        // It takes the only place, if there is one.
        let permit = server.gate.enter(None).expect("room");
        let listening = server.listen(listener);
        while let Some(status) = clients.join_next().await {
            assert_eq!(status.expect("no panic"), expected);
        }
        drop(permit);
        listening.is_idle().await;
        listening.serves().await;
        listening.ends().await;
    });
}

#[test]
fn all_are_served_in_the_end() {
    leaks_nothing(first, || rush(CLIENTS + 1, 101));
}

#[test]
fn all_are_refused_if_there_is_no_place() {
    leaks_nothing(first, || rush(1, 503));
}
