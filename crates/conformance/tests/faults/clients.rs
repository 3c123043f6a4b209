//! The client with faults, under the suite for clients.

use websocket_upgrade_conformance::case::{Deflate, Role};
use websocket_upgrade_conformance::client::{Attempt, ClientSuite};
use websocket_upgrade_conformance::faults::{Choice, Errand, Fault, Manner, client};

use crate::found::{is_honest, is_noticed};

/// A suite for the client.
fn suite(manner: impl Into<Manner>) -> ClientSuite {
    let manner = manner.into();
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
        client(&errand, manner).await
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_client_passes() {
    let report = suite(Manner::default()).intrusive(true).jobs(4).run().await;
    assert_eq!(is_honest("honest", &report), Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_client_is_noticed() {
    let mut missed = Vec::new();
    for &fault in Fault::ALL.iter().filter(|fault| fault.role() == Role::Client) {
        let report = suite(fault).only(fault.caught_by()).jobs(4).run().await;
        missed.extend(is_noticed(fault, &report).err());
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_choice_of_a_client_is_a_fault() {
    let mut wrong = Vec::new();
    for &choice in Choice::ALL.iter().filter(|choice| choice.role() == Role::Client) {
        wrong.extend(is_honest(choice.name(), &suite(choice).jobs(4).run().await).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
