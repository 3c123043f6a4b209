//! The servers of this project pass every case that is theirs, on each driver.

mod answers;
mod drivers;
mod echo;
mod http2;

use std::net::SocketAddr;

use websocket_upgrade_conformance::case::{Http, Role, cases};
use websocket_upgrade_conformance::report::Report;
use websocket_upgrade_conformance::server::ServerSuite;
use websocket_upgrade_conformance::wire::{Authority, Trust};

#[test]
fn there_are_many_cases() {
    assert!(cases(Role::Server, Http::Http1).len() >= 560);
}

async fn report(address: SocketAddr) -> Report {
    ServerSuite::new(&format!("ws://{address}/")).unwrap().jobs(8).run().await
}

/// hyper reads the request line, and decides these.
const HYPER: [(&str, &str); 2] = [
    ("server/target/fragment", "it leaves fragments out"),
    ("server/http-version/1-2", "it knows HTTP/1.0 and 1.1 alone"),
];

/// Every case passes, but for those that are listed with a reason, which are judged by the library below us.
fn passes(report: &Report, explained: &[(&str, &str)]) {
    assert!(report.counts().passed > 500, "{report}");
    let failed: Vec<_> = report.failed().map(|outcome| outcome.id.as_str()).collect();
    let expected: Vec<_> = explained.iter().map(|(id, _)| *id).collect();
    assert_eq!(failed, expected, "{report}");
    let reasons = report.skipped_by_reason();
    let known = |reason: &str| reason.starts_with("intrusive cases") || reason.ends_with("TLS");
    assert!(reasons.iter().all(|(reason, _)| known(reason)), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_tokio() {
    passes(&report(drivers::on_tokio().await).await, &[]);
}

/// The suite adds what such a server wants to see, to whole heads too.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_wants_credentials_and_a_subprotocol() {
    let url = format!("ws://{}/", drivers::choosy().await);
    let suite = ServerSuite::new(&url).unwrap().field("Authorization: Bearer {x}").unwrap().jobs(8);
    passes(&suite.run().await, &[]);
}

/// Floods, and clients that say nothing: these cases end when the server's deadline does.
#[tokio::test(flavor = "multi_thread")]
async fn on_tokio_with_floods() {
    let url = format!("ws://{}/", drivers::on_tokio().await);
    let report = ServerSuite::new(&url).unwrap().only("server/flood/").intrusive(true).jobs(8).run().await;
    assert_eq!((report.counts().passed, report.counts().all()), (13, 13), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_tokio_over_tls() {
    let authority = Authority::new().unwrap();
    let address = drivers::on_tokio_over_tls(authority.acceptor(&["http/1.1"]).unwrap()).await;
    let suite = ServerSuite::new(&format!("wss://{address}/")).unwrap().jobs(8);
    let report = suite.trust(&Trust::Roots(authority.pem().to_owned())).unwrap().run().await;
    passes(&report, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_futures() {
    passes(&report(drivers::on_futures().await).await, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_threads() {
    passes(&report(drivers::on_threads().await).await, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_hyper() {
    passes(&report(drivers::on_hyper().await).await, &HYPER);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_axum() {
    passes(&report(drivers::on_axum().await).await, &HYPER);
}
