//! The server with faults, under the suite for servers.

use tokio::net::TcpListener;
use websocket_upgrade_conformance::case::Role;
use websocket_upgrade_conformance::faults::{Choice, Fault, Manner, server};
use websocket_upgrade_conformance::report::Report;
use websocket_upgrade_conformance::server::ServerSuite;

use crate::found::{is_honest, is_noticed};

/// Runs cases whose ids begin with this text against the server.
async fn report(manner: impl Into<Manner>, only: &str, intrusive: bool) -> Report {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(server(listener, manner.into()));
    let suite = ServerSuite::new(&url).expect("a URL").only(only).intrusive(intrusive).jobs(12);
    let report = suite.run().await;
    serving.abort();
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_server_passes() {
    let report = report(Manner::default(), "server/", true).await;
    assert_eq!(is_honest("honest", &report), Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_server_is_noticed() {
    let mut missed = Vec::new();
    for &fault in Fault::ALL.iter().filter(|fault| fault.role() == Role::Server) {
        missed.extend(is_noticed(fault, &report(fault, fault.caught_by(), false).await).err());
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_choice_of_a_server_is_a_fault() {
    let mut wrong = Vec::new();
    for &choice in Choice::ALL.iter().filter(|choice| choice.role() == Role::Server) {
        wrong.extend(is_honest(choice.name(), &report(choice, "server/", false).await).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
