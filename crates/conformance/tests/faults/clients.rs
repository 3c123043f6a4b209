//! The client with faults, under the suite for clients.

use websocket_upgrade_conformance::case::{Deflate, Role};
use websocket_upgrade_conformance::client::{Attempt, ClientSuite};
use websocket_upgrade_conformance::faults::{Errand, Fault, client};

use crate::found::{assert_honest, is_noticed};

/// A suite for the client with this fault.
fn suite(fault: Option<Fault>) -> ClientSuite {
    ClientSuite::new(move |attempt: Attempt| async move {
        let deflate = match attempt.deflate {
            Deflate::No => None,
            Deflate::Usual => Some("client_max_window_bits".to_owned()),
            Deflate::Params(params) => Some(params),
        };
        let mut errand = Errand::new(attempt.url);
        errand.subprotocols = attempt.subprotocols;
        errand.deflate = deflate;
        errand.timeout = attempt.timeout;
        client(&errand, fault).await
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_client_passes() {
    assert_honest(&suite(None).intrusive(true).jobs(4).run().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_client_is_noticed() {
    let mut missed = Vec::new();
    for &fault in Fault::ALL.iter().filter(|fault| fault.role() == Role::Client) {
        let report = suite(Some(fault)).only(fault.caught_by()).jobs(4).run().await;
        missed.extend(is_noticed(fault, &report).err());
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
