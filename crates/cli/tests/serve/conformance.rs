//! The conformance suite against the server, and against the server with a fault.

use websocket_upgrade_conformance::server::ServerSuite;

use crate::common::Served;

/// The ids of the cases that fail.
async fn failed(suite: ServerSuite) -> Vec<String> {
    let suite = suite.subprotocols(["chat", "superchat"]).jobs(8);
    assert!(suite.count() > 0);
    suite.run().await.failed().map(|outcome| outcome.id.clone()).collect()
}

/// What the crate `h2` below hyper decides.
const H2: [&str; 5] = [
    "http2/server/pseudo/path-fragment",
    "http2/server/fields/content-length-zero",
    "http2/server/settings/preface-without-settings",
    "http2/server/streams/trailers",
    "http2/server/streams/headers-again-pseudo",
];

#[tokio::test]
async fn no_case_fails() {
    let served = Served::start(&["-s", "chat,superchat", "--compress", "--quiet"]);
    let suite = || ServerSuite::new(&served.url("ws", "/")).expect("a URL");
    assert_eq!(failed(suite().intrusive(true)).await, [""; 0]);
    assert_eq!(failed(suite().http2()).await, H2);
}

#[tokio::test]
async fn a_fault_is_noticed() {
    let served = Served::start(&["--fault", "connection-substring", "--quiet"]);
    let suite = ServerSuite::new(&served.url("ws", "/")).expect("a URL");
    let failed = failed(suite.only("server/connection")).await;
    assert!(failed.contains(&String::from("server/connection/substring")), "{failed:?}");
}
