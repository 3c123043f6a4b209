//! The server with faults, under the suite for servers.

use tokio::net::TcpListener;
use websocket_upgrade_conformance::case::Role;
use websocket_upgrade_conformance::faults::{Fault, server};
use websocket_upgrade_conformance::report::Report;
use websocket_upgrade_conformance::server::ServerSuite;

use crate::found::{assert_honest, is_noticed};

/// Runs cases whose ids begin with this text against the server with this fault.
async fn report(fault: Option<Fault>, only: &str, intrusive: bool) -> Report {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(server(listener, fault));
    let suite = ServerSuite::new(&url).expect("a URL").only(only).intrusive(intrusive).jobs(4);
    let report = suite.run().await;
    serving.abort();
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_server_passes() {
    assert_honest(&report(None, "server/", true).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_server_is_noticed() {
    let mut missed = Vec::new();
    for &fault in Fault::ALL.iter().filter(|fault| fault.role() == Role::Server) {
        missed.extend(is_noticed(fault, &report(Some(fault), fault.caught_by(), false).await).err());
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
