//! The server with faults, under the suite for servers.

use std::time::Duration;

use tokio::net::TcpListener;
use websocket_upgrade_conformance::case::Role;
use websocket_upgrade_conformance::faults::{Choice, Fault, Manner, server};
use websocket_upgrade_conformance::report::Report;
use websocket_upgrade_conformance::server::ServerSuite;
use websocket_upgrade_conformance::wire::Bounds;

use crate::found::{is_honest, is_noticed};

/// How long an exchange may take where none must fail, also on a busy machine; and where one is meant to.
const AMPLE: Duration = Duration::from_secs(30);
const USUAL: Duration = Duration::from_secs(5);

/// Runs cases whose ids begin with this text against the server.
async fn report(
    manner: impl Into<Manner>,
    only: &'static str,
    intrusive: bool,
    exchange: Duration,
) -> Report {
    let manner = manner.into();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(server(listener, manner));
    let suite = ServerSuite::new(&url).expect("a URL").only(only).intrusive(intrusive).jobs(6);
    let mut bounds = Bounds::default();
    bounds.exchange = exchange;
    let report = suite.bounds(bounds).run().await;
    serving.abort();
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_server_passes() {
    let report = report(Manner::default(), "server/", true, AMPLE).await;
    assert_eq!(is_honest("honest", &report), Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_server_is_noticed() {
    let mut missed = Vec::new();
    for &fault in Fault::ALL.iter().filter(|fault| fault.role() == Role::Server) {
        missed.extend(is_noticed(fault, &report(fault, fault.caught_by(), true, USUAL).await).err());
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_choice_of_a_server_is_a_fault() {
    let choices = Choice::ALL.iter().filter(|choice| choice.role() == Role::Server);
    let mut wrong = Vec::new();
    // Most of the time is spent waiting, so four at once.
    for some in choices.copied().collect::<Vec<_>>().chunks(4) {
        let reports: Vec<_> = some
            .iter()
            .map(|&choice| (choice, tokio::spawn(report(choice, "server/", false, AMPLE))))
            .collect();
        for (choice, report) in reports {
            wrong.extend(is_honest(choice.name(), &report.await.expect("no panic")).err());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
