//! Compares the allocations of an upgrade, with its metrics and its event, with those of axum's own extractor.

use allocation_counter::{AllocationInfo, measure};
use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::routing::any;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::runtime::{Builder, Runtime};
use websocket_upgrade::axum::Upgrade;

/// The request of a browser.
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: server.example.com\r\nConnection: Upgrade\r\n\
    Pragma: no-cache\r\nCache-Control: no-cache\r\nUser-Agent: Mozilla/5.0\r\nUpgrade: websocket\r\n\
    Origin: https://server.example.com\r\nSec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate, br\r\n\
    Accept-Language: en\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";

/// Counts the allocations of one connection from its beginning to its end.
fn connection(runtime: &Runtime, app: &Router) -> AllocationInfo {
    measure(|| {
        runtime.block_on(async {
            let (mut client, server) = duplex(4096);
            let service = TowerToHyperService::new(app.clone());
            let connection = http1::Builder::new().serve_connection(TokioIo::new(server), service);
            let serving = tokio::spawn(connection.with_upgrades());
            client.write_all(REQUEST).await.expect("room in memory");
            let mut answer = [0; 4096];
            let len = client.read(&mut answer).await.expect("an answer");
            assert!(answer[..len].starts_with(b"HTTP/1.1 101 "), "{}", answer[..len].escape_ascii());
            serving.await.expect("no panic").expect("an upgraded connection");
            // The other end is dropped in a task.
            assert_eq!(client.read(&mut answer).await.expect("a stream in memory"), 0);
        });
    })
}

#[test]
fn less_than_axum_itself() {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let ours = Router::new().route("/", any(async |upgrade: Upgrade| upgrade.on_upgrade(async |_| {})));
    let own =
        Router::new().route("/", any(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(async |_| {})));
    // The first connections make what is allocated only once in a process.
    let _ = (connection(&runtime, &ours), connection(&runtime, &own));
    let (ours, own) = (connection(&runtime, &ours), connection(&runtime, &own));
    let report = format!("ours {ours:?}, axum's {own:?}");
    assert!(ours.count_total < own.count_total, "{report}");
    assert!(ours.bytes_total * 2 < own.bytes_total, "{report}");
    println!("{report}");
}
